/** Frames inside the server: store, live view, analysis and export, put together. */
import { join } from "node:path";
import { analysisMetrics } from "../analysis/analysis_metrics.ts";
import { AnalysisPool } from "../analysis/analysis_pool.ts";
import { FrameCounts, frameMetrics } from "../frames/frame_counts.ts";
import type { LiveHub } from "../live/live_hub.ts";
import type { DirectWrites } from "../platform/direct_writes.ts";
import type { FrameCatalog } from "../store/frame_catalog.ts";
import { DiskSpace } from "../store/disk_space.ts";
import { FrameStore } from "../store/frame_store.ts";
import { Exports } from "../viewer/export/exports.ts";
import type { BoxConnectionOptions } from "./box_connection.ts";
import type { ServerOutside } from "./framewire_server.ts";
import type { ServeOptions } from "./serve_options.ts";
import { StoredFrameLibrary } from "./stored_frame_library.ts";

export class FrameSide {
  readonly store: FrameStore;
  /** What pages and programs see of it. */
  readonly library: StoredFrameLibrary;
  readonly exports: Exports;
  readonly #analysis: AnalysisPool;
  readonly #hub: LiveHub;
  readonly #options: ServeOptions;
  readonly #counts = new FrameCounts();

  /** `freeBytes`: what the disk has left for exports. @throws {FramewireError} `USAGE` when the analyser is no command. */
  constructor(
    outside: ServerOutside,
    options: ServeOptions,
    catalog: FrameCatalog,
    direct: DirectWrites,
    hub: LiveHub,
    freeBytes: () => number | null,
  ) {
    const { disk, clock, random, log, processes } = outside;
    const { data: folder, reserveBytes, keepMs, diskBytesMax, sourceBytesMax, analysis } = options;
    this.#options = options;
    this.#hub = hub;
    // New clips are refused first, at the whole reserve; frames when half of it is left.
    const space = new DiskSpace(disk, folder, Math.floor(reserveBytes / 2));
    const retention = { keepMs, bytesMax: diskBytesMax, sourceBytesMax };
    this.store = new FrameStore({ catalog, disk, direct, clock, random, log, folder, space, retention });
    this.library = new StoredFrameLibrary({ store: this.store, hub, clock });
    const exported = { library: this.library, disk, processes, clock, folder: join(folder, "exports") };
    this.exports = new Exports({ ...exported, freeBytes });
    this.#analysis = new AnalysisPool({ clock, random, log, processes, ...analysis });
  }

  async start(): Promise<void> {
    await this.store.start();
    await this.#analysis.start();
    await this.exports.start();
  }

  /** Removes what is not to be kept any longer; exports have their own. */
  async expire(): Promise<void> {
    await this.store.expire();
  }

  /** To be called when no box is connected any more: answers what waits, and makes all durable. */
  async stop(): Promise<void> {
    await this.exports.stop();
    await this.#analysis.stop();
    await this.store.stop();
  }

  /** What connections put frames into. */
  get receiving(): BoxConnectionOptions["frames"] {
    return {
      recorder: this.store,
      record: this.#options.record,
      totals: this.#counts,
      outlets: {
        open: (key, kind) => this.#hub.open(key, kind),
        commonResult: this.#analysis.commonResult,
        analyse: (frame, patient) => this.#analysis.analyse(frame, patient),
      },
    };
  }

  /** In Prometheus' text format. */
  metrics(): string {
    return frameMetrics(this.#counts) + analysisMetrics(this.#analysis.stats());
  }
}
