/**
 * Whose turn it is: frames of many sources wait for few analysers. Sources take turns, so that none starves another;
 * what is too much is skipped, where most is waiting. Tables alone: nothing is awaited here.
 */

/** A frame which waits. */
export interface Waiting<T> {
  readonly source: string;
  /** Size of its picture. */
  readonly bytes: number;
  readonly item: T;
}

/** Bounds of what waits. */
export interface SchedulerBounds {
  /** Of all sources. */
  readonly bytesMax: number;
  /** Of one patient source. */
  readonly framesPerSourceMax: number;
}

export class Scheduler<T> {
  readonly #bounds: SchedulerBounds;
  /** Sources with waiting frames, whose turn is next first. */
  readonly #queues = new Map<string, Waiting<T>[]>();
  #frames = 0;
  #bytes = 0;

  constructor(bounds: SchedulerBounds) {
    this.#bounds = bounds;
  }

  /** Frames which wait. */
  get frames(): number {
    return this.#frames;
  }

  /** Their bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Puts a frame behind those of its source, or, if it is not patient, into their place. Returns what is skipped for it:
   * it may be among them.
   */
  add(waiting: Waiting<T>, patient: boolean): Waiting<T>[] {
    const skipped: Waiting<T>[] = [];
    const queued = this.#queues.get(waiting.source)?.length ?? 0;
    if (patient) {
      if (queued >= this.#bounds.framesPerSourceMax) return [waiting];
      this.#push(waiting);
    } else {
      this.#push(waiting);
      // In place, so that its source keeps its turn.
      for (let count = queued; count > 0; count--) skipped.push(this.#remove(waiting.source, 0));
    }
    while (this.#bytes > this.#bounds.bytesMax) skipped.push(this.#removeNewest(this.#largest() ?? waiting.source));
    return skipped;
  }

  /** The next frame, in turns of the sources; undefined when none waits. */
  take(): Waiting<T> | undefined {
    const [source] = this.#queues.keys();
    if (source === undefined) return undefined;
    const queue = this.#queues.get(source)!;
    const first = this.#remove(source, 0);
    // Behind all the others, if it has more.
    if (this.#queues.delete(source)) this.#queues.set(source, queue);
    return first;
  }

  /** Takes all that waits. */
  clear(): Waiting<T>[] {
    const all = [...this.#queues.values()].flat();
    this.#queues.clear();
    this.#frames = 0;
    this.#bytes = 0;
    return all;
  }

  #push(waiting: Waiting<T>): void {
    const queue = this.#queues.get(waiting.source);
    if (queue === undefined) this.#queues.set(waiting.source, [waiting]);
    else queue.push(waiting);
    this.#frames++;
    this.#bytes += waiting.bytes;
  }

  #remove(source: string, at: number): Waiting<T> {
    const queue = this.#queues.get(source)!;
    const [removed] = queue.splice(at, 1) as [Waiting<T>];
    if (queue.length === 0) this.#queues.delete(source);
    this.#frames--;
    this.#bytes -= removed.bytes;
    return removed;
  }

  #removeNewest(source: string): Waiting<T> {
    return this.#remove(source, this.#queues.get(source)!.length - 1);
  }

  /** The source whose frames have most bytes, among those with several: the one frame of another is its turn. */
  #largest(): string | undefined {
    let [largest, most]: [string | undefined, number] = [undefined, -1];
    for (const [source, queue] of this.#queues) {
      const bytes = queue.reduce((sum, waiting) => sum + waiting.bytes, 0);
      if (queue.length > 1 && bytes > most) [largest, most] = [source, bytes];
    }
    return largest;
  }
}
