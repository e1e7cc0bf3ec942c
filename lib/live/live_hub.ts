/**
 * The newest picture of each source, for anyone who watches. The one who publishes waits for nobody: each viewer has a
 * place of its own in what is kept, finds the newest there when it comes by, and is told how many it missed.
 */
import type { Clock } from "../platform/clock.ts";
import type { AnalysisResult, Frame, SourceKey } from "../protocol/frame.ts";
import type { DropReason, SourceKind } from "../protocol/message.ts";
import type { FeedReader } from "./feed.ts";
import { LiveChannel, type LiveResult, type LiveState } from "./live_channel.ts";

/** Sources which nobody sends any more, and which are remembered with their last picture. */
const CLOSED_MAX = 1_024;
/** Bytes of their last pictures. */
const CLOSED_BYTES_MAX = 64 * 1024 * 1024;

/** Where the frames of a source are put while a box sends it: `LiveSource` of the receiving side, which is no import from here. */
export interface LiveInlet {
  /** A frame has arrived; nobody is waited for. */
  publish(frame: Frame): void;
  /** The frame of this run and sequence was analysed. */
  publishResult(run: string, sequence: number, result: AnalysisResult): void;
  /** The frame of this run and sequence is durable as frame `id` of the catalog. */
  publishStored(run: string, sequence: number, id: number): void;
  /** Frames will never come; a count of 0 is "nobody knows". */
  publishDrop(reason: DropReason, count: number): void;
  /** The box has ended it (`stopped`), or is gone (`offline`). May be called again. */
  close(reason: "stopped" | "offline"): void;
}

/** A source at one instant, as far as the live view knows it. */
export interface LiveFigures extends SourceKey {
  readonly kind: SourceKind;
  readonly state: LiveState;
  /** Frames a second over the last seconds; 0 unless live. */
  readonly fps: number;
  readonly bytesPerSecond: number;
  /** `timeMs` of the newest frame; null when there was none since the server started. */
  readonly lastFrameMs: number | null;
  /** These since the server started. */
  readonly frames: number;
  readonly bytes: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly analysed: number;
  readonly skipped: number;
  readonly defects: number;
  /** Frames which viewers were too slow for, over all of them. */
  readonly missed: number;
  /** Capture to arrival, ms, median of late frames; null when there were none. */
  readonly latencyMs: number | null;
  /** The clock of the box less that of the server, ms; null when there was no frame. */
  readonly clockOffsetMs: number | null;
}

export class LiveHub {
  readonly #clock: Clock;
  /** By device and source; those closed longest ago come first among the closed. */
  readonly #channels = new Map<string, LiveChannel>();

  constructor(options: { readonly clock: Clock }) {
    this.#clock = options.clock;
  }

  /** A box begins to send a source; if another connection did so before, that one publishes in vain from now on. */
  open(key: SourceKey, kind: SourceKind): LiveInlet {
    const channel = this.#channel(key, kind);
    channel.kind = kind;
    channel.statistics.restart();
    const sender = {};
    channel.sender = sender;
    const isSender = () => channel.sender === sender;
    return {
      publish: (frame) => {
        if (isSender()) channel.publish(frame, this.#clock.now());
      },
      publishResult: (run, sequence, result) => channel.publishResult(run, sequence, result),
      publishStored: (run, sequence, id) => channel.publishStored(run, sequence, id),
      publishDrop: (reason, count) => channel.statistics.drop(reason, count),
      close: (reason) => {
        if (isSender()) this.#close(channel, reason);
      },
    };
  }

  /** Whether anything is known of it since the server started. */
  has(key: SourceKey): boolean {
    return this.#channels.has(nameOf(key));
  }

  /** Its newest frame, also after it has stopped; undefined when there was none since the server started. */
  newest(key: SourceKey): Frame | undefined {
    return this.#channels.get(nameOf(key))?.frames.newest;
  }

  /**
   * Watches its pictures: the newest known is the first. Close the reader. It may be a source that nobody has sent yet.
   * `onNews` is called at each frame, must be quick, and never read there.
   */
  watchFrames(key: SourceKey, onNews?: () => void): FeedReader<Frame> {
    return this.#channel(key, "other").frames.reader(onNews);
  }

  /** Watches its results, likewise. A few are kept for a slow reader; `takeNewest` is for one that wants only the last. */
  watchResults(key: SourceKey, onNews?: () => void): FeedReader<LiveResult> {
    return this.#channel(key, "other").results.reader(onNews);
  }

  /** Figures of a source; undefined when nothing is known of it since the server started. */
  figures(key: SourceKey): LiveFigures | undefined {
    const channel = this.#channels.get(nameOf(key));
    return channel === undefined ? undefined : this.#figures(channel);
  }

  /** Figures of all sources which are sent, or were lately. */
  allFigures(): LiveFigures[] {
    return [...this.#channels.values()].map((channel) => this.#figures(channel));
  }

  #figures(channel: LiveChannel): LiveFigures {
    const { key, kind, statistics, frames } = channel;
    const nowMs = this.#clock.now();
    const state = channel.state(nowMs);
    const { fps, bytesPerSecond } = state === "live" ? statistics.rates(nowMs) : { fps: 0, bytesPerSecond: 0 };
    return {
      ...key,
      kind,
      state,
      fps,
      bytesPerSecond,
      lastFrameMs: frames.newest?.timeMs ?? null,
      frames: statistics.frames,
      bytes: statistics.bytes,
      dropped: { ...statistics.dropped },
      analysed: statistics.analysed,
      skipped: statistics.skipped,
      defects: statistics.defects,
      missed: frames.missed,
      latencyMs: statistics.latencyMs(),
      clockOffsetMs: statistics.clockOffsetMs,
    };
  }

  #channel(key: SourceKey, kind: SourceKind): LiveChannel {
    const name = nameOf(key);
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const channel = new LiveChannel(key, kind);
    this.#channels.set(name, channel);
    return channel;
  }

  #close(channel: LiveChannel, reason: "stopped" | "offline"): void {
    channel.sender = null;
    channel.closedAs = reason;
    const name = nameOf(channel.key);
    this.#channels.delete(name);
    this.#channels.set(name, channel);
    this.#forget();
  }

  /** Keeps what is kept of sources which are over within bounds: the longest gone go first, but nobody's picture. */
  #forget(): void {
    const closed = [...this.#channels].filter(([, { sender }]) => sender === null);
    let bytes = closed.reduce((sum, [, { frames }]) => sum + (frames.newest?.jpeg.length ?? 0), 0);
    let count = closed.length;
    for (const [name, channel] of closed) {
      if (count <= CLOSED_MAX && bytes <= CLOSED_BYTES_MAX) return;
      if (channel.isWatched) continue;
      this.#channels.delete(name);
      bytes -= channel.frames.newest?.jpeg.length ?? 0;
      count--;
    }
  }
}

function nameOf({ device, source }: SourceKey): string {
  // Names hold no NUL.
  return `${device}\0${source}`;
}
