/**
 * A box with one camera which gives pictures as fast as they are taken: see `sender_clock.ts` for the arguments. With a
 * window of 1 it gives the next one when the last one is acked as stored (with `received` behind the arguments: as
 * received); else the window is the server's, 64.
 */
import type { FrameOrigin } from "../../../lib/frames/frame_origin.ts";
import { SourceJob } from "../../../lib/frames/source_job.ts";
import { systemClock } from "../../../lib/platform/clock.ts";
import { systemRandom } from "../../../lib/platform/random.ts";
import { sendTo } from "../../uplink.ts";
import { senderArgs, SenderClock } from "./sender_clock.ts";

const args = senderArgs(Deno.args);
const countsReceived = Deno.args.at(-1) === "received";
const watch = new SenderClock(args);
let acked = Promise.withResolvers<void>();

const origin: FrameOrigin = {
  async next() {
    if (watch.sent === args.all) return null;
    while (args.window === 1 && watch.acked < watch.sent) await acked.promise;
    const jpeg = args.pictures[watch.sent % args.pictures.length];
    if (jpeg === undefined) throw new Error("Cannot send as there must be pictures: received none");
    watch.send();
    return { jpeg, capturedMs: systemClock.wallMs(), name: null };
  },
  close: () => Promise.resolve(),
};

function ackThrough(through: number, ackMs?: number): void {
  watch.ackThrough(through, ackMs);
  acked.resolve();
  acked = Promise.withResolvers();
}

/** Tells what was received, which nobody else wants to know. */
class CameraJob extends SourceJob {
  override progressed(frames: number): void {
    super.progressed(frames);
    if (countsReceived) ackThrough(this.received);
  }
}

const job = new CameraJob(
  { name: "camera", kind: "visible", policy: "all", named: false },
  () => Promise.resolve(origin),
  {
    note: () => {},
    // From its write on: pictures which wait for the window are not on their way yet.
    frame(_job, { ackMs }) {
      if (!countsReceived) ackThrough(watch.acked + 1, ackMs);
    },
    dropped: () => {},
    ended: () => {},
  },
  { clock: systemClock, random: systemRandom },
);
await sendTo(args.port, { sources: [job] });
Deno.exit(job.phase === "ended" && job.stored === args.all ? 0 : 1);
