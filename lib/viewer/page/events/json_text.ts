/** JSON as people read it. Pure: it never becomes numbers of JavaScript, which would change integers above 2^53. */

/** Strings, numbers and words stay letter by letter; `[]{},:` stand for themselves. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+/g;
const INDENT = "  ";

/** The same JSON with one member a line. */
export function unfolded(json: string): string {
  const tokens = json.match(TOKEN) ?? [];
  let depth = 0;
  let text = "";
  const newLine = () => "\n" + INDENT.repeat(depth);
  tokens.forEach((token, i) => {
    if (token === "{" || token === "[") {
      depth++;
      const isEmpty = tokens[i + 1] === (token === "{" ? "}" : "]");
      text += isEmpty ? token : token + newLine();
    } else if (token === "}" || token === "]") {
      depth = Math.max(0, depth - 1);
      const isEmpty = tokens[i - 1] === (token === "}" ? "{" : "[");
      text += isEmpty ? token : newLine() + token;
    } else if (token === ",") text += token + newLine();
    else if (token === ":") text += ": ";
    else text += token;
  });
  return text;
}

/** The same JSON in one line: `{"a": 1, "b": [2]}`. */
export function folded(json: string): string {
  return (json.match(TOKEN) ?? []).map((token) => token === "," || token === ":" ? `${token} ` : token).join("");
}
