/**
 * The pictures before, of every source. They are kept on this side, and not in the workers, so that any worker may take
 * any source's next picture: one busy source uses all of them. What is compared is a small plane (14 KB), in a hundredth
 * of a millisecond, and in the order in which pictures were handed out, whichever worker is done first.
 */
import type { LumaPlane } from "./measures.ts";
import { type Compared, PictureHistory } from "./picture_history.ts";

interface Source {
  readonly history: PictureHistory;
  /** Resolves when all pictures so far were compared. */
  turn: Promise<unknown>;
}

/** Sources that are remembered: 15 MB. One which was forgotten begins anew, without motion in its first picture. */
const SOURCES_MAX = 1024;

export class SourceHistories {
  /** The longest unused first. */
  readonly #sources = new Map<string, Source>();

  /** Compares what comes of `plane` (null: nothing) with the picture before it, in the order of these calls. */
  compare(key: string, plane: Promise<LumaPlane | null>, timeMs: number): Promise<Compared | null> {
    const source = this.#sources.get(key) ?? { history: new PictureHistory(), turn: Promise.resolve() };
    this.#sources.delete(key);
    this.#sources.set(key, source);
    if (this.#sources.size > SOURCES_MAX) this.#sources.delete(this.#sources.keys().next().value!);
    const before = source.turn;
    const compared = (async () => {
      const now = await plane;
      await before;
      return now === null ? null : source.history.next(now, timeMs);
    })();
    source.turn = compared;
    return compared;
  }
}
