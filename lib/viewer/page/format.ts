/** Numbers and times as people read them. */

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/**
 * A name given by a box, as it may be shown: characters that no one sees, and those that turn the direction of writing
 * (`\u202e` makes `gnp.exe` of `exe.png`), become `�`.
 */
export function visibleName(name: string): string {
  // deno-lint-ignore no-control-regex -- these are what is looked for
  return name.replace(/[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2028\u2029\u2060-\u206f\ufeff]/g, "�");
}

/** Bytes in decimal units with three digits: `12.4 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** A whole percentage, rounded down: 100 % is said of nothing that is not complete. */
export function formatPercent(part: number, whole: number): string {
  return `${whole === 0 ? 100 : Math.floor(part / whole * 100)} %`;
}

/** Seconds roughly, as `8 s`, `3 min`, `2 h 5 min`, `4 d`. */
export function formatDuration(seconds: number): string {
  if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d`;
}

/** How long ago `ms` was: `just now`, `3 min ago`. */
export function formatAge(ms: number, nowMs: number): string {
  const seconds = (nowMs - ms) / 1000;
  return seconds < 10 ? "just now" : `${formatDuration(seconds)} ago`;
}

/** Time of day in the viewer's zone, with the day in front when it is not today. */
export function formatTime(ms: number, nowMs: number, withSeconds = false): string {
  const date = new Date(ms);
  const time = [date.getHours(), date.getMinutes(), ...(withSeconds ? [date.getSeconds()] : [])]
    .map((part) => String(part).padStart(2, "0")).join(":");
  if (date.toDateString() === new Date(nowMs).toDateString()) return time;
  return `${date.toLocaleDateString(undefined, { day: "numeric", month: "short" })} ${time}`;
}
