/** What `/api/events` answers, as text: free objects stay letter by letter, as numbers of JavaScript would change them. Pure. */

const TOKEN = /"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+/g;
/** Members of an event, below the answer and its list. */
const EVENT_DEPTH = 3;

/** The text of the member `json` of each event of an answer, in their order; null for those which have none. */
export function jsonTexts(answer: string): (string | null)[] {
  const texts: (string | null)[] = [];
  let depth = 0;
  let start: number | null = null;
  let before = "";
  let key = "";
  for (const match of answer.matchAll(TOKEN)) {
    const token = match[0];
    const isEnd = depth === EVENT_DEPTH && (token === "," || token === "}");
    if (isEnd && start !== null) {
      const text = answer.slice(start, match.index).trim();
      texts[texts.length - 1] = text === "null" ? null : text;
      start = null;
    }
    if (token === "{" && depth === EVENT_DEPTH - 1) texts.push(null);
    if (token === ":" && depth === EVENT_DEPTH) {
      key = before;
      if (key === '"json"') start = match.index + 1;
    }
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    before = token;
  }
  return texts;
}
