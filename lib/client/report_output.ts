/** Where reports go: results to standard output, lines that redraw themselves and the rest to standard error. */
import type { Program } from "../platform/program.ts";

export class ReportOutput {
  readonly #program: Program;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  /** Lines of the status which stands at the end of the terminal. */
  #shown = 0;

  constructor(program: Program, options: { json: boolean; quiet: boolean }) {
    this.#program = program;
    this.isJson = options.json;
    this.isQuiet = options.quiet;
  }

  /** Width of the terminal in columns; 0 when there is none. */
  columns(): number {
    return this.#program.terminalColumns();
  }

  /** One JSON object as a line of standard output. */
  object(value: object): void {
    this.#program.printLine(JSON.stringify(value));
  }

  /** A result for a person. */
  result(text: string): void {
    this.clear();
    this.#program.printLine(text);
  }

  /** Something a person may want to know. */
  say(text: string): void {
    if (this.isQuiet) return;
    this.error(text);
  }

  /** Something a person must know. */
  error(text: string): void {
    this.clear();
    this.#program.printError(`${text}\n`);
  }

  /** Status lines: on a terminal in the place of those before, without one below them. */
  status(lines: readonly string[]): void {
    if (this.isQuiet || lines.length === 0) return;
    if (this.columns() === 0) return this.#program.printError(`${lines.join("\n")}\n`);
    this.#program.printError(`${this.#erasing()}${lines.join("\n")}`);
    this.#shown = lines.length;
  }

  /** Takes the status lines of the terminal away. */
  clear(): void {
    if (this.#shown > 0) this.#program.printError(this.#erasing());
    this.#shown = 0;
  }

  #erasing(): string {
    return `\r\x1b[K${"\x1b[1A\x1b[K".repeat(Math.max(0, this.#shown - 1))}`;
  }
}
