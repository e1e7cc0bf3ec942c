import { FramewireError } from "../../lib/errors.ts";
import type { DirectWrite } from "../../lib/platform/direct_writes.ts";
import type {
  FrameBatch,
  FrameCatalog,
  FrameQuery,
  FrameRow,
  GapChange,
  GapReason,
  GapRow,
  NewFrame,
  PictureContent,
  SegmentState,
  SourceRow,
  TrashRow,
} from "../../lib/store/frame_catalog.ts";
import { fewerGaps, growSpans, joinGaps, mergeSpans } from "../../lib/store/frame_spans.ts";
import { nameKey, numberedName, safeFileName } from "../../lib/store/safe_name.ts";
import { MemoryCommits } from "./memory_commits.ts";

interface StoredFrame extends NewFrame {
  readonly id: number;
  readonly sourceId: number;
  readonly runId: number;
}

/** Everything that is in the tables; spans and counts are worked out from the frames when they are asked for. */
interface Tables {
  lastId: number;
  sources: SourceRow[];
  runs: { id: number; sourceId: number; name: string; stored: number }[];
  segments: { id: number; sourceId: number; file: string; sealed: boolean }[];
  frames: StoredFrame[];
  gaps: GapRow[];
  trash: TrashRow[];
}

type Opening = Parameters<FrameCatalog["openSource"]>[0];

/** A frame catalog in memory, the made-up twin of the one in SQLite: a power cut forgets what was not committed. */
export class MemoryFrameCatalog extends MemoryCommits implements FrameCatalog {
  #tables: Tables;

  constructor(tables?: Tables) {
    super();
    this.#tables = tables ?? { lastId: 0, sources: [], runs: [], segments: [], frames: [], gaps: [], trash: [] };
  }

  /** Cuts the power: every call rejects from now on. Gives the catalog as it is found afterwards. */
  crash(): MemoryFrameCatalog {
    this.cutPower();
    return new MemoryFrameCatalog(this.#tables);
  }

  openSource({ device, name, kind, run, nowMs, sourcesMax }: Opening) {
    return this.#change("openSource", (tables) => {
      let source = tables.sources.find((one) => one.device === device && one.name === name);
      if (source === undefined) {
        if (tables.sources.filter((one) => one.device === device).length >= sourcesMax) return null;
        const isTaken = (folder: string) => tables.sources.some((one) => nameKey(one.folder) === nameKey(folder));
        let folder = "";
        for (let n = 1; folder === "" || isTaken(folder); n++) {
          folder = `${safeFileName(device)}/${numberedName(safeFileName(name), n)}`;
        }
        source = { id: ++tables.lastId, device, name, kind, folder, createdMs: nowMs };
        tables.sources.push(source);
      }
      const { id } = source;
      source = { ...source, kind };
      tables.sources = tables.sources.map((one) => one.id === id ? source! : one);
      let known = tables.runs.find((one) => one.sourceId === id && one.name === run);
      if (known === undefined) tables.runs.push(known = { id: ++tables.lastId, sourceId: id, name: run, stored: 0 });
      return { source, runId: known.id, stored: known.stored };
    });
  }

  addSegment(sourceId: number, start: string) {
    return this.#change("addSegment", (tables) => {
      const id = ++tables.lastId;
      const file = start === "" ? "" : `${start}-${id}.mjpeg`;
      tables.segments.push({ id, sourceId, file, sealed: false });
      return { id, file };
    });
  }

  sealSegments(ids: readonly number[]) {
    return this.#change("sealSegments", (tables) => {
      tables.segments = tables.segments.map((one) => ids.includes(one.id) ? { ...one, sealed: true } : one);
    });
  }

  commitFrames(batch: FrameBatch, underWay: readonly DirectWrite[] = []) {
    const { sourceId, runId, behind, stored, frames, results, gaps } = batch;
    const written = Promise.all(underWay.map(({ done }) => done)).catch(() => {
      throw refused("they could not be written");
    });
    written.catch(() => {});
    return this.#change("commitFrames", async (tables) => {
      await written;
      const run = tables.runs.find((one) => one.id === runId);
      if (run === undefined) throw refused("there is no such run");
      if (run.stored < behind) throw refused(`those up to ${behind} must be stored before`);
      const firstId = tables.lastId + 1;
      let last = run.stored;
      for (const frame of frames) {
        if (frame.sequence <= last) throw refused(`its sequence must be > ${last}: received ${frame.sequence}`);
        last = frame.sequence;
        if (!tables.segments.some(({ id }) => id === frame.segmentId)) throw refused("there is no such segment");
        const key = frame.file === null ? null : nameKey(frame.file);
        const isTaken = (one: StoredFrame) =>
          one.file !== null && one.sourceId === sourceId && nameKey(one.file) === key;
        if (key !== null && tables.frames.some(isTaken)) throw refused("UNIQUE constraint failed");
        tables.frames.push({ ...frame, id: ++tables.lastId, sourceId, runId });
      }
      for (const { id, verdict, json } of results) {
        tables.frames = tables.frames.map((one) => one.id === id ? { ...one, verdict, result: json } : one);
      }
      for (const gap of gaps) changeGap(tables, sourceId, gap);
      tables.runs = tables.runs.map((one) => one === run ? { ...one, stored: Math.max(run.stored, stored) } : one);
      return frames.length === 0 ? 0 : firstId;
    });
  }

  dropFrames(segmentId: number, rowsMax: number) {
    return this.#change("dropFrames", (tables) => {
      const segment = tables.segments.find(({ id }) => id === segmentId);
      if (segment === undefined) return { isGone: true, trash: [] };
      const { folder } = tables.sources.find(({ id }) => id === segment.sourceId)!;
      const all = tables.frames.filter((one) => one.segmentId === segmentId);
      const rows = all.slice(0, rowsMax);
      const gone = new Set(rows.map(({ id }) => id));
      tables.frames = tables.frames.filter(({ id }) => !gone.has(id));
      const files = rows.flatMap(({ file }) => file ?? []);
      const isGone = rows.length < rowsMax;
      if (isGone) {
        if (segment.file !== "") files.push(segment.file);
        tables.segments = tables.segments.filter((one) => one !== segment);
        dropGaps(tables, segment.sourceId, segmentId, rows);
      }
      const trash = files.map((file) => ({ id: ++tables.lastId, folder, file }));
      tables.trash.push(...trash);
      return { isGone, trash };
    });
  }

  forgetTrash(ids: readonly number[]) {
    return this.#change("forgetTrash", (tables) => {
      tables.trash = tables.trash.filter(({ id }) => !ids.includes(id));
    });
  }

  openGaps(reason: GapReason) {
    return this.#change("openGaps", (tables) => {
      for (const { id } of tables.sources) {
        const times = tables.frames.filter((one) => one.sourceId === id).map(({ timeMs }) => timeMs);
        const isOpen = tables.gaps.some((gap) => gap.sourceId === id && gap.toMs === null);
        if (times.length === 0 || isOpen) continue;
        changeGap(tables, id, { fromMs: Math.max(...times), toMs: null, frames: 0, reason });
      }
    });
  }

  sources() {
    return this.#read("sources", ({ sources, frames }) =>
      sources.map((source) => {
        const own = frames.filter((one) => one.sourceId === source.id);
        const times = own.map(({ timeMs }) => timeMs);
        const bytes = own.reduce((sum, one) => sum + one.bytes, 0);
        const none = times.length === 0;
        return {
          ...source,
          frames: own.length,
          bytes,
          firstMs: none ? null : Math.min(...times),
          lastMs: none ? null : Math.max(...times),
        };
      }));
  }

  frames({ sourceId, sinceMs = -Infinity, untilMs = Infinity, verdict, cursor, order, limit }: FrameQuery) {
    return this.#read("frames", (tables) => {
      const ascending = order === "ascending";
      const found = tables.frames.filter((one) =>
        (sourceId === undefined || one.sourceId === sourceId) && one.timeMs >= sinceMs && one.timeMs <= untilMs &&
        (verdict === undefined || one.verdict === verdict) &&
        (cursor === undefined || (ascending ? one.id > cursor : one.id < cursor))
      );
      return (ascending ? found : found.reverse()).slice(0, limit).map((one) => rowOf(tables, one));
    });
  }

  frame(id: number) {
    return this.#read(
      "frame",
      (tables) => tables.frames.filter((one) => one.id === id).map((one) => rowOf(tables, one))[0],
    );
  }

  place(id: number) {
    return this.#read("place", (tables) => {
      const frame = tables.frames.find((one) => one.id === id);
      if (frame === undefined) return undefined;
      const { file, position, bytes, crc32 } = rowOf(tables, frame);
      const { folder } = tables.sources.find((one) => one.id === frame.sourceId)!;
      return { folder, file, position, bytes, crc32, segmentId: frame.segmentId };
    });
  }

  nearest(sourceId: number, timeMs: number) {
    return this.#read("nearest", (tables) => {
      const far = (one: StoredFrame) => Math.abs(one.timeMs - timeMs);
      const own = tables.frames.filter((one) => one.sourceId === sourceId);
      return own.sort((a, b) => far(a) - far(b) || a.timeMs - b.timeMs).map((one) => rowOf(tables, one))[0];
    });
  }

  spans(sourceId: number, sinceMs: number, untilMs: number, pauseMs: number) {
    return this.#read("spans", ({ frames }) => {
      const own = frames.filter((one) => one.sourceId === sourceId);
      const spans = [...Map.groupBy(own, (one) => one.segmentId).values()].flatMap((some) =>
        growSpans(undefined, some.map(({ timeMs, verdict }) => ({ timeMs, isDefect: verdict === "defect" })))
      );
      const found = spans.filter(({ fromMs, toMs }) => fromMs <= untilMs && toMs >= sinceMs);
      return mergeSpans(found.sort((a, b) => a.fromMs - b.fromMs), pauseMs);
    });
  }

  gaps(sourceId: number, sinceMs: number, untilMs: number, limit: number) {
    return this.#read(
      "gaps",
      ({ gaps }) =>
        fewerGaps(
          gaps.filter((gap) =>
            gap.sourceId === sourceId && gap.fromMs <= untilMs && (gap.toMs === null || gap.toMs >= sinceMs)
          ).sort((a, b) => a.fromMs - b.fromMs || a.id - b.id)
            .map(({ fromMs, toMs, frames, reason }) => ({ fromMs, toMs, frames, reason })),
          limit,
        ),
    );
  }

  segments({ sourceId, sealed, limit }: { sourceId?: number; sealed: boolean; limit: number }) {
    return this.#read(
      "segments",
      (tables) =>
        tables.segments.filter((one) => one.sealed === sealed && (sourceId === undefined || one.sourceId === sourceId))
          .slice(0, limit).map((segment): SegmentState => {
            const frames = tables.frames.filter((one) => one.segmentId === segment.id);
            const times = frames.length === 0 ? [0] : frames.map(({ timeMs }) => timeMs);
            return {
              ...segment,
              folder: tables.sources.find((one) => one.id === segment.sourceId)!.folder,
              bytes: frames.reduce((sum, one) => sum + one.bytes, 0),
              frames: frames.length,
              firstMs: Math.min(...times),
              lastMs: Math.max(...times),
              receivedMs: Math.max(0, ...frames.map(({ receivedMs }) => receivedMs)),
            };
          }),
    );
  }

  samePictures(sourceId: number, pictures: readonly PictureContent[]) {
    return this.#read(
      "samePictures",
      ({ frames }) =>
        frames.flatMap(({ id, sourceId: source, name, file, bytes, crc32 }) =>
          source === sourceId && file !== null &&
            pictures.some((one) => one.name === name && one.bytes === bytes && one.crc32 === crc32)
            ? [{ id, name: name!, file, bytes, crc32 }]
            : []
        ),
    );
  }

  takenFiles(sourceId: number, keys: readonly string[]) {
    return this.#read("takenFiles", ({ frames, trash, sources }) => {
      const folder = sources.find(({ id }) => id === sourceId)?.folder;
      const files = [
        ...frames.flatMap((one) => one.sourceId === sourceId && one.file !== null ? [one.file] : []),
        ...trash.flatMap((one) => one.folder === folder ? [one.file] : []),
      ].map(nameKey);
      return keys.filter((key) => files.includes(key));
    });
  }

  trash(limit: number, after = 0) {
    return this.#read("trash", ({ trash }) => trash.filter(({ id }) => id > after).slice(0, limit));
  }

  #read<T>(method: string, query: (tables: Tables) => T): Promise<T> {
    return this.inTurn(method, () => query(structuredClone(this.#tables)));
  }

  #change<T>(method: string, change: (tables: Tables) => T | Promise<T>): Promise<T> {
    return this.inTurn(method, async (commit) => {
      const tables = structuredClone(this.#tables);
      const value = await change(tables);
      await commit(() => this.#tables = tables);
      return value;
    });
  }
}

function refused(why: string): FramewireError {
  return new FramewireError("INTERNAL", `Cannot commit frame: ${why}`);
}

function rowOf(tables: Tables, frame: StoredFrame): FrameRow {
  const { segmentId, runId, ...row } = frame;
  const file = row.file ?? tables.segments.find(({ id }) => id === segmentId)!.file;
  return { ...row, file, run: tables.runs.find(({ id }) => id === runId)!.name };
}

function changeGap(tables: Tables, sourceId: number, change: GapChange): void {
  const open = tables.gaps.find((gap) => gap.sourceId === sourceId && gap.toMs === null);
  const replace = (gap: GapRow, by: GapRow[]) => tables.gaps = tables.gaps.flatMap((one) => one === gap ? by : [one]);
  const close = (toMs: number) => {
    if (open === undefined) return;
    const isNone = open.fromMs >= toMs && open.frames === 0;
    replace(open, isNone ? [] : [{ ...open, toMs: Math.max(open.fromMs, toMs) }]);
  };
  if ("closeMs" in change) return close(change.closeMs);
  const last = tables.gaps.findLast((gap) =>
    gap.sourceId === sourceId && (gap.toMs === null) === (change.toMs === null)
  );
  const joined = last === undefined ? undefined : joinGaps(last, change);
  if (joined !== undefined) return void replace(last!, [{ ...last!, ...joined }]);
  if (change.toMs === null) close(change.fromMs);
  tables.gaps.push({ id: ++tables.lastId, sourceId, ...change });
}

function dropGaps(tables: Tables, sourceId: number, segmentId: number, rows: readonly StoredFrame[]): void {
  const others = tables.frames.filter((one) => one.sourceId === sourceId);
  if (others.some((one) => one.segmentId < segmentId)) {
    const times = rows.map(({ timeMs }) => timeMs);
    if (times.length === 0) return;
    const gap = { fromMs: Math.min(...times), toMs: Math.max(...times), frames: rows.length } as const;
    return changeGap(tables, sourceId, { ...gap, reason: "retention" });
  }
  const firstMs = Math.min(Infinity, ...others.map(({ timeMs }) => timeMs));
  tables.gaps = tables.gaps.filter((gap) => gap.sourceId !== sourceId || gap.toMs === null || gap.toMs > firstMs);
}
