/** The order in which people count: `2.jpg` before `10.jpg`. */

/**
 * Compares two names: runs of digits by their number, the rest by code units, and names which are the same but for
 * leading zeros by their code units. For `sort`.
 */
export function naturalOrder(a: string, b: string): number {
  let left = 0;
  let right = 0;
  while (left < a.length && right < b.length) {
    const numberLeft = digitsAt(a, left);
    const numberRight = digitsAt(b, right);
    const bothNumbers = numberLeft !== "" && numberRight !== "";
    const order = bothNumbers ? compareNumbers(numberLeft, numberRight) : compareText(a[left]!, b[right]!);
    if (order !== 0) return order;
    left += bothNumbers ? numberLeft.length : 1;
    right += bothNumbers ? numberRight.length : 1;
  }
  return (a.length - left) - (b.length - right) || compareText(a, b);
}

function digitsAt(name: string, at: number): string {
  let end = at;
  while (name[end]! >= "0" && name[end]! <= "9") end++;
  return name.slice(at, end);
}

/** Of any length: a time in nanoseconds is more than a number holds. */
function compareNumbers(a: string, b: string): number {
  const left = a.replace(/^0+/, "");
  const right = b.replace(/^0+/, "");
  return left.length - right.length || compareText(left, right);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
