/**
 * One connection, of either side: reads and writes at the same time, keeps the rules of the session, beats the heart,
 * and ends once, with one reason. What the messages mean is up to the handler.
 */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import { sleep } from "../platform/clock.ts";
import type { Connection } from "../platform/network.ts";
import { encodeMessage } from "../protocol/codec.ts";
import { ClockOffset } from "../protocol/clock_offset.ts";
import type { Message } from "../protocol/message.ts";
import { mayReceive, type Phase, type Role } from "../protocol/session_rules.ts";
import { type CloseReason, closeReasonOf } from "./close_reason.ts";
import { FairTurns, Slice } from "./fair_turns.ts";
import { type FrameSource, FrameWriter } from "./frame_writer.ts";
import { MessageReader } from "./message_reader.ts";
import { errorFromPeer, errorToPeer } from "./peer_error.ts";
import { PingBudget } from "./ping_budget.ts";

/** What a side does with the messages that the rules let through. */
export interface SessionHandler {
  /** Nothing more is read until it resolves; a rejection ends the connection. */
  receive(message: Message): Promise<void> | void;
}

/** How long the peer may take to read our last words, ms. */
const FAREWELL_MS = 2_000;

export class Session {
  readonly remote: string;
  readonly local: string | undefined;
  readonly #role: Role;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #turns: FairTurns;
  readonly #slice = new Slice();
  readonly #pings: PingBudget;
  readonly #reader: MessageReader;
  readonly #writer: FrameWriter;
  readonly #startedMs: number;
  #phase: Phase = "greeting";
  #pingIntervalMs: number = LIMITS.pingIntervalMs;
  #peerSaidGoodbye = false;
  #saidGoodbye = false;
  /** The reason is known: what still comes is thrown away. */
  #ending = false;
  readonly #failed = Promise.withResolvers<never>();
  #cancelTick = () => {};
  #lastPingMs: number;
  #nonce = 0n;
  #pinged: { nonce: bigint; atMs: number; wallMs: number } | undefined;
  #roundTripMs: number | null = null;
  readonly #peerClock = new ClockOffset();

  /** `turns`: shared by all connections of the program. */
  constructor(role: Role, connection: Connection, clock: Clock, turns = new FairTurns(clock)) {
    this.#role = role;
    this.#connection = connection;
    this.#clock = clock;
    this.#turns = turns;
    this.#pings = new PingBudget(clock.now());
    this.#reader = new MessageReader(connection, clock);
    this.#writer = new FrameWriter(connection, clock);
    this.#startedMs = clock.now();
    this.#lastPingMs = clock.now();
    this.remote = connection.remote;
    this.local = connection.local;
  }

  /** Time from a ping to its pong, ms; null before the first. */
  get roundTripMs(): number | null {
    return this.#roundTripMs;
  }

  /**
   * Whether the peer may be waiting for what is sent now: nothing more of it has come, and a small message goes out though
   * another has just gone out before it.
   */
  get isAwaited(): boolean {
    return (this.#connection.sendsAtOnce ?? false) && !this.#reader.hasMore;
  }

  /** The peer's clock less ours, ms, as estimated from its pongs; null before the first. */
  get clockOffsetMs(): number | null {
    return this.#peerClock.offsetMs;
  }

  /** Whether the peer takes what is sent to it: less than half of what may wait for it does. */
  get hasRoom(): boolean {
    return this.#writer.queuedBytes < LIMITS.controlQueueBytesMax / 2;
  }

  /** Whether Hello and Welcome are behind us. */
  get isOpen(): boolean {
    return this.#phase === "open";
  }

  /** Serves the connection until it ends, and closes it. Never rejects. */
  async run(handler: SessionHandler): Promise<CloseReason> {
    this.#failed.promise.catch(() => {});
    const writing = this.#writer.run().then(() => this.#connection.closeWrite());
    const reading = this.#read(handler);
    this.#tick(this.#clock.now());
    let reason: CloseReason;
    try {
      await Promise.race([this.#failed.promise, writing.then(() => reading), reading]);
      // The end of the bytes alone never means that anything is done.
      reason = this.#peerSaidGoodbye || this.#saidGoodbye
        ? { word: "done", error: null }
        : { word: "lost", error: new FramewireError("CONNECTION_LOST", "The peer went away without a goodbye") };
    } catch (thrown) {
      reason = thrown instanceof RefusedByPeer ? { word: "refused", error: thrown.refusal } : closeReasonOf(thrown);
    }
    this.#ending = true;
    this.#cancelTick();
    await this.#farewell(reason, writing, reading);
    return reason;
  }

  /** Queues a message, ahead of all streams. Without effect once the connection has failed. */
  send(message: Message): void {
    try {
      this.#writer.post(encodeMessage(message));
    } catch (thrown) {
      this.#failed.reject(thrown);
    }
  }

  /** Hello and Welcome are done: from now on messages may be `messageBytesMax` large, and the heart beats. */
  open(messageBytesMax: number, pingIntervalMs: number): void {
    this.#phase = "open";
    // The first ping goes out with the next tick: it measures the peer's clock.
    this.#lastPingMs = -Infinity;
    this.#reader.messageBytesMax = messageBytesMax;
    this.#pingIntervalMs = pingIntervalMs;
  }

  attach(source: FrameSource): void {
    this.#writer.attach(source);
  }

  detach(source: FrameSource): void {
    this.#writer.detach(source);
  }

  /** Says that a stream may have a frame ready. */
  wake(): void {
    this.#writer.wake();
  }

  /** Says goodbye; the connection ends when the peer has heard it. */
  finish(reason: string): void {
    this.#saidGoodbye = true;
    this.send({ kind: "goodbye", reason });
    this.#writer.end();
  }

  /** Ends the connection now; the peer is told why. */
  cut(error: FramewireError): void {
    this.#failed.reject(error);
  }

  async #read(handler: SessionHandler): Promise<void> {
    while (true) {
      const message = await this.#reader.next();
      if (message === undefined) return this.#writer.end();
      this.#slice.begin(this.#clock.now());
      if (!this.#ending) await this.#take(message, handler);
      const end = this.#slice.end(this.#clock.now());
      if (end === "look") {
        await this.#clock.answers();
        this.#slice.looked(this.#clock.now());
      }
      if (end !== "give way") continue;
      await this.#turns.next();
      this.#slice.renew(this.#clock.now());
    }
  }

  #take(message: Message, handler: SessionHandler): Promise<void> | void {
    if (!mayReceive(this.#role, this.#phase, message.kind)) {
      throw new FramewireError(
        "UNEXPECTED_MESSAGE",
        `Cannot take ${message.kind} as ${this.#role}: phase is ${this.#phase}`,
      );
    }
    if (!this.#takeOwn(message)) return handler.receive(message);
  }

  /** Handles what is the session's own business. */
  #takeOwn(message: Message): boolean {
    switch (message.kind) {
      case "ping":
        this.#pings.take(this.#clock.now());
        this.send({ kind: "pong", nonce: message.nonce, unixMs: this.#clock.wallMs() });
        return true;
      case "pong":
        if (message.nonce === this.#pinged?.nonce) {
          this.#roundTripMs = this.#clock.now() - this.#pinged.atMs;
          this.#peerClock.add(this.#pinged.wallMs, message.unixMs, this.#roundTripMs);
        }
        return true;
      case "unknown":
        return true;
      case "goodbye":
        this.#peerSaidGoodbye = true;
        return false;
      case "error":
        if (message.stream === 0) throw new RefusedByPeer(message);
        return false;
      default:
        return false;
    }
  }

  #tick(dueMs: number): void {
    const nowMs = this.#clock.now();
    const everyMs = this.#pingIntervalMs / 4;
    // We stood still ourselves (a stopped process, a busy event loop): that is not the peer's silence.
    if (nowMs - dueMs > this.#pingIntervalMs) this.#reader.forgive();
    try {
      this.#check(nowMs);
    } catch (thrown) {
      return this.#failed.reject(thrown);
    }
    this.#cancelTick = this.#clock.timer(everyMs, () => this.#tick(nowMs + everyMs));
  }

  #check(nowMs: number): void {
    if (this.#phase === "greeting") {
      if (nowMs - this.#startedMs < LIMITS.handshakeTimeoutMs) return;
      const missing = this.#role === "server" ? "Hello" : "Welcome";
      throw new FramewireError(
        "HANDSHAKE_TIMEOUT",
        `Cannot wait for ${missing} longer than ${LIMITS.handshakeTimeoutMs} ms`,
      );
    }
    this.#reader.checkRate();
    if (this.#reader.silentMs >= 2 * this.#pingIntervalMs) {
      const text = `Cannot wait for the peer longer than ${2 * this.#pingIntervalMs} ms: nothing was received`;
      throw new FramewireError("PEER_SILENT", text);
    }
    if (this.#writer.stalledMs >= LIMITS.writeTimeoutMs) {
      throw new FramewireError(
        "PEER_TOO_SLOW",
        `Cannot wait for the peer to read longer than ${LIMITS.writeTimeoutMs} ms`,
      );
    }
    if (nowMs - this.#lastPingMs >= this.#pingIntervalMs) {
      this.#lastPingMs = nowMs;
      this.#pinged = { nonce: ++this.#nonce, atMs: nowMs, wallMs: this.#clock.wallMs() };
      this.send({ kind: "ping", nonce: this.#nonce });
    }
  }

  /**
   * Last words. What the peer still sends is read and thrown away for a moment: closing with unread bytes would reset
   * the connection, and the reset may overtake the words.
   */
  async #farewell(reason: CloseReason, writing: Promise<void>, reading: Promise<void>): Promise<void> {
    writing.catch(() => {});
    reading.catch(() => {});
    const error = reason.error;
    if (error !== null && (reason.word === "cut" || reason.word === "stopped" || error.code === "HANDSHAKE_TIMEOUT")) {
      this.send(errorToPeer(error, 0));
    }
    const deadline = new AbortController();
    if (reason.word !== "lost" || error?.code === "HANDSHAKE_TIMEOUT") {
      this.#writer.end();
      await Promise.race([
        writing.then(() => reading).catch(() => this.#drain()).catch(() => {}),
        sleep(this.#clock, FAREWELL_MS, deadline.signal),
      ]);
    }
    deadline.abort();
    this.#connection.close();
    // A writer which waits for something to write would wait for ever.
    this.#writer.end();
    await Promise.allSettled([writing, reading]);
  }

  async #drain(): Promise<void> {
    const waste = new Uint8Array(64 * 1024);
    while (await this.#connection.read(waste) !== null);
  }
}

/** The peer ended the connection with an Error message. */
class RefusedByPeer extends Error {
  readonly refusal: FramewireError;

  constructor(message: Extract<Message, { kind: "error" }>) {
    super(message.text);
    this.refusal = errorFromPeer(message);
  }
}
