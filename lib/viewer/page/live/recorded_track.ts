/// <reference lib="dom" />
/** The recorded picture of one source at the time that was asked for last. */
import { type Signal, signal } from "@preact/signals";
import { fetchNearest, fetchPicture, type RecordedFrame, type SourceNames } from "./frame_api.ts";
import type { Layer } from "./painter.ts";

type Wish = { readonly timeMs: number } | { readonly frame: RecordedFrame };

/** One at a time is loaded; of those which are asked for meanwhile only the last counts. Owns its bitmap. */
export class RecordedTrack {
  readonly source: SourceNames;
  /** The frame whose picture is shown. */
  readonly frame: Signal<RecordedFrame | null> = signal(null);
  /** `none`: nothing is recorded. `gone`: it was, and is removed. */
  readonly state: Signal<"idle" | "loading" | "shown" | "none" | "gone" | "failed"> = signal("idle");
  readonly #ending = new AbortController();
  readonly #listeners = new Set<() => void>();
  #bitmap: ImageBitmap | null = null;
  #wish: Wish | null = null;
  #isLoading = false;

  constructor(source: SourceNames) {
    this.source = source;
  }

  /** Shows the frame nearest to a time. */
  showNearest(timeMs: number): void {
    this.#wish = { timeMs };
    void this.#load();
  }

  /** Shows a frame that is known already. */
  showFrame(frame: RecordedFrame): void {
    this.#wish = { frame };
    void this.#load();
  }

  /** Calls `changed` when there is another picture. */
  listen(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  layers(opacity = 1): Layer[] {
    if (this.#bitmap === null) return [];
    const result = this.frame.peek()?.result ?? null;
    return [{ bitmap: this.#bitmap, boxes: result?.boxes ?? [], isDefect: result?.result === "defect", opacity }];
  }

  /** Frees the picture; what is on the way does not come any more. */
  close(): void {
    this.#ending.abort();
    this.#wish = null;
    this.#bitmap?.close();
    this.#bitmap = null;
  }

  async #load(): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    while (this.#wish !== null) {
      const wish = this.#wish;
      this.#wish = null;
      this.state.value = "loading";
      try {
        this.state.value = await this.#show(wish);
      } catch {
        this.state.value = "failed";
      }
    }
    this.#isLoading = false;
  }

  async #show(wish: Wish): Promise<"shown" | "none" | "gone"> {
    const { signal } = this.#ending;
    const frame = "frame" in wish ? wish.frame : await fetchNearest(this.source, wish.timeMs, signal);
    if (frame === null) return "none";
    if (frame.id !== this.frame.peek()?.id || this.#bitmap === null) {
      const bitmap = await fetchPicture(frame.id, signal);
      if (bitmap === null) return "gone";
      if (signal.aborted) {
        bitmap.close();
        return "gone";
      }
      this.#bitmap?.close();
      this.#bitmap = bitmap;
    }
    this.frame.value = frame;
    for (const listener of this.#listeners) listener();
    return "shown";
  }
}
