/** Frames on disk: `frames/<device>/<source>/`, and the catalog for what is durable. */
import type { Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import type { Random } from "../platform/random.ts";
import type { SourceKind } from "../protocol/message.ts";
import type { DiskSpace } from "./disk_space.ts";
import type { FrameCatalog, FrameQuery, FrameRow, GapRow, SourceTotals, SpanRow } from "./frame_catalog.ts";
import type { FrameWriter } from "./frame_writer.ts";

/** What is removed by itself. */
export interface FrameRetention {
  /** Frames older than this, ms; null: none. */
  readonly keepMs: number | null;
  /** The oldest, when all together have more bytes; null: none. */
  readonly bytesMax: number | null;
  /** The same for each source. */
  readonly sourceBytesMax?: number | null;
}

export interface FrameStoreOptions {
  readonly catalog: FrameCatalog;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The data directory. */
  readonly folder: string;
  readonly space: DiskSpace;
  readonly retention: FrameRetention;
}

/** A source as a box opens it. */
export interface SourceOpening {
  readonly device: string;
  readonly source: string;
  readonly kind: SourceKind;
  /** Its pictures have names, under which they are kept as files. */
  readonly named: boolean;
  /** New whenever the box's numbering starts anew. */
  readonly run: string;
}

export class FrameStore {
  constructor(_options: FrameStoreOptions) {}

  /** Makes the folders and mends what a crash left behind. May be repeated after a crash of itself. */
  start(): Promise<void> {
    throw new Error("not yet");
  }

  /** Makes everything that was taken durable, and lets go of the files. */
  stop(): Promise<void> {
    throw new Error("not yet");
  }

  /**
   * Opens a source; a writer of the same which is open fails with `SUPERSEDED`.
   *
   * @throws {FramewireError} `STREAMS_EXHAUSTED`, `NO_SPACE`, `STORAGE_FAILED`.
   */
  openSource(_opening: SourceOpening): Promise<FrameWriter> {
    throw new Error("not yet");
  }

  /** All sources with what is recorded of them, oldest first. */
  sources(): Promise<SourceTotals[]> {
    throw new Error("not yet");
  }

  /** Committed frames, in the order of arrival or against it. */
  frames(_query: FrameQuery): Promise<FrameRow[]> {
    throw new Error("not yet");
  }

  frame(_id: number): Promise<FrameRow | undefined> {
    throw new Error("not yet");
  }

  /** The frame whose time is nearest; undefined when the source has none. */
  nearest(_sourceId: number, _timeMs: number): Promise<FrameRow | undefined> {
    throw new Error("not yet");
  }

  /** The JPEG, the caller's own; undefined when it is gone, or is not what was stored. */
  jpeg(_id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    throw new Error("not yet");
  }

  /** When there are frames between the two times, ms since 1970: a few hundred rows at most. */
  spans(_sourceId: number, _sinceMs: number, _untilMs: number): Promise<SpanRow[]> {
    throw new Error("not yet");
  }

  /** Why there are none. */
  gaps(_sourceId: number, _sinceMs: number, _untilMs: number): Promise<GapRow[]> {
    throw new Error("not yet");
  }

  /** Removes what is older, or more, than is to be kept. */
  expire(): Promise<void> {
    throw new Error("not yet");
  }
}
