/** Sources and frames as the viewer sees them: what is recorded, from the store, and what is live, from the hub. */
import type { LiveFigures, LiveHub } from "../live/live_hub.ts";
import type { Clock } from "../platform/clock.ts";
import type { AnalysisResult } from "../protocol/frame.ts";
import type { FrameQuery, FrameRow, GapSpan, SourceRow, SpanRow } from "../store/frame_catalog.ts";
import type { FrameLibrary, FrameView, SourceView, TimelineView } from "../viewer/frame_library.ts";

/** What is recorded of all sources is asked of the catalog this often at most, ms: pages ask four times a second. */
const SOURCES_KEPT_MS = 2_000;
/** ... unless there is a source which it did not know, ms. */
const SOURCES_AGAIN_MS = 200;

/** A source of the catalog, with what is recorded of it. */
export interface RecordedSource extends SourceRow {
  readonly frames: number;
  readonly bytes: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
}

/** What is needed of the `FrameStore`. */
export interface RecordedFrames {
  sources(): Promise<readonly RecordedSource[]>;
  frames(query: FrameQuery): Promise<FrameRow[]>;
  frame(id: number): Promise<FrameRow | undefined>;
  nearest(sourceId: number, timeMs: number): Promise<FrameRow | undefined>;
  jpeg(id: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  spans(sourceId: number, sinceMs: number, untilMs: number): Promise<SpanRow[]>;
  gaps(sourceId: number, sinceMs: number, untilMs: number): Promise<GapSpan[]>;
}

export interface StoredFrameLibraryOptions {
  readonly store: RecordedFrames;
  readonly hub: LiveHub;
  readonly clock: Clock;
}

export class StoredFrameLibrary implements FrameLibrary {
  readonly #store: RecordedFrames;
  readonly #hub: LiveHub;
  readonly #clock: Clock;
  #recorded = new Map<number, RecordedSource>();
  #readMs = -Infinity;
  #reading: Promise<void> | undefined;

  constructor({ store, hub, clock }: StoredFrameLibraryOptions) {
    this.#store = store;
    this.#hub = hub;
    this.#clock = clock;
  }

  async sources(): Promise<SourceView[]> {
    await this.#read(SOURCES_KEPT_MS);
    const live = new Map(this.#hub.allFigures().map((figures) => [nameOf(figures), figures]));
    const known = new Set([...this.#recorded.values()].map(({ device, name }) => nameOf({ device, source: name })));
    if ([...live].some(([name, { frames }]) => frames > 0 && !known.has(name))) await this.#read(SOURCES_AGAIN_MS);
    return [...this.#recorded.values()].map((row) =>
      sourceView(row, live.get(nameOf({ device: row.device, source: row.name })))
    );
  }

  async frames(options: Parameters<FrameLibrary["frames"]>[0]): Promise<FrameView[]> {
    const { device, source, ...query } = options;
    if (device === undefined && source === undefined) return await this.#views(await this.#store.frames(query));
    const isWanted = (row: RecordedSource) =>
      (device === undefined || row.device === device) && (source === undefined || row.name === source) &&
      (query.sourceId === undefined || row.id === query.sourceId);
    await this.#read(SOURCES_KEPT_MS);
    if (![...this.#recorded.values()].some(isWanted)) await this.#read(SOURCES_AGAIN_MS);
    const ids = [...this.#recorded.values()].filter(isWanted).map(({ id }) => id);
    const parts = await Promise.all(ids.map((sourceId) => this.#store.frames({ ...query, sourceId })));
    // Each part is in order, and has as many as are wanted in all.
    const sign = query.order === "ascending" ? 1 : -1;
    const rows = parts.length === 1 ? parts[0]! : parts.flat().toSorted((a, b) => sign * (a.id - b.id));
    return await this.#views(rows.slice(0, query.limit));
  }

  async frame(id: number): Promise<FrameView | undefined> {
    const row = await this.#store.frame(id);
    return row === undefined ? undefined : (await this.#views([row]))[0];
  }

  jpeg(id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#store.jpeg(id);
  }

  async nearest(sourceId: number, timeMs: number): Promise<FrameView | undefined> {
    const row = await this.#store.nearest(sourceId, timeMs);
    return row === undefined ? undefined : (await this.#views([row]))[0];
  }

  async timeline(sourceId: number, sinceMs: number, untilMs: number): Promise<TimelineView> {
    const [spans, gaps] = await Promise.all([
      this.#store.spans(sourceId, sinceMs, untilMs),
      this.#store.gaps(sourceId, sinceMs, untilMs),
    ]);
    return {
      spans: spans.map(({ fromMs, toMs, frames, defects }) => ({ fromMs, toMs, frames, defects })),
      gaps,
    };
  }

  /** Frames of a source that is gone meanwhile are left out. */
  async #views(rows: readonly FrameRow[]): Promise<FrameView[]> {
    if (rows.some(({ sourceId }) => !this.#recorded.has(sourceId))) await this.#read(0);
    return rows.flatMap((row) => {
      const source = this.#recorded.get(row.sourceId);
      return source === undefined ? [] : [frameView(row, source)];
    });
  }

  /** Asks the catalog for the sources, unless it was asked less than `keptMs` ago. One question at a time. */
  async #read(keptMs: number): Promise<void> {
    if (this.#clock.now() - this.#readMs < keptMs) return;
    this.#reading ??= this.#readNow().finally(() => this.#reading = undefined);
    await this.#reading;
  }

  async #readNow(): Promise<void> {
    const rows = await this.#store.sources();
    this.#recorded = new Map(rows.map((row) => [row.id, row]));
    this.#readMs = this.#clock.now();
  }
}

function nameOf({ device, source }: { device: string; source: string }): string {
  return `${device}\0${source}`;
}

function sourceView(row: RecordedSource, live: LiveFigures | undefined): SourceView {
  return {
    id: row.id,
    device: row.device,
    source: row.name,
    kind: row.kind,
    state: live?.state ?? "offline",
    fps: Math.round((live?.fps ?? 0) * 10) / 10,
    bytesPerSecond: Math.round(live?.bytesPerSecond ?? 0),
    lastFrameMs: live?.lastFrameMs ?? null,
    dropped: live?.dropped ?? { link: 0, offline: 0, disk: 0, camera: 0 },
    analysed: live?.analysed ?? 0,
    skipped: live?.skipped ?? 0,
    defects: live?.defects ?? 0,
    latencyMs: roundOrNull(live?.latencyMs),
    clockOffsetMs: roundOrNull(live?.clockOffsetMs),
    storedFrames: row.frames,
    storedBytes: row.bytes,
    firstStoredMs: row.firstMs,
    lastStoredMs: row.lastMs,
  };
}

function frameView(row: FrameRow, source: RecordedSource): FrameView {
  const { id, sourceId, sequence, name, capturedMs, timeMs, receivedMs, bytes, verdict } = row;
  return {
    ...{ id, sourceId, sequence, name, capturedMs, timeMs, receivedMs, bytes, verdict },
    device: source.device,
    source: source.name,
    result: row.result === null ? null : JSON.parse(row.result) as AnalysisResult,
  };
}

function roundOrNull(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Math.round(value);
}
