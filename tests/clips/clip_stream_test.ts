import { assertEquals, assertThrows } from "@std/assert";
import { ClipStream } from "../../lib/clips/clip_stream.ts";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import type { Message, VideoData } from "../../lib/protocol/message.ts";
import type { ClipRow } from "../../lib/store/catalog.ts";
import { IncomingClip } from "../../lib/store/incoming_clip.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { MemoryCatalog } from "../helpers/memory_catalog.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";

const HASH = "ab".repeat(32);
const ROW: ClipRow = {
  id: "id",
  device: "box",
  folder: "box",
  name: "clip.bin",
  storedName: "clip.bin",
  bytes: 300,
  held: [],
  sha256: null,
  createdMs: 0,
  updatedMs: 0,
  storedMs: null,
  modifiedMs: null,
  mediaType: "application/octet-stream",
};

/** A stream of a clip of `bytes` bytes, and where it writes what it asks for as `[offset, bytes]`. */
async function stream(bytes: number | null = 300) {
  const row = { ...ROW, bytes };
  const file = await new MemoryDisk().open("/clip.part", "create-new");
  const clock = new MadeUpClock();
  const clip = new IncomingClip(row, file, new MemoryCatalog([row]), clock, { changed: () => {}, broken: () => {} });
  const asked: [number, number][] = [];
  const send = (message: Message) => void (message.kind === "resend" && asked.push([message.offset, message.bytes]));
  const one = new ClipStream(1, clip, clock, send, () => {});
  await one.takeOver();
  return { stream: one, asked };
}

function damaged(offset: number, bytes: number, more: Partial<VideoData> = {}): VideoData {
  const chunk = new Uint8Array(bytes);
  return { kind: "videoData", stream: 1, offset, chunk, crc32: 0, isEnd: false, sha256: null, ...more };
}

Deno.test("ClipStream asks for a damaged chunk, and for an end whatever of it is left", async () => {
  const { stream: one, asked } = await stream();
  one.askAgain(damaged(100, 100));
  one.askAgain(damaged(300, 0, { isEnd: true }));
  one.askAgain(damaged(300, 0, { sha256: HASH }));
  one.askAgain(damaged(200, 100, { isEnd: true, sha256: HASH }));
  // No bytes of the clip: found at the end, but the box hears that something was damaged.
  one.askAgain(damaged(201, 100));
  assertEquals(asked, [[100, 100], [0, 0], [0, 0], [200, 100], [0, 0], [0, 0]]);
  assertEquals(one.end, undefined);
  assertEquals(one.received, 300);
});

Deno.test("ClipStream asks for all that is missing at each end, also for what it asked for before", async () => {
  const { stream: one, asked } = await stream();
  one.askAgain(damaged(250, 50));
  await one.take(100, new Uint8Array(100));
  one.setEnd(300, HASH);
  asked.length = 0;
  one.askMissing();
  one.askMissing();
  const once = [[0, 100], [200, 100], [0, 0]];
  assertEquals(asked, [...once, ...once]);
});

Deno.test("ClipStream does not ask forever a box which sends nothing but ends", async () => {
  const { stream: one } = await stream();
  one.setEnd(300, HASH);
  for (let end = 0; end < LIMITS.badChunksMax; end++) one.askMissing();
  const error = assertThrows(() => one.askMissing(), FramewireError);
  assertEquals(error.code, "INVALID_RANGE");
  await one.take(0, new Uint8Array(1));
  one.askMissing();
});

Deno.test("ClipStream refuses an end elsewhere than announced, or than before", async () => {
  const { stream: known } = await stream();
  assertThrows(() => known.setEnd(299, HASH), FramewireError, "300");
  const { stream: unknown } = await stream(null);
  unknown.setEnd(299, HASH);
  unknown.setEnd(299, HASH);
  assertThrows(() => unknown.setEnd(300, HASH), FramewireError, "299");
  assertThrows(() => unknown.setEnd(299, "cd".repeat(32)), FramewireError, "another size or hash");
});
