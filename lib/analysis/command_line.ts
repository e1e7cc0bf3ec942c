/** The command of `--analyzer` as program and arguments: words, and quotes around those with spaces. No shell reads it. */
import { usage } from "../config/values.ts";

/** A program and its arguments. */
export interface CommandWords {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * Takes a command apart. Backslashes are plain characters: Windows has them in its paths.
 *
 * @example `python3 "my detector.py" --fast`
 * @throws {FramewireError} `USAGE` for no word at all, or a quote which is not closed.
 */
export function parseCommandLine(name: string, text: string): CommandWords {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (const character of text) {
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  if (quote !== undefined) throw usage(name, `a command whose quotes are closed`, text);
  if (word !== undefined) words.push(word);
  const [program, ...args] = words;
  if (program === undefined || program === "") throw usage(name, 'a command such as "python3 detect.py"', text);
  return { program, args };
}
