/** A source that is to be sent: what outlives the connections it takes, and what has become of its pictures. */
import type { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { DropReason, FramePolicy, SourceKind } from "../protocol/message.ts";
import type { FrameOrigin, OriginEvents } from "./frame_origin.ts";

/** What the server is told of a source. */
export interface SourceSettings {
  readonly name: string;
  readonly kind: SourceKind;
  readonly policy: FramePolicy;
  /** Its pictures have names, under which the server keeps them as files. */
  readonly named: boolean;
}

/** A picture which is safe. */
export interface AnsweredFrame {
  readonly sequence: number;
  readonly name: string | null;
  /** From its write to the ack that it is stored, ms. */
  readonly ackMs: number;
  /** A JSON object; null when the server gave none. */
  readonly result: string | null;
}

/** What a job tells whoever shows it. */
export interface SourceEvents {
  /** Something a person should know. */
  note(job: SourceJob, text: string): void;
  /** Once for each picture, when it is stored and answered. */
  frame(job: SourceJob, frame: AnsweredFrame): void;
  /** Pictures which will never be sent; a count of 0 is "nobody knows how many". */
  dropped(job: SourceJob, drop: { readonly count: number; readonly reason: DropReason }): void;
  /** It has ended or failed; `job.phase` says which. */
  ended(job: SourceJob): void;
}

/** What an origin may tell a job: besides notes and gaps, that a picture was left out because it cannot be sent. */
export interface JobOriginEvents extends OriginEvents {
  leftOut(name: string, reason: string): void;
}

/** - `waiting`: for a connection. - `ended`: all that it had was stored, dropped or left out. */
export type SourcePhase = "waiting" | "sending" | "ended" | "failed";

export class SourceJob {
  readonly settings: SourceSettings;
  readonly #open: (events: JobOriginEvents) => Promise<FrameOrigin>;
  readonly #events: SourceEvents;
  readonly #outside: { readonly clock: Clock; readonly random: Random };
  phase: SourcePhase = "waiting";
  error: FramewireError | null = null;
  /** It ended because the program was told to stop, not because it had nothing more. */
  stopped = false;
  /** Pictures taken from the origin. */
  captured = 0;
  /** Pictures written to connections, those sent again included. */
  sent = 0;
  /** Pictures which are durable on the server. */
  stored = 0;
  /** Named pictures which the server had already; not sent. */
  alreadyThere = 0;
  /** Pictures that cannot be sent: no JPEG, or too large. The command has failed if there are any. */
  leftOut = 0;
  readonly droppedByReason: Record<DropReason, number> = { link: 0, offline: 0, camera: 0 };

  constructor(
    settings: SourceSettings,
    open: (events: JobOriginEvents) => Promise<FrameOrigin>,
    events: SourceEvents,
    outside: { readonly clock: Clock; readonly random: Random },
  ) {
    this.settings = settings;
    this.#open = open;
    this.#events = events;
    this.#outside = outside;
  }

  get isEnded(): boolean {
    return this.phase === "ended" || this.phase === "failed";
  }

  /** Time from write to stored which this share of the pictures stayed below, ms; null before the first. */
  latencyMs(_share: number): number | null {
    return null;
  }

  /** Median of the ack latency, ms. */
  get p50Ms(): number | null {
    return this.latencyMs(0.5);
  }

  get p99Ms(): number | null {
    return this.latencyMs(0.99);
  }

  /** The program stops: lets go of the origin. */
  giveUp(): Promise<void> {
    void [this.#open, this.#events, this.#outside];
    return Promise.resolve();
  }
}
