/** A part of a multipart stream. */
export interface MjpegPart {
  readonly headers: Headers;
  readonly jpeg: Uint8Array;
}

/** Reads `multipart/x-mixed-replace` as strictly as the most particular player does. */
export class MjpegReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #boundary: string;
  #held = new Uint8Array();
  #begun = false;

  constructor(response: Response) {
    const boundary = /^multipart\/x-mixed-replace; boundary=(\S+)$/.exec(response.headers.get("content-type") ?? "");
    if (boundary === null) throw new Error(`This is no MJPEG: ${response.headers.get("content-type")}`);
    this.#boundary = `--${boundary[1]}\r\n`;
    this.#reader = response.body!.getReader();
  }

  /** The next part; null at a clean end. @throws {Error} when anything but a part comes. */
  async next(): Promise<MjpegPart | null> {
    if (!this.#begun) {
      await this.#expect(this.#boundary);
      this.#begun = true;
    }
    const head = await this.#head();
    if (head === null) return null;
    const headers = new Headers(head.split("\r\n").map((line) => line.split(": ") as [string, string]));
    const jpeg = await this.#take(Number(headers.get("content-length")));
    // Behind the picture, so that it can be shown before there is another.
    await this.#expect(`\r\n${this.#boundary}`);
    return { headers, jpeg };
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }

  async #head(): Promise<string | null> {
    for (;;) {
      const text = new TextDecoder("latin1").decode(this.#held.subarray(0, 4096));
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        await this.#take(end + 4);
        return text.slice(0, end);
      }
      if (!await this.#more()) {
        if (this.#held.length === 0) return null;
        throw new Error("The stream ends inside of a part");
      }
    }
  }

  async #expect(text: string): Promise<void> {
    const found = new TextDecoder("latin1").decode(await this.#take(text.length));
    if (found !== text) throw new Error(`Expected ${JSON.stringify(text)}: received ${JSON.stringify(found)}`);
  }

  async #take(count: number): Promise<Uint8Array> {
    while (this.#held.length < count) if (!await this.#more()) throw new Error("The stream ends inside of a part");
    const taken = this.#held.slice(0, count);
    this.#held = this.#held.slice(count);
    return taken;
  }

  async #more(): Promise<boolean> {
    const { value } = await this.#reader.read();
    if (value === undefined) return false;
    const held = new Uint8Array(this.#held.length + value.length);
    held.set(this.#held);
    held.set(value, this.#held.length);
    this.#held = held;
    return true;
  }
}
