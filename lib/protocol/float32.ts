/** Numbers which were 32 bits on the wire. Arithmetic only. */

/**
 * The shortest decimal number which is the same with 32 bits: 61.2 for 61.20000076293945. Whole numbers, and those which were
 * no 32 bits, are left as they are.
 */
export function shortestFloat(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

/** Digits that 32 bits keep of most numbers. */
const DIGITS = 7;

/** Whether all of these were 32 bits, and some of them show it: 61.20000076293945. Whole numbers alone do not. */
export function wereFloats(values: readonly number[]): boolean {
  return values.every((value) => Math.fround(value) === value) &&
    values.some((value) => shortestFloat(value) !== value);
}

/**
 * The mean of numbers from `min` to `max` which were 32 bits, without what these made of them: 21.3 for 21.299999237060547.
 * Its last place is that of the largest of them, as a mean near 0 is no more exact than they are.
 */
export function shortMean(mean: number, min: number, max: number): number {
  const whole = Math.floor(Math.log10(Math.max(Math.abs(min), Math.abs(max)))) + 1;
  const short = Number(mean.toFixed(Math.min(100, Math.max(0, DIGITS - whole))));
  return Math.min(max, Math.max(min, short));
}
