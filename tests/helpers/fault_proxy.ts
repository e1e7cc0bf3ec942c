import { connect, createServer, type Server, type Socket } from "node:net";
import type { Address } from "../../lib/platform/network.ts";
import { SeededRandom } from "./seeded_random.ts";
import { pump, type PumpOptions, type Toxics } from "./toxic_pump.ts";

/** How a {@linkcode FaultProxy} starts. */
export interface FaultProxyOptions {
  /** From the one who connects to the target. */
  readonly up?: Toxics;
  /** From the target to the one who connects. */
  readonly down?: Toxics;
  /** Of jitter and flipped bits; default 1. */
  readonly seed?: number;
}

/** Two sockets which belong together. */
interface Relay {
  readonly reset: () => void;
  readonly done: Promise<void>;
}

/**
 * A real TCP proxy on a port of its own in front of a real server, with faults. The sockets are those of node:net as
 * it can reset a connection, which Deno's own cannot.
 *
 * @example
 * ```ts
 * await using proxy = await faultProxy(server.listen, { up: { resetAfterBytes: 100_000 } });
 * await runSend(["--server", proxy.address, "--file", path]);
 * ```
 */
export class FaultProxy implements Address, AsyncDisposable {
  readonly hostname = "127.0.0.1";
  readonly port: number;
  /** Where it leads to; new connections go to a new one. */
  target: Address;
  /** New connections are reset at once. */
  refuse = false;
  /** Bytes which were passed on to the target, in all. */
  bytesUp = 0;
  /** Bytes which were passed on to those who connected, in all. */
  bytesDown = 0;
  /** Connections which were ever made. */
  connectionCount = 0;
  readonly #server: Server;
  readonly #random: SeededRandom;
  readonly #relays = new Set<Relay>();
  #up: Toxics;
  #down: Toxics;
  #change = Promise.withResolvers<void>();

  private constructor(server: Server, port: number, target: Address, options: FaultProxyOptions) {
    this.#server = server;
    this.port = port;
    this.target = target;
    this.#up = options.up ?? {};
    this.#down = options.down ?? {};
    this.#random = new SeededRandom(options.seed ?? 1);
    server.on("connection", (socket: Socket) => this.#relay(socket));
  }

  /** Starts a proxy in front of `target`, an address or HOST:PORT. */
  static async start(target: Address | string, options: FaultProxyOptions = {}): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address() as { port: number };
    return new FaultProxy(server, port, typeof target === "string" ? parse(target) : target, options);
  }

  /** HOST:PORT to connect to. */
  get address(): string {
    return `${this.hostname}:${this.port}`;
  }

  /** Connections which are open now. */
  get openConnections(): number {
    return this.#relays.size;
  }

  get up(): Toxics {
    return this.#up;
  }

  /** Set anew, it counts for the connections which are open, too. */
  set up(toxics: Toxics) {
    this.#up = toxics;
    this.#changed();
  }

  get down(): Toxics {
    return this.#down;
  }

  /** Set anew, it counts for the connections which are open, too. */
  set down(toxics: Toxics) {
    this.#down = toxics;
    this.#changed();
  }

  /** Resets every open connection, on both sides, and resolves when they are gone. */
  async cutAll(): Promise<void> {
    const relays = [...this.#relays];
    for (const relay of relays) relay.reset();
    await Promise.all(relays.map((relay) => relay.done));
  }

  /** From now on nothing is passed on in either direction, and nobody is told. */
  blackHole(): void {
    this.up = { ...this.#up, silentAfterBytes: 0 };
    this.down = { ...this.#down, silentAfterBytes: 0 };
  }

  /** Takes all faults away; what a black hole has held back arrives. */
  heal(): void {
    this.up = {};
    this.down = {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.cutAll();
    await closed;
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  #relay(near: Socket): void {
    this.connectionCount++;
    const abort = new AbortController();
    const aborted = new Promise<void>((resolve) => abort.signal.addEventListener("abort", () => resolve()));
    // A socket without a listener for errors takes the process down.
    near.on("error", () => {});
    if (this.refuse) return void near.resetAndDestroy();
    const far = connect({ host: this.target.hostname, port: this.target.port, allowHalfOpen: true, noDelay: true });
    far.on("error", () => {});
    const reset = () => {
      abort.abort();
      // Destroying a socket which is not connected yet is all that can be done with it.
      for (const socket of [near, far]) {
        if (!socket.destroyed) {
          socket.connecting ? socket.destroy() : socket.resetAndDestroy();
        }
      }
    };
    const common = {
      random: this.#random,
      signal: abort.signal,
      reset,
      changed: () => Promise.race([this.#change.promise, aborted]),
    };
    const up: PumpOptions = {
      ...common,
      from: near,
      to: far,
      toxics: () => this.#up,
      onBytes: (count) => this.bytesUp += count,
    };
    const down: PumpOptions = {
      ...common,
      from: far,
      to: near,
      toxics: () => this.#down,
      onBytes: (count) => this.bytesDown += count,
    };
    const gone = Promise.all([near, far].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    const relay = {
      reset,
      done: Promise.all([pump(up), pump(down), gone]).then(() => void this.#relays.delete(relay)),
    };
    this.#relays.add(relay);
  }
}

/** Starts a proxy; see {@linkcode FaultProxy.start}. */
export const faultProxy: (target: Address | string, options?: FaultProxyOptions) => Promise<FaultProxy> =
  FaultProxy.start;

function parse(target: string): Address {
  const { hostname, port } = new URL(`tcp://${target}`);
  return { hostname, port: Number(port) };
}
