/**
 * A camera that may lose nothing, as a part of the agent: its pictures go into the spool, whether the server can be reached or
 * not, and to the server from there. Taking them and sending them fail apart from each other.
 */
import { backoffMs } from "../config/backoff.ts";
import { messageOf } from "../errors.ts";
import { CameraOrigin } from "../frames/camera_origin.ts";
import type { CameraSettings } from "../frames/camera_spec.ts";
import { SourceJob } from "../frames/source_job.ts";
import { NO_INPUT, SpoolCapture, type SpoolInput } from "../frames/spool_capture.ts";
import { SpooledOrigin } from "../frames/spooled_origin.ts";
import { sleep } from "../platform/clock.ts";
import type { SourceKind } from "../protocol/message.ts";
import type { FrameSpool } from "../store/frame_spool.ts";
import type { AgentSpool } from "./agent_outside.ts";
import type { AgentWork } from "./agent_work.ts";
import type { SourceOutside } from "./source_part.ts";
import { runSource } from "./source_run.ts";
import type { Part, PartHealth } from "./supervised_part.ts";

export interface SpooledSourceSettings {
  readonly name: string;
  readonly kind: SourceKind;
  /** Null: nothing new comes, what waits is sent. */
  readonly camera: CameraSettings | null;
}

export class SpooledSourcePart implements Part {
  readonly name: string;
  readonly #settings: SpooledSourceSettings;
  readonly #outside: SourceOutside;
  readonly #work: AgentWork;
  readonly #spool: Pick<AgentSpool, "source">;

  constructor(
    settings: SpooledSourceSettings,
    outside: SourceOutside,
    work: AgentWork,
    spool: Pick<AgentSpool, "source">,
  ) {
    this.name = `source ${settings.name}`;
    this.#settings = settings;
    this.#outside = outside;
    this.#work = work;
    this.#spool = spool;
  }

  async run(signal: AbortSignal, health: PartHealth): Promise<void> {
    const { name, kind, camera } = this.#settings;
    const pictures = await this.#spool.source(name, kind);
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const taking = camera === null ? Promise.resolve() : this.#take(camera, pictures, either, health);
    const input: SpoolInput = camera === null ? NO_INPUT : { ended: taking, stop: () => Promise.resolve() };
    try {
      await this.#send(pictures, input, signal, health);
    } finally {
      over.abort();
      await taking;
    }
  }

  /** Until the camera ends, which only a video file does. */
  async #take(camera: CameraSettings, pictures: FrameSpool, signal: AbortSignal, health: PartHealth): Promise<void> {
    const { clock, random, processes } = this.#outside;
    for (let failures = 0; !signal.aborted;) {
      const before = pictures.added;
      const origin = new CameraOrigin({
        ...{ camera, processes, clock, random },
        events: {
          note: (text) => text.endsWith(" is back") ? health.note(text) : health.trouble(text),
          gap: ({ fromMs, toMs }) => pictures.gap(fromMs, toMs),
        },
      });
      const capture = new SpoolCapture(origin, pictures);
      const stop = () => void capture.stop();
      signal.addEventListener("abort", stop);
      try {
        return await capture.ended;
      } catch (thrown) {
        if (pictures.added > before) failures = 0;
        health.trouble(messageOf(thrown));
      } finally {
        signal.removeEventListener("abort", stop);
        await capture.stop();
      }
      await sleep(clock, backoffMs(failures++, random), signal);
    }
  }

  /** Until all is sent and nothing more comes. */
  async #send(pictures: FrameSpool, input: SpoolInput, signal: AbortSignal, health: PartHealth): Promise<void> {
    const { clock, random } = this.#outside;
    const { name, kind } = this.#settings;
    for (let failures = 0; !signal.aborted;) {
      const job: SourceJob = new SourceJob(
        { name, kind, policy: "all", named: false },
        () => Promise.resolve(new SpooledOrigin(pictures, input)),
        { note: (_, text) => health.trouble(text), frame: () => {}, dropped: () => {}, ended: () => {} },
        this.#outside,
        pictures,
      );
      let before = pictures.added;
      const look = () => {
        if (pictures.added > before) health.works();
        before = pictures.added;
      };
      try {
        return await runSource(job, { work: this.#work, clock, signal, look });
      } catch (thrown) {
        // The pictures stay where they are.
        if (job.stored > 0) failures = 0;
        health.trouble(messageOf(thrown));
      }
      await sleep(clock, backoffMs(failures++, random), signal);
    }
  }
}
