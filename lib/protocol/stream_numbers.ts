/** The numbers of the streams of one connection: they rise over all kinds of streams. */
import { FramewireError } from "../errors.ts";

export class StreamNumbers {
  #highest = 0;

  /** Takes a number for a new stream. @throws {FramewireError} `UNEXPECTED_MESSAGE` unless it is above all before it. */
  open(stream: number): void {
    if (stream <= this.#highest) {
      throw new FramewireError("UNEXPECTED_MESSAGE", `Cannot open stream ${stream} again`);
    }
    this.#highest = stream;
  }

  /** Whether there may have been such a stream; what belongs to it may have been on its way when it ended. */
  mayHaveEnded(stream: number): boolean {
    return stream > 0 && stream <= this.#highest;
  }
}
