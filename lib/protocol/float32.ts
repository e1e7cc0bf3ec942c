/** Numbers which were 32 bits on the wire. Arithmetic only. */

/** The shortest decimal number which is the same with 32 bits: 61.2 for 61.20000076293945. Others are left as they are. */
export function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
