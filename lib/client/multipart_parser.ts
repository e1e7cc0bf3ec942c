/**
 * Parts out of a stream of `multipart/x-mixed-replace`, each with a `Content-Length`, as Framewire's server and most
 * cameras send them. No input or output of its own; nothing is held but the part that is arriving.
 */
import { FramewireError } from "../errors.ts";

/** One part. */
export interface MultipartPart {
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** The reader's own. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Headers of one part, and what is between two; bytes. */
const HEAD_BYTES_MAX = 16 * 1024;
const LF = 0x0a;
const decoder = new TextDecoder();

export class MultipartParser {
  readonly #boundary: string;
  readonly #bodyBytesMax: number;
  #state: "boundary" | "headers" | "body" | "ended" = "boundary";
  /** The line that is arriving. */
  #line = "";
  /** Bytes since the last body. */
  #headBytes = 0;
  #headers = new Map<string, string>();
  #body = new Uint8Array(0);
  #filled = 0;

  /**
   * @param contentType of the whole answer.
   * @throws {FramewireError} `MALFORMED` when it is none of several parts.
   */
  constructor(contentType: string, bodyBytesMax: number) {
    const boundary = /^multipart\/[\w-]+\s*;(?:.*;)?\s*boundary="?([^";]+)"?/i.exec(contentType)?.[1]?.trim();
    if (boundary === undefined) {
      throw malformed("the stream", "a multipart type with a boundary", JSON.stringify(contentType));
    }
    // Some senders put the dashes into the header.
    this.#boundary = boundary.replace(/^--/, "");
    this.#bodyBytesMax = bodyBytesMax;
  }

  /** Whether its last boundary was seen. */
  get hasEnded(): boolean {
    return this.#state === "ended";
  }

  /** Whether it may end here without anything being cut off. */
  get isBetweenParts(): boolean {
    return this.#state !== "body" && this.#headers.size === 0;
  }

  /** Takes the next bytes, which stay the caller's; the parts that they complete. @throws {FramewireError} `MALFORMED`. */
  push(bytes: Uint8Array): MultipartPart[] {
    const parts: MultipartPart[] = [];
    for (let at = 0; at < bytes.length && this.#state !== "ended";) {
      if (this.#state === "body") {
        const count = Math.min(this.#body.length - this.#filled, bytes.length - at);
        this.#body.set(bytes.subarray(at, at + count), this.#filled);
        this.#filled += count;
        at += count;
      } else {
        const found = bytes.indexOf(LF, at);
        const end = found < 0 ? bytes.length : found + 1;
        this.#headBytes += end - at;
        if (this.#headBytes > HEAD_BYTES_MAX) {
          throw malformed("the head of a part", `<= ${HEAD_BYTES_MAX} bytes`, String(this.#headBytes));
        }
        this.#line += decoder.decode(bytes.subarray(at, end));
        at = end;
        if (found < 0) break;
        const line = this.#line.trimEnd();
        this.#line = "";
        this.#takeLine(line);
      }
      if (this.#state === "body" && this.#filled === this.#body.length) {
        parts.push({ headers: this.#headers, body: this.#body });
        this.#begin("boundary");
      }
    }
    return parts;
  }

  #takeLine(line: string): void {
    if (this.#state === "boundary") {
      if (line === `--${this.#boundary}--`) this.#state = "ended";
      else if (line === `--${this.#boundary}`) this.#begin("headers");
      else if (line !== "") throw malformed("a part", `followed by --${this.#boundary}`, JSON.stringify(line));
      return;
    }
    if (line !== "") {
      const colon = line.indexOf(":");
      if (colon < 1) throw malformed("a header", "NAME: VALUE", JSON.stringify(line));
      this.#headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
      return;
    }
    const length = this.#headers.get("content-length") ?? "none";
    if (!/^\d+$/.test(length) || Number(length) > this.#bodyBytesMax) {
      throw malformed("a part", `of Content-Length <= ${this.#bodyBytesMax}`, length);
    }
    this.#body = new Uint8Array(Number(length));
    this.#filled = 0;
    this.#state = "body";
  }

  #begin(state: "boundary" | "headers"): void {
    this.#state = state;
    this.#headers = new Map();
    this.#headBytes = 0;
  }
}

function malformed(what: string, allowed: string, received: string): FramewireError {
  return new FramewireError("MALFORMED", `Cannot read ${what} as it must be ${allowed}: received ${received}`);
}
