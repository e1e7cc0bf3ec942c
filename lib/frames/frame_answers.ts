/** Brings together what comes in any order: that a picture is stored, and its result. */

/** A picture which is safe. */
export interface AnsweredFrame {
  readonly sequence: number;
  readonly name: string | null;
  /** From its write to the ack that it is stored, ms. */
  readonly ackMs: number;
  /** A JSON object; null when the server gave none. */
  readonly result: string | null;
}

/** Stored pictures which wait for their result, and results which came before that; a server may never give one. */
const WAITING_MAX = 1_024;

export class FrameAnswers {
  readonly #tell: (frame: AnsweredFrame) => void;
  readonly #stored = new Map<number, Omit<AnsweredFrame, "result">>();
  readonly #results = new Map<number, string>();
  #common = "";

  constructor(tell: (frame: AnsweredFrame) => void) {
    this.#tell = tell;
  }

  /** From now on every picture has this result, and nobody waits for it, but for those which have one; empty: each its own. */
  set common(json: string) {
    this.#common = json;
    if (json === "") return;
    for (const sequence of [...this.#stored.keys()]) this.result(sequence, json);
  }

  stored(frame: Omit<AnsweredFrame, "result">): void {
    const result = this.#results.get(frame.sequence);
    if (result !== undefined) {
      this.#results.delete(frame.sequence);
      return this.#tell({ ...frame, result });
    }
    if (this.#common !== "") return this.#tell({ ...frame, result: this.#common });
    this.#stored.set(frame.sequence, frame);
    if (this.#stored.size > WAITING_MAX) this.#giveUpFirst();
  }

  result(sequence: number, json: string): void {
    const frame = this.#stored.get(sequence);
    if (frame !== undefined) {
      this.#stored.delete(sequence);
      return this.#tell({ ...frame, result: json });
    }
    this.#results.set(sequence, json);
    if (this.#results.size > WAITING_MAX) this.#results.delete(this.#results.keys().next().value!);
  }

  /** No more results will come. */
  flush(): void {
    while (this.#stored.size > 0) this.#giveUpFirst();
    this.#results.clear();
  }

  #giveUpFirst(): void {
    const [sequence, frame] = this.#stored.entries().next().value!;
    this.#stored.delete(sequence);
    this.#tell({ ...frame, result: null });
  }
}
