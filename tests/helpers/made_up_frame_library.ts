/** Sources and frames in memory behind the viewer's seam, and frames for the hub. */
import type { LiveHub } from "../../lib/live/live_hub.ts";
import type { AnalysisResult, Frame, Verdict } from "../../lib/protocol/frame.ts";
import type { FrameLibrary, FrameView, SourceView, TimelineView } from "../../lib/viewer/frame_library.ts";

/** A frame for the hub, with everything that a test does not care about. */
export function madeUpFrame(sequence: number, patch: Partial<Frame> = {}): Frame {
  const timeMs = 1_700_000_000_000 + sequence * 100;
  return {
    device: "press-4",
    source: "cam",
    sourceKind: "visible",
    run: "r1",
    sequence,
    name: null,
    capturedMs: timeMs,
    timeMs,
    receivedMs: timeMs + 20,
    jpeg: numberedJpeg(sequence),
    ...patch,
  };
}

/** Bytes which begin and end like a JPEG, and tell their number. */
export function numberedJpeg(number: number, bytes = 200): Uint8Array<ArrayBuffer> {
  const jpeg = new Uint8Array(bytes).fill(number % 251);
  jpeg.set([0xff, 0xd8]);
  jpeg.set([0xff, 0xd9], bytes - 2);
  return jpeg;
}

export function madeUpResult(result: Verdict, patch: Partial<AnalysisResult> = {}): AnalysisResult {
  return { result, reasons: [], boxes: [], measures: { brightness: 0.5 }, tookMs: 3, ...patch };
}

export function madeUpFrameView(id: number, patch: Partial<FrameView> = {}): FrameView {
  const timeMs = 1_700_000_000_000 + id * 100;
  return {
    id,
    sourceId: 1,
    device: "press-4",
    source: "cam",
    sequence: id,
    name: null,
    capturedMs: timeMs,
    timeMs,
    receivedMs: timeMs + 20,
    bytes: 200,
    verdict: null,
    result: null,
    ...patch,
  };
}

/** Sources which are said to be there, and frames which are recorded; what is live comes from the hub. */
export class MadeUpFrameLibrary implements FrameLibrary {
  readonly #hub: LiveHub;
  readonly #sources: SourceView[] = [];
  readonly recorded: FrameView[] = [];
  shown: TimelineView = { spans: [], gaps: [] };
  /** Times that `timeline` was asked about. */
  askedFor: { sourceId: number; sinceMs: number; untilMs: number } | undefined;

  constructor(hub: LiveHub) {
    this.#hub = hub;
  }

  /** Adds a source, which is offline as far as the hub knows nothing else; returns its id. */
  addSource(device: string, source: string, patch: Partial<SourceView> = {}): number {
    const id = this.#sources.length + 1;
    this.#sources.push({
      id,
      device,
      source,
      kind: "visible",
      state: "offline",
      fps: 0,
      bytesPerSecond: 0,
      lastFrameMs: null,
      dropped: { link: 0, offline: 0, disk: 0, camera: 0 },
      analysed: 0,
      skipped: 0,
      defects: 0,
      latencyMs: null,
      clockOffsetMs: null,
      storedFrames: 0,
      storedBytes: 0,
      firstStoredMs: null,
      lastStoredMs: null,
      ...patch,
    });
    return id;
  }

  removeSource(id: number): void {
    this.#sources.splice(this.#sources.findIndex((source) => source.id === id), 1);
  }

  sources(): Promise<SourceView[]> {
    return Promise.resolve(this.#sources.map((source) => {
      const figures = this.#hub.figures(source);
      if (figures === undefined) return source;
      const { frames: _frames, bytes: _bytes, missed: _missed, ...live } = figures;
      return { ...source, ...live };
    }));
  }

  frames(options: Parameters<FrameLibrary["frames"]>[0]): Promise<FrameView[]> {
    const { device, source, sourceId, sinceMs = -Infinity, untilMs = Infinity, verdict, cursor, order, limit } =
      options;
    const sign = order === "ascending" ? 1 : -1;
    return Promise.resolve(
      this.recorded.filter((frame) =>
        (device === undefined || frame.device === device) && (source === undefined || frame.source === source) &&
        (sourceId === undefined || frame.sourceId === sourceId) &&
        (verdict === undefined || frame.verdict === verdict) &&
        frame.timeMs >= sinceMs && frame.timeMs <= untilMs &&
        (cursor === undefined || sign * (frame.id - cursor) > 0)
      ).toSorted((a, b) => sign * (a.id - b.id)).slice(0, limit),
    );
  }

  frame(id: number): Promise<FrameView | undefined> {
    return Promise.resolve(this.recorded.find((frame) => frame.id === id));
  }

  async jpeg(id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const frame = await this.frame(id);
    return frame === undefined ? undefined : numberedJpeg(id, frame.bytes);
  }

  nearest(sourceId: number, timeMs: number): Promise<FrameView | undefined> {
    const distance = (frame: FrameView) => Math.abs(frame.timeMs - timeMs);
    return Promise.resolve(
      this.recorded.filter((frame) => frame.sourceId === sourceId).toSorted((a, b) => distance(a) - distance(b))[0],
    );
  }

  timeline(sourceId: number, sinceMs: number, untilMs: number): Promise<TimelineView> {
    this.askedFor = { sourceId, sinceMs, untilMs };
    return Promise.resolve(this.shown);
  }
}
