/**
 * Arithmetic on byte ranges: which bytes of a clip are held, and which are missing.
 * A list of ranges is sorted, and its ranges neither overlap nor touch. Lists are never changed: each function gives a new one.
 */

import { FramewireError } from "../errors.ts";

/** Bytes from `start` up to, but without, `end`; both in bytes, safe integers, `start < end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The list with the bytes `[start, end)` added; the same list if they were all there, or if there are none to add.
 * @throws {FramewireError} `INVALID_RANGE` unless `0 <= start <= end` are safe integers. */
export function addRange(ranges: readonly ByteRange[], start: number, end: number): readonly ByteRange[] {
  checkRange(start, end);
  if (containsRange(ranges, start, end)) return ranges;
  const result: ByteRange[] = [];
  let mergedStart = start;
  let mergedEnd = end;
  let next = 0;
  for (; next < ranges.length && ranges[next]!.end < start; next++) result.push(ranges[next]!);
  for (; next < ranges.length && ranges[next]!.start <= end; next++) {
    mergedStart = Math.min(mergedStart, ranges[next]!.start);
    mergedEnd = Math.max(mergedEnd, ranges[next]!.end);
  }
  result.push({ start: mergedStart, end: mergedEnd });
  for (; next < ranges.length; next++) result.push(ranges[next]!);
  return result;
}

/** The bytes of `[start, end)` which the list lacks.
 * @throws {FramewireError} `INVALID_RANGE` unless `0 <= start <= end` are safe integers. */
export function missingRanges(ranges: readonly ByteRange[], start: number, end: number): readonly ByteRange[] {
  checkRange(start, end);
  const missing: ByteRange[] = [];
  let from = start;
  for (const range of ranges) {
    if (range.end <= from) continue;
    if (range.start >= end) break;
    if (range.start > from) missing.push({ start: from, end: range.start });
    from = range.end;
  }
  if (from < end) missing.push({ start: from, end });
  return missing;
}

/** Where the run of held bytes which begins at `offset` ends; `offset` itself if that byte is not held.
 * @throws {FramewireError} `INVALID_RANGE` unless `offset` is a safe integer >= 0. */
export function coveredFrom(ranges: readonly ByteRange[], offset: number): number {
  checkRange(offset, offset);
  for (const range of ranges) {
    if (offset < range.start) break;
    if (offset < range.end) return range.end;
  }
  return offset;
}

/** Whether all bytes of `[start, end)` are held; true for no bytes.
 * @throws {FramewireError} `INVALID_RANGE` unless `0 <= start <= end` are safe integers. */
export function containsRange(ranges: readonly ByteRange[], start: number, end: number): boolean {
  checkRange(start, end);
  return start === end || coveredFrom(ranges, start) >= end;
}

/** How many bytes the list holds. */
export function totalBytes(ranges: readonly ByteRange[]): number {
  let bytes = 0;
  for (const range of ranges) bytes += range.end - range.start;
  return bytes;
}

/** A range that a peer sent may be anything: a fraction or a NaN would slip through every comparison above. */
function checkRange(start: number, end: number): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end) return;
  throw new FramewireError(
    "INVALID_RANGE",
    `Cannot use bytes as a range must be whole numbers with 0 <= start <= end: received ${start} to ${end}`,
  );
}
