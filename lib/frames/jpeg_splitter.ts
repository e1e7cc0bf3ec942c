/**
 * Single JPEGs out of a stream of them, by their markers (ITU-T T.81, annex B): a thumbnail inside of an APP segment, or
 * two bytes in a picture's data which look like an end, end nothing. No input or output of its own.
 */

const MARK = 0xff;
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const TEM = 0x01;

/** Room that the first picture finds, bytes; it doubles as needed. */
const ROOM_BYTES = 64 * 1024;

/**
 * - `between`: looks for a start. - `start`: the FF of one was seen. - `marker`: an FF must come. - `code`: the byte behind it.
 * - `length`, `length2`: the two bytes of a segment's length. - `segment`: the rest of it. - `data`: entropy-coded data.
 * - `dataCode`: the byte behind an FF in it.
 */
type State = "between" | "start" | "marker" | "code" | "length" | "length2" | "segment" | "data" | "dataCode";

export class JpegSplitter {
  readonly #bytesMax: number;
  #state: State = "between";
  #code = 0;
  /** Bytes of the segment which are to come. */
  #left = 0;
  #hasData = false;
  /** The picture so far; the bytes behind `#length` are nobody's. */
  #room = new Uint8Array(0);
  #length = 0;
  /** The picture so far was larger than allowed, and is let go of; its end is looked for. */
  #isTooLarge = false;
  /** Bytes up to now which belonged to no picture, or to one which was cut. */
  rubbishBytes = 0;
  /** Whole pictures up to now which were larger than allowed. */
  tooLarge = 0;

  /** Pictures of more than `bytesMax` are left out, and never held in memory. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Takes the next bytes of the stream, which stay the caller's; the pictures which they complete, each a copy. */
  push(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const pictures: Uint8Array<ArrayBuffer>[] = [];
    // Where the bytes begin which belong to the picture, and were not copied yet.
    let from = 0;
    for (let at = 0; at < bytes.length;) {
      switch (this.#state) {
        case "between": {
          const found = bytes.indexOf(MARK, at);
          const end = found < 0 ? bytes.length : found;
          this.rubbishBytes += end - at;
          at = end;
          if (found >= 0) {
            at++;
            this.#state = "start";
          }
          continue;
        }
        case "segment": {
          const count = Math.min(this.#left, bytes.length - at);
          at += count;
          this.#left -= count;
          if (this.#left === 0) this.#state = this.#code === SOS ? "data" : "marker";
          continue;
        }
        case "data": {
          const found = bytes.indexOf(MARK, at);
          at = found < 0 ? bytes.length : found + 1;
          if (found >= 0) this.#state = "dataCode";
          continue;
        }
      }
      const byte = bytes[at++]!;
      const step = this.#step(byte);
      if (step === "begun") from = at;
      else if (step === "begunAnew") {
        this.rubbishBytes += this.#length + (at - 2 - from);
        this.#begin();
        from = at;
      } else if (step === "ended") {
        this.#copy(bytes, from, at);
        if (this.#isTooLarge) this.tooLarge++;
        else pictures.push(this.#room.slice(0, this.#length));
      } else if (step === "broken") {
        this.rubbishBytes += this.#length + (at - from);
        this.#state = byte === MARK ? "start" : "between";
        if (byte === MARK) this.rubbishBytes--;
      }
    }
    if (this.#isInside) this.#copy(bytes, from, bytes.length);
    return pictures;
  }

  get #isInside(): boolean {
    return this.#state !== "between" && this.#state !== "start";
  }

  /** One byte of a state which looks at single bytes. */
  #step(byte: number): "more" | "begun" | "begunAnew" | "ended" | "broken" {
    switch (this.#state) {
      case "start":
        if (byte === SOI) {
          this.#begin();
          return "begun";
        }
        this.rubbishBytes += byte === MARK ? 1 : 2;
        if (byte !== MARK) this.#state = "between";
        return "more";
      case "marker":
        if (byte !== MARK) return "broken";
        this.#state = "code";
        return "more";
      case "code":
        return this.#marker(byte);
      case "length":
        this.#left = byte << 8;
        this.#state = "length2";
        return "more";
      case "length2":
        // The length counts its own two bytes.
        this.#left += byte - 2;
        if (this.#left < 0) return "broken";
        this.#state = this.#left > 0 ? "segment" : this.#code === SOS ? "data" : "marker";
        return "more";
      case "dataCode":
        // FF00 is a byte FF; FFD0 to FFD7 are restarts; further FFs are filling.
        if (byte === MARK) return "more";
        if (byte === 0 || isRestart(byte)) {
          this.#state = "data";
          return "more";
        }
        return this.#marker(byte);
      default:
        return "more";
    }
  }

  /** The code of a marker: what it is followed by. */
  #marker(code: number): "more" | "begunAnew" | "ended" | "broken" {
    if (code === MARK) return "more";
    if (code === SOI) return "begunAnew";
    if (code === EOI) {
      if (!this.#hasData) return "broken";
      this.#state = "between";
      return "ended";
    }
    if (code === 0) return "broken";
    this.#code = code;
    if (code === SOS) this.#hasData = true;
    this.#state = code === TEM || isRestart(code) ? "marker" : "length";
    return "more";
  }

  #begin(): void {
    this.#state = "marker";
    this.#hasData = false;
    this.#isTooLarge = false;
    this.#length = 0;
    if (this.#room.length === 0) this.#room = new Uint8Array(ROOM_BYTES);
    this.#room[0] = MARK;
    this.#room[1] = SOI;
    this.#length = 2;
  }

  #copy(bytes: Uint8Array, from: number, to: number): void {
    const length = this.#length + to - from;
    if (length > this.#bytesMax) this.#isTooLarge = true;
    if (!this.#isTooLarge) {
      if (length > this.#room.length) {
        const room = new Uint8Array(
          Math.min(Math.max(this.#room.length * 2, length), Math.max(this.#bytesMax, length)),
        );
        room.set(this.#room.subarray(0, this.#length));
        this.#room = room;
      }
      this.#room.set(bytes.subarray(from, to), this.#length);
    }
    this.#length = length;
  }
}

function isRestart(code: number): boolean {
  return code >= 0xd0 && code <= 0xd7;
}
