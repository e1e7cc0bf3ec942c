/** The demo's cameras: a loop of pictures from the repository, taken by both at the same instants. */
import type { CapturedFrame, FrameOrigin } from "../frames/frame_origin.ts";
import { JpegSplitter } from "../frames/jpeg_splitter.ts";
import { type SourceEvents, SourceJob } from "../frames/source_job.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { Program } from "../platform/program.ts";
import type { Random } from "../platform/random.ts";

/** Pictures a second, as `tools/make_demo_frames.ts` drew them. */
const DEMO_FPS = 12;
const PICTURE_BYTES_MAX = 64 * 1024;

const PICTURES = {
  visible: new URL("../../assets/demo_visible.mjpeg", import.meta.url),
  infrared: new URL("../../assets/demo_infrared.mjpeg", import.meta.url),
} as const;

/** Gives its loop for ever, a picture at each beat of the clock from the one on at which it may begin. */
export class DemoCamera implements FrameOrigin {
  readonly #clock: Clock;
  readonly #pictures: readonly Uint8Array[];
  readonly #mayBegin: () => boolean;
  #hasBegun = false;
  /** Number of the beat, counted from 1970 by the wall clock: all cameras have the same. */
  #beat = 0;

  constructor(clock: Clock, program: Program, kind: keyof typeof PICTURES, mayBegin: () => boolean) {
    this.#clock = clock;
    this.#mayBegin = mayBegin;
    this.#pictures = new JpegSplitter(PICTURE_BYTES_MAX).push(program.readBytes(PICTURES[kind]));
  }

  async next(signal: AbortSignal): Promise<CapturedFrame | null> {
    const beatMs = 1000 / DEMO_FPS;
    do {
      this.#beat = Math.max(this.#beat + 1, Math.floor(this.#clock.wallMs() / beatMs));
      await sleep(this.#clock, Math.max(0, this.#beat * beatMs - this.#clock.wallMs()), signal);
      if (signal.aborted) return null;
      this.#hasBegun ||= this.#mayBegin();
    } while (!this.#hasBegun);
    const jpeg = this.#pictures[this.#beat % this.#pictures.length]!;
    return { jpeg, capturedMs: this.#clock.wallMs(), name: null };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * A camera of the demo as a source. It begins when the server has accepted it, once: a real camera runs before that, and
 * tells what it drops, but nobody should think that the demo's own start has lost something.
 */
export function demoSource(
  kind: keyof typeof PICTURES,
  outside: { readonly clock: Clock; readonly random: Random; readonly program: Program },
  events: SourceEvents,
): SourceJob {
  const { clock, program } = outside;
  const job: SourceJob = new SourceJob(
    { name: kind, kind, policy: "latest", named: false },
    () => Promise.resolve(new DemoCamera(clock, program, kind, () => job.phase === "sending")),
    events,
    outside,
  );
  return job;
}
