/** Lines out of bytes, with the place behind each, so that a reader can go on there. No input or output of its own. */
import { LIMITS } from "../config/limits.ts";

/** A line without its end, or why it is none. */
export interface SplitLine {
  /** 1 for the first. */
  readonly number: number;
  /** Where the next line begins, bytes. */
  readonly end: number;
  readonly text: string;
  /** Null when it is a text. */
  readonly problem: string | null;
}

const LF = 10;
const CR = 13;
/** Of the text or JSON of an event: what it has besides, the name of a source too, is in the limit of events. */
export const EVENT_TEXT_BYTES_MAX = LIMITS.eventBytesMax - 128 - LIMITS.sourceNameBytesMax;

export class LineSplitter {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #number = 0;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  readonly #isBeginning: boolean;
  #position: number;

  /** `position`: where the first of the bytes is in its file. */
  constructor(position = 0) {
    this.#isBeginning = position === 0;
    this.#position = position;
  }

  /** The lines which `bytes` complete; it does not keep them. */
  push(bytes: Uint8Array): SplitLine[] {
    const lines: SplitLine[] = [];
    const end = bytes.lastIndexOf(LF) + 1;
    let from = 0;
    // The one whose beginning came before.
    if (this.#bytes > 0 && end > 0) from = this.#endLine(bytes, from, lines);
    if (!this.#takeAscii(bytes.subarray(from, end), lines)) {
      while (from < end) from = this.#endLine(bytes, from, lines);
    }
    this.#add(bytes.subarray(end), true);
    return lines;
  }

  /** The last line, if it has no end. */
  finish(): SplitLine[] {
    return this.#bytes > 0 ? [this.#take()] : [];
  }

  /** The line which ends first behind `from`; where the next one begins. */
  #endLine(bytes: Uint8Array, from: number, lines: SplitLine[]): number {
    const at = bytes.indexOf(LF, from);
    this.#add(bytes.subarray(from, at));
    this.#position++;
    lines.push(this.#take());
    return at + 1;
  }

  /** Whole lines of ASCII, decoded at once: three times as fast. False for others, of which nothing is taken. */
  #takeAscii(bytes: Uint8Array, lines: SplitLine[]): boolean {
    let all: string;
    try {
      all = this.#decoder.decode(bytes);
    } catch {
      return false;
    }
    if (all.length !== bytes.length) return false;
    for (let from = 0; from < all.length;) {
      const at = all.indexOf("\n", from);
      const end = at > from && all.charCodeAt(at - 1) === CR ? at - 1 : at;
      const problem = at - from > EVENT_TEXT_BYTES_MAX ? tooLong(at - from) : null;
      this.#position += at + 1 - from;
      const text = problem === null ? all.slice(from, end) : "";
      lines.push({ number: ++this.#number, end: this.#position, text, problem });
      from = at + 1;
    }
    return true;
  }

  /** `isKept`: beyond this call. What is too long is counted, and not kept. */
  #add(bytes: Uint8Array, isKept = false): void {
    this.#bytes += bytes.length;
    this.#position += bytes.length;
    if (this.#bytes > EVENT_TEXT_BYTES_MAX) this.#pieces = [];
    else if (bytes.length > 0) this.#pieces.push(isKept ? bytes.slice() : bytes);
  }

  #take(): SplitLine {
    const place = { number: ++this.#number, end: this.#position };
    const [pieces, bytes] = [this.#pieces, this.#bytes];
    this.#pieces = [];
    this.#bytes = 0;
    if (bytes > EVENT_TEXT_BYTES_MAX) return { ...place, text: "", problem: tooLong(bytes) };
    try {
      const text = this.#decoder.decode(pieces.length === 1 ? pieces[0] : joined(pieces, bytes));
      // Some programs begin a file with a mark of its encoding.
      const bare = place.number === 1 && this.#isBeginning && text.startsWith("\ufeff") ? text.slice(1) : text;
      return { ...place, text: bare.endsWith("\r") ? bare.slice(0, -1) : bare, problem: null };
    } catch {
      return { ...place, text: "", problem: "It is not UTF-8" };
    }
  }
}

function tooLong(bytes: number): string {
  return `It must have <= ${EVENT_TEXT_BYTES_MAX} bytes: received ${bytes}`;
}

function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
