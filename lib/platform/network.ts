/** TCP, passed in as a value: with `tls_network.ts` the only file which calls `Deno.listen` and `Deno.connect`. */
import { FramewireError, messageOf } from "../errors.ts";

/** One connection. Reads and writes may run at the same time, one of each. */
export interface Connection {
  /** Address of the peer, for people: `192.0.2.7:51022`. */
  readonly remote: string;
  /** Our own address by which the peer came, without its port: `192.0.2.1`, `fd00::1`. Absent: nobody knows. */
  readonly local?: string;
  /** Small writes go out at once; absent: one may wait until the peer has acked what was written before it (Nagle). */
  readonly sendsAtOnce?: boolean;
  /** Reads at least one byte into `into`; null at the end. Rejects when the connection is reset or closed. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes some of `bytes` and resolves with how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Says that nothing more will be written; reading goes on. */
  closeWrite(): Promise<void>;
  /** Ends everything now; may be called more than once. */
  close(): void;
}

/** A listening socket. */
export interface Listener {
  readonly hostname: string;
  readonly port: number;
  /** The next connection. Rejects on EMFILE and the like, after which it may be called again, and after `close`. */
  accept(): Promise<Connection>;
  close(): void;
}

/** Host and port of an endpoint. */
export interface Address {
  readonly hostname: string;
  readonly port: number;
}

export interface Network {
  /** @throws {FramewireError} `CONNECTION_LOST` when the connection cannot be made. */
  connect(address: Address, options?: { signal?: AbortSignal }): Promise<Connection>;
  listen(address: Address): Listener;
}

/** Wraps a Deno connection: closes it once, whatever is called how often (a second `close` throws BadResource). */
export function wrapConnection(conn: Deno.TcpConn | Deno.TlsConn): Connection {
  let closed = false;
  let interrupt = (_: Error) => {};
  // Deno before 2.9 lets a write wait beyond the close, until the peer reads or TCP gives up: a quarter of an hour on a dead link.
  const untilClosed = <T>(job: Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      interrupt = reject;
      job.then(resolve, reject);
    });
  // Without it a length and its payload in two writes give 23 messages a second (Nagle against delayed acks).
  const sendsAtOnce = "setNoDelay" in conn;
  if (sendsAtOnce) conn.setNoDelay(true);
  const { hostname, port } = conn.remoteAddr as Deno.NetAddr;
  return {
    local: (conn.localAddr as Deno.NetAddr).hostname,
    remote: hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`,
    sendsAtOnce,
    read: (into) => conn.read(into),
    write: (bytes) => untilClosed(conn.write(bytes)),
    closeWrite: () => untilClosed(conn.closeWrite()),
    close() {
      if (closed) return;
      closed = true;
      conn.close();
      interrupt(new Deno.errors.Interrupted("The connection was closed"));
    },
  };
}

/** The machine's network. */
export const systemNetwork: Network = {
  async connect(address, options = {}) {
    try {
      return wrapConnection(await Deno.connect({ ...address, ...options }));
    } catch (cause) {
      const text = `Cannot connect to ${address.hostname}:${address.port}: ${messageOf(cause)}`;
      throw new FramewireError("CONNECTION_LOST", text, { cause });
    }
  },
  listen(address) {
    return wrapListener(Deno.listen(address), (conn) => wrapConnection(conn));
  },
};

/** Wraps a Deno listener, and what it accepts by `wrap`. */
export function wrapListener<C extends Deno.TcpConn | Deno.TlsConn>(
  listener: { readonly addr: Deno.Addr; accept(): Promise<C>; close(): void },
  wrap: (conn: C) => Connection,
): Listener {
  const { hostname, port } = listener.addr as Deno.NetAddr;
  let closed = false;
  return {
    hostname,
    port,
    accept: async () => wrap(await listener.accept()),
    close() {
      if (closed) return;
      closed = true;
      listener.close();
    },
  };
}
