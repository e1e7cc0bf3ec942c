import { type Clock, sleep, systemClock } from "../../lib/platform/clock.ts";
import { type Address, type Connection, type Listener, type Network } from "../../lib/platform/network.ts";
import { FramewireError } from "../../lib/errors.ts";
import { type Cutting, MemoryPipe } from "./memory_pipe.ts";
import { closedError, osError } from "./os_errors.ts";
import { SeededRandom } from "./seeded_random.ts";

/** How a {@linkcode MemoryNetwork} behaves. */
export interface MemoryNetworkOptions {
  /** Of the cuts; default 1. */
  readonly seed?: number;
  /** Only asked when there is latency; default the machine's. */
  readonly clock?: Clock;
  /** Bytes which a direction holds before writers wait; default 64 KiB. */
  readonly bufferBytes?: number;
  /** Default "whole". */
  readonly reads?: Cutting;
  /** Default "whole", up to the room in the buffer; anything else makes short writes. */
  readonly writes?: Cutting;
  /** One way, milliseconds; default 0. Connecting takes two of them. */
  readonly latencyMs?: number;
}

/** What a {@linkcode MemoryNetwork} does with a connect: let it through, refuse it, or never answer. */
export type ConnectFate = "connect" | "refuse" | "hang";

/** One connection of a {@linkcode MemoryNetwork} seen from the wire, for counting and for faults. */
export class MemoryLink {
  /** From the side which connected to the side which listened. */
  readonly up: MemoryPipe;
  /** From the side which listened to the side which connected. */
  readonly down: MemoryPipe;
  /** Number of connections made before it. */
  readonly index: number;
  /** What its sides say of themselves. */
  sendsAtOnce = false;
  #sidesOpen = 2;

  /** Made by the network. */
  constructor(index: number, makePipe: (reset: () => void) => MemoryPipe) {
    this.index = index;
    this.up = makePipe(() => this.reset());
    this.down = makePipe(() => this.reset());
  }

  /** Whether a side has not closed it yet. */
  get isOpen(): boolean {
    return this.#sidesOpen > 0;
  }

  /** Cuts it both ways, now: reads give what has arrived and then reject with ConnectionReset. */
  reset(): void {
    this.up.wasReset();
    this.down.wasReset();
  }

  /** From now on nothing arrives on either side, and neither is told. */
  blackHole(): void {
    this.up.silentAfter(0);
    this.down.silentAfter(0);
  }

  /** Ends the black hole: what was written meanwhile arrives. */
  heal(): void {
    this.up.heal();
    this.down.heal();
  }

  /** The connection as one of its sides sees it; made by the network. */
  side(remote: string, incoming: MemoryPipe, outgoing: MemoryPipe): Connection {
    let closed = false;
    /** A call which began before the close was interrupted by it; a later one has no resource. */
    const closedSince = () => {
      const began = closed ? closedError() : osError("EINTR");
      return () => closed ? began : undefined;
    };
    return {
      remote,
      sendsAtOnce: this.sendsAtOnce,
      read: (into) => incoming.read(into, closedSince()),
      write: (bytes) => outgoing.write(bytes, closedSince()),
      closeWrite: () => {
        if (closed) return Promise.reject(closedError());
        outgoing.end();
        return Promise.resolve();
      },
      close: () => {
        if (closed) return;
        closed = true;
        this.#sidesOpen--;
        outgoing.end();
        incoming.readerClosed();
      },
    };
  }
}

/**
 * A network inside the process: connections with bounded buffers, seeded cuts and faults.
 *
 * @example
 * ```ts
 * const network = new MemoryNetwork({ seed: 7, reads: "random" });
 * network.onLink = (link) => link.up.resetAfter(1000);
 * ```
 */
export class MemoryNetwork implements Network {
  /** Every connection that was ever made, in order. */
  readonly links: MemoryLink[] = [];
  /** Called for each new connection before either side has it: the place to set faults. */
  onLink: (link: MemoryLink) => void = () => {};
  /** What happens to connects, asked for each. */
  connectFate: (address: Address) => ConnectFate = () => "connect";
  /** The next calls of `accept` reject with these, first one first. */
  readonly acceptErrors: Error[] = [];
  /** Made-up host of those who connect. */
  clientHost = "192.0.2.7";
  readonly #options: Required<Omit<MemoryNetworkOptions, "seed">>;
  readonly #random: SeededRandom;
  readonly #listeners = new Map<number, MemoryListener>();
  #nextListenPort = 49_152;
  #nextClientPort = 40_000;

  constructor(options: MemoryNetworkOptions = {}) {
    this.#random = new SeededRandom(options.seed ?? 1);
    this.#options = {
      clock: options.clock ?? systemClock,
      bufferBytes: options.bufferBytes ?? 64 * 1024,
      reads: options.reads ?? "whole",
      writes: options.writes ?? "whole",
      latencyMs: options.latencyMs ?? 0,
    };
  }

  /** The newest connection. @throws {RangeError} when there is none. */
  get lastLink(): MemoryLink {
    const link = this.links.at(-1);
    if (link === undefined) throw new RangeError("Cannot give last link as there must be a connection: received 0");
    return link;
  }

  async connect(address: Address, options: { signal?: AbortSignal } = {}): Promise<Connection> {
    const { signal } = options;
    const { clock, latencyMs } = this.#options;
    try {
      signal?.throwIfAborted();
      if (latencyMs > 0) await sleep(clock, 2 * latencyMs, signal);
      const fate = this.connectFate(address);
      if (fate === "hang") await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
      signal?.throwIfAborted();
      const listener = this.#listeners.get(address.port);
      if (fate === "refuse" || listener === undefined) throw osError("ECONNREFUSED");
      return this.#link(address, listener);
    } catch (cause) {
      const text = `Cannot connect to ${address.hostname}:${address.port}: ${(cause as Error).message}`;
      throw new FramewireError("CONNECTION_LOST", text, { cause });
    }
  }

  listen(address: Address): Listener {
    const port = address.port === 0 ? this.#nextListenPort++ : address.port;
    if (this.#listeners.has(port)) throw osError("EADDRINUSE");
    const listener = new MemoryListener(address.hostname, port, this.acceptErrors, () => this.#listeners.delete(port));
    this.#listeners.set(port, listener);
    return listener;
  }

  /** Resets every connection. */
  resetAll(): void {
    for (const link of this.links) link.reset();
  }

  #link(address: Address, listener: MemoryListener): Connection {
    const { clock, bufferBytes, reads, writes, latencyMs } = this.#options;
    const random = this.#random;
    const link = new MemoryLink(
      this.links.length,
      (reset) => new MemoryPipe({ clock, random, bufferBytes, reads, writes, latencyMs, reset }),
    );
    this.links.push(link);
    this.onLink(link);
    listener.arrive(link, link.side(`${this.clientHost}:${this.#nextClientPort++}`, link.up, link.down));
    return link.side(`${address.hostname}:${address.port}`, link.down, link.up);
  }
}

/** A listening socket of a {@linkcode MemoryNetwork}. */
class MemoryListener implements Listener {
  readonly hostname: string;
  readonly port: number;
  readonly #errors: Error[];
  readonly #onClose: () => void;
  readonly #backlog: { link: MemoryLink; connection: Connection }[] = [];
  #waiting: PromiseWithResolvers<void> | undefined;
  #closed = false;

  constructor(hostname: string, port: number, errors: Error[], onClose: () => void) {
    this.hostname = hostname;
    this.port = port;
    this.#errors = errors;
    this.#onClose = onClose;
  }

  arrive(link: MemoryLink, connection: Connection): void {
    this.#backlog.push({ link, connection });
    this.#waiting?.resolve();
  }

  async accept(): Promise<Connection> {
    for (;;) {
      if (this.#closed) throw new Deno.errors.BadResource("Listener has been closed");
      const error = this.#errors.shift();
      if (error !== undefined) throw error;
      const next = this.#backlog.shift();
      if (next !== undefined) return next.connection;
      this.#waiting ??= Promise.withResolvers();
      await this.#waiting.promise;
      this.#waiting = undefined;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
    for (const { link, connection } of this.#backlog.splice(0)) {
      link.reset();
      connection.close();
    }
    this.#waiting?.resolve();
  }
}
