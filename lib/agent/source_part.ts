/** A camera or a folder of pictures as a part of the agent. */
import type { SourceOptions } from "../client/source_options.ts";
import { CameraOrigin } from "../frames/camera_origin.ts";
import { FolderOrigin } from "../frames/folder_origin.ts";
import type { FrameOrigin } from "../frames/frame_origin.ts";
import { type JobOriginEvents, SourceJob } from "../frames/source_job.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import type { Processes } from "../platform/processes.ts";
import type { Random } from "../platform/random.ts";
import type { AgentSpool } from "./agent_outside.ts";
import type { AgentWork } from "./agent_work.ts";
import { runSource } from "./source_run.ts";
import type { Part, PartHealth } from "./supervised_part.ts";

export interface SourceOutside {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly processes: Processes;
}

/** How often it is looked whether pictures of before wait, ms. */
const WAIT_MS = 1_000;

export class SourcePart implements Part {
  readonly name: string;
  readonly #options: SourceOptions;
  readonly #outside: SourceOutside;
  readonly #work: AgentWork;
  readonly #spool: Pick<AgentSpool, "sources">;

  constructor(
    options: SourceOptions,
    outside: SourceOutside,
    work: AgentWork,
    spool: Pick<AgentSpool, "sources">,
  ) {
    this.name = `source ${options.settings.name}`;
    this.#options = options;
    this.#outside = outside;
    this.#work = work;
    this.#spool = spool;
  }

  async run(signal: AbortSignal, health: PartHealth): Promise<void> {
    const { clock } = this.#outside;
    let captured = 0;
    const job: SourceJob = new SourceJob(
      this.#options.settings,
      (events) => this.#open(events),
      {
        // A camera is opened again, or a picture cannot be sent: over when pictures come.
        note: (_, text) => {
          // Pictures from before it are no sign that it is over.
          captured = job.captured;
          if (text.endsWith(" is back")) health.note(text);
          else health.trouble(text);
        },
        frame: () => {},
        dropped: () => {},
        ended: () => {},
      },
      this.#outside,
    );
    const look = () => {
      if (job.captured > captured) health.works();
      captured = job.captured;
    };
    await this.#waitForEarlier(signal, health);
    await runSource(job, { work: this.#work, clock, signal, look });
  }

  /** Pictures of this source that an earlier config had in the spool go first: a source has one stream. */
  async #waitForEarlier(signal: AbortSignal, health: PartHealth): Promise<void> {
    const { name } = this.#options.settings;
    const isWaiting = () => this.#spool.sources().some((source) => source.name === name);
    if (isWaiting()) health.note("waits until its pictures in the spool are sent");
    while (isWaiting() && !signal.aborted) await sleep(this.#outside.clock, WAIT_MS, signal);
  }

  async #open(events: JobOriginEvents): Promise<FrameOrigin> {
    const { disk, clock, random, processes } = this.#outside;
    const { from } = this.#options;
    if ("folder" in from) return await FolderOrigin.open(from.folder, { disk, clock }, events);
    return new CameraOrigin({ camera: from.camera, processes, clock, random, events });
  }
}
