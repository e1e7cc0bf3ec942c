import { runUplink } from "../../lib/client/uplink.ts";
import type { CapturedFrame, FrameOrigin } from "../../lib/frames/frame_origin.ts";
import { type JobOriginEvents, SourceJob, type SourceSettings } from "../../lib/frames/source_job.ts";
import { type Clock, sleep } from "../../lib/platform/clock.ts";
import type { DropReason } from "../../lib/protocol/message.ts";
import type { FrameSpool } from "../../lib/store/frame_spool.ts";
import { FrameSink, type SinkOptions } from "./frame_sink.ts";
import { MadeUpClock } from "./made_up_clock.ts";
import { MemoryNetwork, type MemoryNetworkOptions } from "./memory_network.ts";
import { SeededRandom } from "./seeded_random.ts";

/** Bytes that pass for a JPEG of this size; each seed another one. */
export function madeUpJpeg(bytes: number, seed: number): Uint8Array<ArrayBuffer> {
  const jpeg = new SeededRandom(seed + 1).bytes(bytes);
  jpeg.set([0xff, 0xd8, 0xff, 0xe0]);
  return jpeg;
}

/** Gives pictures which are there already, as fast as they are taken. */
export function listOrigin(frames: readonly CapturedFrame[]): FrameOrigin {
  const rest = [...frames];
  return { next: () => Promise.resolve(rest.shift() ?? null), close: () => Promise.resolve() };
}

/** A camera which takes a picture every `1000 / fps` ms, for ever; it never waits for who takes them. */
export function cameraOrigin(clock: Clock, fps: number, jpeg: Uint8Array): FrameOrigin {
  let dueMs = clock.now();
  return {
    async next(signal) {
      const everyMs = 1000 / fps;
      while (dueMs + everyMs <= clock.now()) dueMs += everyMs;
      dueMs += everyMs;
      await sleep(clock, dueMs - clock.now(), signal);
      return signal.aborted ? null : { jpeg, capturedMs: clock.wallMs(), name: null };
    },
    close: () => Promise.resolve(),
  };
}

/** A box with sources in front of a {@linkcode FrameSink}, in made-up time. */
export class SourceWorld {
  readonly clock = new MadeUpClock();
  readonly network: MemoryNetwork;
  readonly sink: FrameSink;
  readonly stop = new AbortController();
  readonly jobs: SourceJob[] = [];
  #made = 0;
  /** What the report was told, of all jobs. */
  readonly notes: string[] = [];
  readonly answered: { source: string; sequence: number; name: string | null; result: string | null }[] = [];
  readonly dropped: { count: number; reason: DropReason; atMs: number }[] = [];
  readonly endings: string[] = [];
  readonly interruptions: string[] = [];

  constructor(options: { network?: MemoryNetworkOptions; sink?: Partial<SinkOptions> } = {}) {
    this.network = new MemoryNetwork({ clock: this.clock, ...options.network });
    this.sink = new FrameSink(this.network, this.clock, options.sink);
  }

  add(
    settings: Partial<SourceSettings>,
    open: (events: JobOriginEvents) => FrameOrigin | Promise<FrameOrigin>,
    spool?: FrameSpool,
  ): SourceJob {
    const job = new SourceJob(
      { name: `source-${this.jobs.length}`, kind: "visible", policy: "all", named: false, ...settings },
      (events) => Promise.resolve().then(() => open(events)),
      {
        note: (_, text) => void this.notes.push(text),
        frame: ({ settings: { name: source } }, { sequence, name, result }) =>
          void this.answered.push({ source, sequence, name, result }),
        dropped: (_, { count, reason }) => void this.dropped.push({ count, reason, atMs: this.clock.now() }),
        ended: ({ settings: { name }, phase }) => void this.endings.push(`${name} ${phase}`),
      },
      // Each has a run of its own, also when others are gone.
      { clock: this.clock, random: new SeededRandom(this.#made++ + 7) },
      spool,
    );
    this.jobs.push(job);
    return job;
  }

  /** Runs the uplink to its end; call once. */
  async run(retryForMs = Infinity): Promise<void> {
    const { clock, network, jobs } = this;
    const identity = { device: "box", token: "", software: "" };
    const options = {
      ...{ network, clock, random: new SeededRandom(1), address: { hostname: "server.test", port: 1 }, identity },
      ...{ retryForMs, sources: jobs, connected: () => {} },
      interrupted: (error: { code: string }) => void this.interruptions.push(error.code),
    };
    await runUplink(options, [], this.stop.signal).finally(() => Promise.all(jobs.map((job) => job.giveUp())));
  }
}
