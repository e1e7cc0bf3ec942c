/** Lines out of bytes. No input or output of its own. */
import { FramewireError } from "../errors.ts";

export class LineParser {
  readonly #charactersMax: number;
  readonly #decoder = new TextDecoder();
  #rest = "";

  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax;
  }

  /** Takes the next bytes; the lines that they complete, but for empty ones. @throws {FramewireError} `MALFORMED`. */
  push(bytes: Uint8Array): string[] {
    const lines = this.#decoder.decode(bytes, { stream: true }).split("\n");
    lines[0] = this.#rest + lines[0]!;
    this.#rest = lines.pop()!;
    if (this.#rest.length > this.#charactersMax) {
      const text =
        `Cannot read line as it must have <= ${this.#charactersMax} characters: received ${this.#rest.length}`;
      throw new FramewireError("MALFORMED", text);
    }
    return lines.map((line) => line.trim()).filter((line) => line !== "");
  }
}
