/// <reference lib="dom" />
/**
 * The pictures of one source on their way to the screen. They never go through signals: a message is decoded into an
 * ImageBitmap, which is drawn from here. Who owns what: a bitmap belongs to its feed, which closes it when a newer one takes
 * its place, or nobody listens any more.
 */
import type { PictureHeader } from "../../page_messages.ts";
import type { ReceivedPicture } from "./picture_message.ts";
import { ResultBook } from "./result_book.ts";
import { StreamMeter } from "./stream_meter.ts";

/** A decoded picture, valid until the feed tells of a newer one. */
export interface Picture {
  readonly header: PictureHeader;
  readonly timeMs: number;
  readonly bitmap: ImageBitmap;
}

/** Pictures of one source. */
export class PictureFeed {
  readonly meter = new StreamMeter();
  readonly results = new ResultBook();
  /** Pictures which are no JPEGs that this browser reads. */
  broken = 0;
  /** Depth that each listener asked for. */
  readonly #listeners = new Map<() => void, number>();
  #kept: Picture[] = [];
  #waiting: ReceivedPicture | null = null;
  #isDecoding = false;

  /** Whether anybody wants its pictures. */
  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  get newest(): Picture | null {
    return this.#kept.at(-1) ?? null;
  }

  /** The last pictures, oldest first: as many as the listener with the largest depth asked for. */
  get kept(): readonly Picture[] {
    return this.#kept;
  }

  /** Calls `listener` after each picture and result, and keeps the last `depth` pictures; the returned function ends that. */
  listen(listener: () => void, depth = 1): () => void {
    this.#listeners.set(listener, depth);
    return () => {
      this.#listeners.delete(listener);
      this.#closeDownTo(this.#depth());
      if (this.isWatched) return;
      this.#waiting = null;
      this.meter.pause();
    };
  }

  /** Takes a picture that has arrived; when one is being decoded, only the newest waits for its turn. */
  take(received: ReceivedPicture): void {
    if (!this.isWatched) return;
    this.meter.arrived(received.header, performance.now());
    this.results.notePicture(received.header);
    if (this.#waiting !== null) this.meter.missed++;
    this.#waiting = received;
    void this.#decode();
  }

  /** A result has been noted. */
  tell(): void {
    for (const listener of this.#listeners.keys()) listener();
  }

  async #decode(): Promise<void> {
    if (this.#isDecoding) return;
    this.#isDecoding = true;
    while (this.#waiting !== null) {
      const { header, jpeg } = this.#waiting;
      this.#waiting = null;
      try {
        const bitmap = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
        this.#keep({ header, timeMs: header.timeMs, bitmap });
      } catch {
        this.broken++;
      }
    }
    this.#isDecoding = false;
  }

  #keep(picture: Picture): void {
    this.#kept.push(picture);
    this.#closeDownTo(this.#depth());
    this.tell();
  }

  #depth(): number {
    return Math.max(0, ...this.#listeners.values());
  }

  #closeDownTo(count: number): void {
    while (this.#kept.length > count) this.#kept.shift()!.bitmap.close();
  }
}
