/** Which recorded frames belong to events: of their source, nearest to their time. */
import type { EventRow } from "../store/event_catalog.ts";
import type { FrameView, SourceView } from "../viewer/frame_library.ts";

/** A frame further away shows another moment, ms. */
const NEAR_MS = 1_000;
/** Questions at once. */
const AT_ONCE = 32;

/** What is needed of the recorded frames. */
export interface NearestFrames {
  sources(): Promise<readonly Pick<SourceView, "id" | "device" | "source">[]>;
  nearest(sourceId: number, timeMs: number): Promise<Pick<FrameView, "id" | "timeMs"> | undefined>;
}

type Row = Pick<EventRow, "device" | "source" | "timeMs">;

export class FramesOfEvents {
  readonly #frames: NearestFrames;

  constructor(frames: NearestFrames) {
    this.#frames = frames;
  }

  /** Paths of the frames, in the order of the rows: one question for each row that names a source, and no more. */
  async of(rows: readonly Row[]): Promise<(string | null)[]> {
    const found: (string | null)[] = rows.map(() => null);
    const wanted = rows.flatMap(({ source }, index) => source === null ? [] : [index]);
    if (wanted.length === 0) return found;
    const ids = new Map((await this.#frames.sources()).map(({ id, device, source }) => [`${device}\0${source}`, id]));
    for (let at = 0; at < wanted.length; at += AT_ONCE) {
      await Promise.all(
        wanted.slice(at, at + AT_ONCE).map(async (index) => {
          const { device, source, timeMs } = rows[index]!;
          found[index] = await this.#near(ids.get(`${device}\0${source}`), timeMs);
        }),
      );
    }
    return found;
  }

  async #near(sourceId: number | undefined, timeMs: number): Promise<string | null> {
    if (sourceId === undefined) return null;
    const frame = await this.#frames.nearest(sourceId, timeMs);
    return frame === undefined || Math.abs(frame.timeMs - timeMs) > NEAR_MS ? null : `/frames/${frame.id}.jpg`;
  }
}
