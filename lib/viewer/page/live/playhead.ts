/** Which time one looks at: now, or a recorded one, the same for all sources of the view. */
import { type Signal, signal } from "@preact/signals";
import { fetchNeighbour, type RecordedFrame, type SourceNames } from "./frame_api.ts";
import { RecordedTrack } from "./recorded_track.ts";

/** The playhead of a view of one or two sources. */
export class Playhead {
  readonly tracks: readonly RecordedTrack[];
  /** Null: live. */
  readonly atMs: Signal<number | null> = signal(null);
  /** Ends of what is to be exported, in any order; null while not chosen. */
  readonly startMs: Signal<number | null> = signal(null);
  readonly endMs: Signal<number | null> = signal(null);
  readonly #ending = new AbortController();
  #isStepping = false;

  constructor(sources: readonly SourceNames[]) {
    this.tracks = sources.map((source) => new RecordedTrack(source));
  }

  /** Shows what was recorded nearest to a time. */
  seek(ms: number): void {
    this.atMs.value = ms;
    for (const track of this.tracks) track.showNearest(ms);
  }

  /** Shows a recorded frame of the first source, and the others at its time. */
  show(frame: RecordedFrame, of = this.tracks[0]): void {
    this.atMs.value = frame.timeMs;
    for (const track of this.tracks) {
      if (track === of) track.showFrame(frame);
      else track.showNearest(frame.timeMs);
    }
  }

  /** Goes to the next frame of the first source, or the one before; from live to the newest that is recorded. */
  async step(direction: 1 | -1, nowMs: number): Promise<void> {
    const [first] = this.tracks;
    if (this.#isStepping || first === undefined) return;
    const frame = first.frame.peek();
    if (this.atMs.peek() === null || frame === null) {
      if (direction < 0) this.seek(this.atMs.peek() ?? nowMs);
      return;
    }
    this.#isStepping = true;
    try {
      const next = await fetchNeighbour(first.source, frame.id, direction, this.#ending.signal);
      if (next !== null) this.show(next);
    } catch {
      first.state.value = "failed";
    } finally {
      this.#isStepping = false;
    }
  }

  /** Back to what is sent now. */
  live(): void {
    this.atMs.value = null;
  }

  close(): void {
    this.#ending.abort();
    for (const track of this.tracks) track.close();
  }
}
