import { assertEquals } from "@std/assert";
import { ClipJob } from "../../lib/clips/clip_job.ts";
import type { ClipSource } from "../../lib/clips/clip_source.ts";
import { ClipUpload } from "../../lib/clips/clip_upload.ts";
import { LIMITS } from "../../lib/config/limits.ts";
import { isIntact } from "../../lib/protocol/chunk_frame.ts";
import { decodeMessage } from "../../lib/protocol/codec.ts";
import { LinkPacer } from "../../lib/protocol/link_pacer.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

/** A source of 10 bytes. */
const SOURCE: ClipSource = {
  name: "clip",
  bytes: 10,
  modifiedMs: null,
  plan: () => Promise.resolve([{ start: 0, end: 10 }]),
  read: (into, offset) => Promise.resolve(Math.min(into.length, 10 - offset)),
  forget: () => {},
  checkUnchanged: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/** An upload which has been accepted, on a link which the test reads. */
async function accepted() {
  const clock = new MadeUpClock();
  const errors: string[] = [];
  const job = new ClipJob("clip", () => Promise.resolve(SOURCE), { note: () => {}, changed: () => {} });
  const upload = new ClipUpload(job, {
    clock,
    pacer: new LinkPacer(),
    chunkBytesMax: LIMITS.chunkBytesMax,
    unfinished: [],
    windowBytes: LIMITS.windowBytes,
    send: () => {},
    wake: () => {},
    number: () => 1,
    ended: (_, error) => void errors.push(error?.code ?? "stored"),
  });
  upload.start();
  await clock.advance(0);
  upload.receive({ kind: "clipAccepted", stream: 1, clipId: "id", held: [], storedName: "clip" });
  /** All it wants to send now, as `start+bytes` or `end`. */
  const sent = async () => {
    const list: string[] = [];
    await clock.advance(0);
    for (let frame = upload.poll(); frame !== undefined; frame = upload.poll()) {
      const message = decodeMessage(frame.bytes.subarray(4));
      if (message.kind !== "videoData" || !isIntact(message)) list.push("wrong");
      else list.push(message.isEnd ? "end" : `${message.offset}+${message.chunk.length}`);
      frame.written();
      await clock.advance(0);
    }
    return list;
  };
  const resend = (offset: number, bytes: number) => upload.receive({ kind: "resend", stream: 1, offset, bytes });
  return { upload, clock, sent, resend, errors };
}

Deno.test("ClipUpload sends the end again behind what it was asked for before, each time it is asked", async () => {
  const { upload, sent, resend } = await accepted();
  assertEquals(await sent(), ["0+10", "end"]);
  resend(2, 3);
  resend(0, 0);
  assertEquals(await sent(), ["2+3", "end"]);
  // The offset of a damaged end may be anything.
  resend(99, 0);
  assertEquals(await sent(), ["end"]);
  resend(5, 5);
  assertEquals(await sent(), ["5+5"]);
  upload.stop();
});

Deno.test("ClipUpload ignores what its source has not, and an end that it has not sent yet", async () => {
  const { upload, sent, resend, errors } = await accepted();
  resend(0, 0);
  resend(1, 10);
  resend(2 ** 44, 2 ** 44);
  assertEquals(await sent(), ["0+10", "end"]);
  resend(10, 1);
  assertEquals(await sent(), []);
  assertEquals(errors, []);
  upload.stop();
});

Deno.test("ClipUpload sends an end again which nobody answers, and leaves no timer", async () => {
  const { upload, clock, sent } = await accepted();
  await sent();
  await clock.advance(LIMITS.endAgainMs - 1);
  assertEquals(await sent(), []);
  await clock.advance(1);
  assertEquals(await sent(), ["end"]);
  await clock.advance(LIMITS.endAgainMs);
  assertEquals(await sent(), ["end"]);
  upload.stop();
  assertEquals(clock.pendingTimers, 0);
});
