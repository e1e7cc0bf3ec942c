/** Takes connections of boxes, as many as there may be, and serves each. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";
import { sleep } from "../platform/clock.ts";
import type { Address, Connection, Listener, Network } from "../platform/network.ts";
import { FairTurns } from "../session/fair_turns.ts";
import { errorToPeer } from "../session/peer_error.ts";
import { encodeMessage } from "../protocol/codec.ts";
import { BoxConnection, type BoxConnectionOptions } from "./box_connection.ts";

/** Pause after a failed accept (too many open files), ms. */
const ACCEPT_PAUSE_MS = 100;
/** Strangers who are cut when there is no file left for a connection: clips need some to be stored, too. */
const STRANGERS_CUT = 16;
/** How long a connection too many may take to hear that it is one, ms. */
const TURN_AWAY_MS = 1_000;
/** How long connections may take to say their last words when the server stops, ms. */
const STOP_MS = 5_000;

/** What is the same for all connections. */
export type BoxListenerOptions = Omit<BoxConnectionOptions, "connection" | "turns" | "welcomed">;

export class BoxListener {
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #options: BoxListenerOptions;
  readonly #turns: FairTurns;
  readonly #open = new Map<BoxConnection, Promise<unknown>>();
  /** Those which have not said Hello, the longest here first. */
  readonly #strangers = new Set<BoxConnection>();
  readonly #stopping = new AbortController();
  #listener: Listener | undefined;
  #accepting: Promise<void> = Promise.resolve();

  constructor(network: Network, options: BoxListenerOptions) {
    this.#network = network;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#turns = new FairTurns(options.clock);
    this.#options = options;
  }

  /** Connections at the moment. */
  get connectionCount(): number {
    return this.#open.size;
  }

  /** Listens, and returns where. @throws {FramewireError} `USAGE` when the address cannot be had. */
  start(address: Address): Address {
    try {
      this.#listener = this.#network.listen(address);
    } catch (cause) {
      const text = `Cannot listen on ${address.hostname}:${address.port}: ${messageOf(cause)}`;
      throw new FramewireError("USAGE", text, { cause });
    }
    this.#accepting = this.#accept(this.#listener);
    return { hostname: this.#listener.hostname, port: this.#listener.port };
  }

  /** Accepts nothing more, tells all boxes to come back later, and waits for their ends. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#listener?.close();
    await this.#accepting;
    const error = new FramewireError("SHUTTING_DOWN", "The server is stopping; come back", { retryAfterMs: 1_000 });
    for (const box of this.#open.keys()) box.cut(error);
    const deadline = new AbortController();
    await Promise.race([
      Promise.allSettled(this.#open.values()),
      sleep(this.#clock, STOP_MS, deadline.signal),
    ]);
    deadline.abort();
  }

  async #accept(listener: Listener): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        this.#serve(await listener.accept());
      } catch (error) {
        if (signal.aborted) return;
        this.#log("error", "Cannot accept a connection", { error: messageOf(error) });
        this.#cutStrangers(STRANGERS_CUT);
        await sleep(this.#clock, ACCEPT_PAUSE_MS, signal);
      }
    }
  }

  #serve(connection: Connection): void {
    if (this.#open.size >= LIMITS.connectionsMax) return void this.#turnAway(connection);
    const own = { connection, turns: this.#turns, welcomed: () => this.#strangers.delete(box) };
    const box = new BoxConnection({ ...this.#options, ...own });
    if (this.#strangers.size >= LIMITS.strangersMax) this.#cutStrangers(1);
    this.#strangers.add(box);
    const running = box.run().finally(() => {
      this.#strangers.delete(box);
      this.#open.delete(box);
    });
    this.#open.set(box, running);
  }

  /** Makes room: those who have been here longest without a Hello go first. */
  #cutStrangers(count: number): void {
    const error = new FramewireError("SERVER_BUSY", "Too many connections have not said Hello", {
      retryAfterMs: 1_000,
    });
    for (const stranger of [...this.#strangers].slice(0, count)) {
      this.#strangers.delete(stranger);
      stranger.cut(error);
    }
  }

  async #turnAway(connection: Connection): Promise<void> {
    const text = `Cannot take connection as those open must be <= ${LIMITS.connectionsMax}`;
    const error = new FramewireError("SERVER_BUSY", text, { retryAfterMs: 5_000 });
    const said = connection.write(encodeMessage(errorToPeer(error, 0))).catch(() => {});
    // Over TLS a write waits for a handshake that may never come.
    await Promise.race([said, sleep(this.#clock, TURN_AWAY_MS, this.#stopping.signal)]);
    connection.close();
  }
}
