/** What the part of the address behind `#` asks for. Pure. */

/** What the page shows. */
export type Place =
  /** Nothing was asked for: live sources if there are any, else clips. */
  | { readonly name: "start" }
  | { readonly name: "live" }
  | { readonly name: "clips"; readonly clipId: string | null }
  /** `atMs`: what was recorded then; null: live. */
  | { readonly name: "source"; readonly ids: readonly [number]; readonly atMs: number | null }
  | { readonly name: "pair"; readonly ids: readonly [number, number] }
  /** `feeds`: ids of those that the charts show; null: whichever there are. `span`: null for the usual one. */
  | { readonly name: "readings"; readonly feeds: readonly number[] | null; readonly span: WantedSpan | null }
  | { readonly name: "boxes" }
  | { readonly name: "alerts" };

/** What charts are to show: the last so many ms, moving on; or a span which stands still, ms since 1970. */
export type WantedSpan = { readonly lastMs: number } | { readonly fromMs: number; readonly toMs: number };

/** Reads `location.hash`; what it does not know is taken for the id of a clip, as `send` prints it. */
export function placeOf(hash: string): Place {
  const text = hash.replace(/^#/, "");
  if (text === "live") return { name: "live" };
  if (text === "clips") return { name: "clips", clipId: null };
  if (text === "boxes" || text === "alerts") return { name: text };
  // `send` prints `#events`.
  const readings = /^(?:readings|events|feed=((?:\d{1,15}(?:,\d{1,15}){0,31})?))(?:@(\d{1,15})(?:-(\d{1,15}))?)?$/.exec(
    text,
  );
  if (readings !== null) {
    const [, feeds, from, to] = readings;
    const ids = feeds === undefined ? null : feeds === "" ? [] : feeds.split(",").map(Number);
    return { name: "readings", feeds: ids, span: spanOf(from, to) };
  }
  const source = /^source=(\d{1,15})(?:@(\d{1,15}))?$/.exec(text);
  if (source !== null) {
    return { name: "source", ids: [Number(source[1])], atMs: source[2] === undefined ? null : Number(source[2]) };
  }
  const pair = /^pair=(\d{1,15}),(\d{1,15})$/.exec(text);
  if (pair !== null) return { name: "pair", ids: [Number(pair[1]), Number(pair[2])] };
  return /^[\w-]{1,64}$/.test(text) ? { name: "clips", clipId: text } : { name: "start" };
}

/** The address of a source at full size; `atMs`: with what was recorded then. */
export function sourceAddress(id: number, atMs: number | null = null): string {
  return atMs === null ? `#source=${id}` : `#source=${id}@${Math.round(atMs)}`;
}

/** The address of the readings of these feeds (null: whichever there are) in this span (null: the usual one). */
export function readingsAddress(ids: readonly number[] | null, span: WantedSpan | null = null): string {
  const feeds = ids === null ? "#readings" : `#feed=${ids.join(",")}`;
  if (span === null) return feeds;
  return "lastMs" in span
    ? `${feeds}@${Math.round(span.lastMs)}`
    : `${feeds}@${Math.round(span.fromMs)}-${Math.round(span.toMs)}`;
}

function spanOf(from: string | undefined, to: string | undefined): WantedSpan | null {
  if (from === undefined) return null;
  return to === undefined ? { lastMs: Number(from) } : { fromMs: Number(from), toMs: Number(to) };
}

/** The address of two sources side by side. */
export function pairAddress(first: number, second: number): string {
  return `#pair=${first},${second}`;
}
