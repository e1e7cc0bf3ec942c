/**
 * The pictures of a source between its origin and the server's disk. Policy `latest`: one waits, and a newer one takes
 * its place. Policy `all`: as many as the window holds wait or are on their way, and come back after a cut. Arithmetic only.
 */
import { LIMITS } from "../config/limits.ts";
import type { FramePolicy } from "../protocol/message.ts";
import type { CapturedFrame } from "./frame_origin.ts";

/** A picture on its way. */
export interface QueuedFrame {
  readonly sequence: number;
  readonly name: string | null;
  readonly capturedMs: number;
  readonly bytes: number;
  /** Null once it was sent and will not be sent again. */
  jpeg: Uint8Array | null;
  /** Of the last time, on the monotonic clock, ms. */
  sentMs: number;
  /** Named pictures: whether the server was asked if it has it, and does not. */
  offer: "unasked" | "asked" | "wanted";
}

/** Pictures which wait to be sent at most: enough to hide the time that reading one takes. */
const READ_AHEAD_FRAMES = 16;

export class FrameQueue {
  readonly policy: FramePolicy;
  #waiting: QueuedFrame[] = [];
  #flying: QueuedFrame[] = [];
  #waitingBytes = 0;
  #flyingBytes = 0;
  #lastSequence = 0;
  /** Nothing more will be put. */
  hasEnded = false;
  /** Pictures are offered before they are sent: more of them may wait, as an offer is a round trip. */
  isOffering = false;

  constructor(policy: FramePolicy) {
    this.policy = policy;
  }

  /** The last sequence number that was given to a picture. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Bytes which were sent and are not stored. */
  get flyingBytes(): number {
    return this.#flyingBytes;
  }

  /** Pictures which were sent and are not stored. */
  get flying(): readonly QueuedFrame[] {
    return this.#flying;
  }

  get waiting(): readonly QueuedFrame[] {
    return this.#waiting;
  }

  /** Whether another picture should be taken from the origin; a camera is never asked to wait. */
  get hasRoom(): boolean {
    if (this.policy === "latest" || this.#waiting.length === 0) return true;
    const waitingMax = this.isOffering ? LIMITS.framesPerOfferMax : READ_AHEAD_FRAMES;
    // The largest picture must fit behind those that are there.
    return this.#waiting.length < waitingMax &&
      this.#waitingBytes + this.#flyingBytes + LIMITS.frameBytesMax <= LIMITS.frameWindowBytes;
  }

  /** Gives a picture its number, if it has none; returns the one whose place it took. */
  put({ jpeg, name, capturedMs, sequence = this.#lastSequence + 1 }: CapturedFrame): QueuedFrame | undefined {
    this.#lastSequence = sequence;
    const replaced = this.policy === "latest" ? this.#takeFirst() : undefined;
    this.#waiting.push({ sequence, name, capturedMs, bytes: jpeg.length, jpeg, sentMs: 0, offer: "unasked" });
    this.#waitingBytes += jpeg.length;
    return replaced;
  }

  /** The picture that is to be sent next, if any may go. */
  peek(): QueuedFrame | undefined {
    const next = this.#waiting[0];
    if (next === undefined || (this.isOffering && next.offer !== "wanted")) return undefined;
    const fits = this.#flying.length === 0 || this.#flyingBytes + next.bytes <= LIMITS.frameWindowBytes;
    return fits ? next : undefined;
  }

  /** What {@linkcode peek} gave goes out now. */
  send(nowMs: number): void {
    const frame = this.#takeFirst()!;
    frame.sentMs = nowMs;
    if (this.policy === "latest") frame.jpeg = null;
    this.#flying.push(frame);
    this.#flyingBytes += frame.bytes;
  }

  /** What {@linkcode peek} gave cannot be sent at all. */
  skip(): void {
    this.#takeFirst();
  }

  /** Pictures which the server was not asked about, and from now on was; not more than an offer may have. */
  ask(): QueuedFrame[] {
    const asked = this.#waiting.filter(({ offer }) => offer === "unasked").slice(0, LIMITS.framesPerOfferMax);
    for (const frame of asked) frame.offer = "asked";
    return asked;
  }

  /** The answer: those which are there leave the queue. Returns how many. */
  answered(held: readonly number[]): number {
    const sequences = new Set(held);
    const before = this.#waiting.length;
    const there = (frame: QueuedFrame) => frame.offer === "asked" && sequences.has(frame.sequence);
    for (const frame of this.#waiting) if (there(frame)) this.#waitingBytes -= frame.bytes;
    this.#waiting = this.#waiting.filter((frame) => !there(frame));
    for (const frame of this.#waiting) if (frame.offer === "asked") frame.offer = "wanted";
    return before - this.#waiting.length;
  }

  /** Pictures up to this one are durable; gives those that left the queue by it. */
  stored(through: number): QueuedFrame[] {
    let count = 0;
    for (const frame of this.#flying) {
      if (frame.sequence > through) break;
      this.#flyingBytes -= frame.bytes;
      count++;
    }
    return this.#flying.splice(0, count);
  }

  /**
   * A new stream of the same run: what was on its way comes back (policy `all`), or is lost and given to the caller.
   * Call {@linkcode stored} first.
   */
  restart(): QueuedFrame[] {
    const flown = this.#flying;
    this.#flying = [];
    this.#flyingBytes = 0;
    // An offer without an answer is made again.
    for (const frame of this.#waiting) if (frame.offer === "asked") frame.offer = "unasked";
    if (this.policy === "latest") return flown;
    this.#waiting = [...flown, ...this.#waiting];
    this.#waitingBytes += flown.reduce((sum, { bytes }) => sum + bytes, 0);
    return [];
  }

  /** Lets go of those up to this one which wait: the server has them from an earlier life of the box. */
  skipThrough(sequence: number): void {
    while (this.#waiting[0] !== undefined && this.#waiting[0].sequence <= sequence) this.#takeFirst();
  }

  /** Lets go of what waits. */
  clearWaiting(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #takeFirst(): QueuedFrame | undefined {
    const frame = this.#waiting.shift();
    this.#waitingBytes -= frame?.bytes ?? 0;
    return frame;
  }
}
