/** Times as the HTTP API writes and reads them: RFC 3339 with milliseconds. */

/** First and last instant which have four digits of a year. */
const FIRST_MS = Date.parse("0000-01-01T00:00:00.000Z");
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/** What a time in a parameter may be, for a person. */
export const TIME_ALLOWED = "a time as 2026-01-31T12:00:00.000Z, or milliseconds since 1970";

/** RFC 3339 with milliseconds, UTC. A time that a box made up is brought into the years 0 to 9999. */
export function rfc3339(ms: number): string {
  const bounded = Number.isNaN(ms) ? 0 : Math.min(LAST_MS, Math.max(FIRST_MS, ms));
  return new Date(Math.floor(bounded)).toISOString();
}

/** The same of a time that may be unknown. */
export function rfc3339OrNull(ms: number | null): string | null {
  return ms === null ? null : rfc3339(ms);
}

/** Milliseconds since 1970 of RFC 3339, or of a plain number of them; null when it is neither. */
export function parseTime(text: string): number | null {
  // The + of an offset is a space where nobody encoded it.
  const exact = text.replace(/ (\d\d:\d\d)$/, "+$1");
  const ms = /^\d{1,15}(\.\d{1,6})?$/.test(exact) ? Number(exact) : RFC_3339.test(exact) ? Date.parse(exact) : NaN;
  return ms >= FIRST_MS && ms <= LAST_MS ? ms : null;
}
