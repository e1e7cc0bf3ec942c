/**
 * Searches by verdict may have to look at all that was ever recorded: they do it piece by piece, so that commits, for which
 * boxes wait, come in between. Synchronous, in the worker.
 */
import type { FrameQuery } from "./frame_catalog.ts";
import type { Statements } from "./statements.ts";

/** Numbers from the first to the last, both included. */
type Between = readonly [first: number, last: number];

/** A piece of what is to be looked at: ids of frames, or segments of the source. */
export type FrameLook = { readonly ids: Between } | { readonly segments: Between };

/** Rows which are looked at in one go: some ten milliseconds, which is how long commits wait. */
const ROWS_LOOKED_MAX = 10_000;

/** Whether a search is done in pieces. */
export function isSearch({ verdict }: FrameQuery): boolean {
  return verdict !== undefined;
}

/** The pieces of ids from the first to the last, in the order of the search. */
export function idLooks([first, last]: Between, { order, cursor }: FrameQuery): FrameLook[] {
  const from = order === "ascending" ? Math.max(first, (cursor ?? 0) + 1) : first;
  const to = order === "ascending" ? last : Math.min(last, (cursor ?? Infinity) - 1);
  const looks: FrameLook[] = [];
  for (let at = from; at <= to; at += ROWS_LOOKED_MAX) {
    looks.push({ ids: [at, Math.min(at + ROWS_LOOKED_MAX - 1, to)] });
  }
  return order === "ascending" ? looks : looks.reverse();
}

/** Those of a source, segment by segment; those which lie before the cursor cost nothing. */
export function segmentLooks(sql: Statements, sourceId: number, query: FrameQuery): FrameLook[] {
  const { sinceMs = -Infinity, untilMs = Infinity, order } = query;
  const segments = sql.all(
    `SELECT id, frames FROM segment INDEXED BY segment_by_source
     WHERE source_id = ? AND last_ms >= ? AND first_ms <= ? ORDER BY id`,
    ...[sourceId, sinceMs, untilMs],
  ) as unknown as { readonly id: number; readonly frames: number }[];
  const looks: FrameLook[] = [];
  let [first, rows]: [number | undefined, number] = [undefined, 0];
  for (const [index, { id, frames }] of segments.entries()) {
    first ??= id;
    rows += frames;
    if (rows < ROWS_LOOKED_MAX && index < segments.length - 1) continue;
    looks.push({ segments: [first, id] });
    [first, rows] = [undefined, 0];
  }
  return order === "ascending" ? looks : looks.reverse();
}
