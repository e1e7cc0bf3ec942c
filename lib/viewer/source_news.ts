/** What of the sources is worth telling the pages. Pure. */
import type { SourceView } from "./frame_library.ts";

/** Figures change all the time: they are told this often, ms; a state at once. */
const FIGURES_EVERY_MS = 1_000;

export class SourceNews {
  readonly #told = new Map<number, { text: string; state: string; atMs: number }>();

  /** Those which have changed since they were told, and the ids of those which are gone. */
  changes(sources: readonly SourceView[], nowMs: number): { changed: SourceView[]; removed: number[] } {
    const changed = sources.filter((source) => this.#isNews(source, nowMs));
    const there = new Set(sources.map(({ id }) => id));
    const removed = [...this.#told.keys()].filter((id) => !there.has(id));
    for (const id of removed) this.#told.delete(id);
    return { changed, removed };
  }

  #isNews(source: SourceView, nowMs: number): boolean {
    const told = this.#told.get(source.id);
    if (told?.state === source.state && nowMs - told.atMs < FIGURES_EVERY_MS) return false;
    const text = JSON.stringify(source);
    if (told?.text === text) return false;
    this.#told.set(source.id, { text, state: source.state, atMs: nowMs });
    return true;
  }
}
