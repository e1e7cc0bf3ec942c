/** Round times for the axis of a chart, in the viewer's zone, and their words. Pure but for the zone. */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Steps of equal length, ms. */
const STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
];
const STEPS_DAYS = [1, 2, 3, 7, 14];
const STEPS_MONTHS = [1, 2, 3, 6, 12, 24];

/** Times between two others, at most about `countMax`. Days and months begin where the calendar says. */
export function timeMarks(fromMs: number, toMs: number, countMax: number): number[] {
  const spanMs = toMs - fromMs;
  const step = STEPS_MS.find((ms) => spanMs / ms <= countMax);
  if (step !== undefined) {
    const zoneMs = -new Date(toMs).getTimezoneOffset() * MINUTE_MS;
    const first = Math.ceil((fromMs + zoneMs) / step) * step - zoneMs;
    return upTo(toMs, (i) => first + i * step);
  }
  const start = new Date(fromMs);
  const [year, month, day] = [start.getFullYear(), start.getMonth(), start.getDate()];
  const days = STEPS_DAYS.find((count) => spanMs / (count * DAY_MS) <= countMax);
  const marks = days !== undefined
    ? upTo(toMs, (i) => new Date(year, month, day + i * days).getTime())
    : upTo(toMs, monthly(year, month, spanMs, countMax));
  return marks.filter((ms) => ms >= fromMs);
}

function monthly(year: number, month: number, spanMs: number, countMax: number): (index: number) => number {
  const months = STEPS_MONTHS.find((count) => spanMs / (count * 30 * DAY_MS) <= countMax) ?? STEPS_MONTHS.at(-1)!;
  const first = Math.floor(month / months) * months;
  return (i) => new Date(year, first + i * months, 1).getTime();
}

function upTo(toMs: number, at: (index: number) => number): number[] {
  const marks: number[] = [];
  for (let i = 0; at(i) <= toMs; i++) marks.push(at(i));
  return marks;
}

/** What stands below the marks: as much of date and time as they need; the day or year below where it begins. */
export function markWords(marks: readonly number[]): string[] {
  const stepMs = (marks[1] ?? 0) - (marks[0] ?? 0);
  let before = "";
  const below = (text: string, part: string, isFirstToo: boolean) => {
    const isNew = part !== before && (isFirstToo || before !== "");
    before = part;
    return isNew ? `${text}\n${part}` : text;
  };
  return marks.map((ms) => {
    const date = new Date(ms);
    if (stepMs >= 28 * DAY_MS) {
      return below(date.toLocaleDateString("en", { month: "short" }), String(date.getFullYear()), true);
    }
    const day = date.toLocaleDateString("en", { day: "numeric", month: "short" });
    return stepMs >= 23 * HOUR_MS ? day : below(timeWords(date, stepMs), day, false);
  });
}

function timeWords(date: Date, stepMs: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const seconds = stepMs < MINUTE_MS ? `:${two(date.getSeconds())}` : "";
  const fraction = stepMs < SECOND_MS ? `.${String(date.getMilliseconds()).padStart(3, "0")}` : "";
  return `${two(date.getHours())}:${two(date.getMinutes())}${seconds}${fraction}`;
}
