import { assert, assertEquals } from "@std/assert";
import { ClipStream } from "../../lib/clips/clip_stream.ts";
import type { Ack, Message } from "../../lib/protocol/message.ts";
import type { ClipRow } from "../../lib/store/catalog.ts";
import { IncomingClip } from "../../lib/store/incoming_clip.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { MemoryCatalog } from "../helpers/memory_catalog.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

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

Deno.test("takeover: what the old connection is still writing is not in the counts of the new one", async () => {
  const clock = new MadeUpClock();
  const disk = new MemoryDisk();
  const file = await disk.open("/clip.part", "create-new");
  const events = { changed: () => {}, broken: () => {} };
  const clip = new IncomingClip(ROW, file, new MemoryCatalog([ROW]), clock, events);
  const failed: string[] = [];
  const old = new ClipStream(1, clip, clock, () => {}, (error) => failed.push(error.code));
  const acks: Ack[] = [];
  const collect = (message: Message) => void (message.kind === "ack" && acks.push(message));
  const fresh = new ClipStream(1, clip, clock, collect, (error) => failed.push(error.code));
  const content = new SeededRandom(1).bytes(300);

  await old.takeOver();
  const slowDisk = Promise.withResolvers<void>();
  disk.onCall = ({ kind }) => kind === "write" ? slowDisk.promise : undefined;
  const lateWrite = old.take(0, content.subarray(0, 100));
  const takenOver = fresh.takeOver().then(async () => await fresh.take(100, content.subarray(100, 150)));
  slowDisk.resolve();
  disk.onCall = () => {};
  await Promise.all([lateWrite, takenOver]);
  await clip.flush();

  assertEquals(failed, ["SUPERSEDED"]);
  const last = acks.at(-1);
  assert(last !== undefined);
  // Ahead of the bytes that are durable, a pipe would be told to forget what is lost by the next power cut.
  assertEquals([last.received, last.stored], [50, 50]);
  await fresh.giveBack();
  await clip.close();
});

Deno.test("takeover: a chunk which the old connection comes with afterwards is not in the counts of the new one", async () => {
  const clock = new MadeUpClock();
  const file = await new MemoryDisk().open("/clip.part", "create-new");
  const events = { changed: () => {}, broken: () => {} };
  const clip = new IncomingClip(ROW, file, new MemoryCatalog([ROW]), clock, events);
  const old = new ClipStream(1, clip, clock, () => {}, () => {});
  const acks: Ack[] = [];
  const collect = (message: Message) => void (message.kind === "ack" && acks.push(message));
  const fresh = new ClipStream(1, clip, clock, collect, () => {});
  const content = new SeededRandom(1).bytes(300);
  await old.takeOver();
  await fresh.takeOver();
  // It had looked at the disk meanwhile.
  await old.take(0, content.subarray(0, 100));
  await fresh.take(100, content.subarray(100, 150));
  await clip.flush();
  const last = acks.at(-1);
  assert(last !== undefined);
  assertEquals([last.received, last.stored], [50, 50]);
  await fresh.giveBack();
  await clip.close();
});
