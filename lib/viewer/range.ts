/** The `Range` header as arithmetic. Source: RFC 9110, sections 13.1.5 and 14. */

/** What to answer: all of it (200), the bytes `start` to `end` (exclusive; 206), or that there are none (416). */
export type RangeAnswer =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly start: number; readonly end: number }
  | { readonly kind: "unsatisfiable" };

const WHOLE: RangeAnswer = { kind: "whole" };
const UNSATISFIABLE: RangeAnswer = { kind: "unsatisfiable" };

/**
 * Reads a `Range` header for content of `size` bytes. A header that is malformed, in another unit or asks for several
 * ranges is ignored, as the RFC allows: the answer is then the whole.
 */
export function parseRange(header: string | null, size: number): RangeAnswer {
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? "");
  if (match === null) return WHOLE;
  const [, first = "", last = ""] = match;
  if (first === "") return last === "" ? WHOLE : suffixOf(Number(last), size);
  const start = Number(first);
  if (last !== "" && Number(last) < start) return WHOLE;
  if (start >= size) return UNSATISFIABLE;
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  return { kind: "part", start, end };
}

function suffixOf(count: number, size: number): RangeAnswer {
  if (count === 0 || size === 0) return UNSATISFIABLE;
  return { kind: "part", start: Math.max(0, size - count), end: size };
}

/**
 * Whether a `Range` counts, given `If-Range`: only when the client's part is of the very same content. A date, a weak
 * tag, or content without a tag never matches.
 */
export function rangeApplies(ifRange: string | null, etag: string | null): boolean {
  return ifRange === null || (etag !== null && ifRange.trim() === etag);
}

/** Whether `If-None-Match` names `etag`. */
export function etagMatches(ifNoneMatch: string | null, etag: string | null): boolean {
  if (ifNoneMatch === null || etag === null) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return ifNoneMatch.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}
