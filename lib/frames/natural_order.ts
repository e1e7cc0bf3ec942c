/** The order in which people count: `2.jpg` before `10.jpg`. */

/**
 * Compares two names: runs of digits by their number, the rest by code units, and names which are the same but for
 * leading zeros by their code units. For `sort`.
 */
export function naturalOrder(a: string, b: string): number {
  const left = partsOf(a);
  const right = partsOf(b);
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const order = compareParts(left[index]!, right[index]!);
    if (order !== 0) return order;
  }
  return left.length - right.length || compareText(a, b);
}

/** Text and numbers, in turn. */
function partsOf(name: string): string[] {
  return name.match(/\d+|\D+/g) ?? [];
}

function compareParts(a: string, b: string): number {
  if (!isNumber(a) || !isNumber(b)) return compareText(a, b);
  const left = a.replace(/^0+/, "");
  const right = b.replace(/^0+/, "");
  // Of any length: a time in nanoseconds is more than a number holds.
  return left.length - right.length || compareText(left, right);
}

function isNumber(part: string): boolean {
  return part[0]! >= "0" && part[0]! <= "9";
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
