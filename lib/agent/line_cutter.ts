/** Lines out of bytes, with the place behind each: so that a reader can go on there. No input or output of its own. */

/** A line without its end. */
export interface CutLine {
  readonly text: string;
  /** Where the next line begins: bytes since the cutter began. */
  readonly end: number;
  /** It was longer than a line may be; its text is empty. */
  readonly isTooLong: boolean;
}

const LF = 10;
const CR = 13;

export class LineCutter {
  readonly #bytesMax: number;
  readonly #decoder = new TextDecoder();
  #pieces: Uint8Array[] = [];
  #held = 0;
  #isTooLong = false;
  #position: number;

  /** `position`: of the first byte, for places. */
  constructor(bytesMax: number, position = 0) {
    this.#bytesMax = bytesMax;
    this.#position = position;
  }

  /** Whether something waits for its end of line. */
  get hasRest(): boolean {
    return this.#held > 0 || this.#isTooLong;
  }

  /** Takes the next bytes, which it does not keep; the lines that they complete, empty ones too. */
  push(bytes: Uint8Array): CutLine[] {
    const lines: CutLine[] = [];
    let from = 0;
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, from)) {
      this.#hold(bytes.subarray(from, at));
      this.#position += at + 1 - from;
      from = at + 1;
      lines.push(this.#line());
    }
    this.#hold(bytes.subarray(from));
    this.#position += bytes.length - from;
    return lines;
  }

  /** The last line, if it has no end; nothing when there is none. */
  finish(): CutLine[] {
    return this.hasRest ? [this.#line()] : [];
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#isTooLong) return;
    if (this.#held + bytes.length > this.#bytesMax) {
      this.#isTooLong = true;
      this.#pieces = [];
      this.#held = 0;
      return;
    }
    this.#pieces.push(bytes.slice());
    this.#held += bytes.length;
  }

  #line(): CutLine {
    if (!this.hasRest) return { text: "", end: this.#position, isTooLong: false };
    const whole = new Uint8Array(this.#held);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    const text = this.#decoder.decode(whole.at(-1) === CR ? whole.subarray(0, -1) : whole);
    const line = { text, end: this.#position, isTooLong: this.#isTooLong };
    this.#pieces = [];
    this.#held = 0;
    this.#isTooLong = false;
    return line;
  }
}
