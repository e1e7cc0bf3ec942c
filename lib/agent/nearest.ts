/** Which of a few words was meant. */

/** The word nearest to `text` by single changes of letters; undefined when none is near. */
export function nearest(text: string, words: readonly string[]): string | undefined {
  const sorted = words.map((word) => ({ word, changes: distance(text.toLowerCase(), word) }))
    .sort((a, b) => a.changes - b.changes);
  const [best] = sorted;
  return best !== undefined && best.changes <= Math.max(1, Math.floor(text.length / 2)) ? best.word : undefined;
}

/** Letters to add, take away or replace (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
