/** HTTP and WebSockets, passed in as a value: the only file which calls `Deno.serve` and `Deno.upgradeWebSocket`. */
import { FramewireError, messageOf } from "../errors.ts";
import type { Address } from "./network.ts";

/** A ping without an answer for this long ends a WebSocket: a laptop that was closed, a phone out of reach. */
const SOCKET_IDLE_SECONDS = 15;

/** Answers one request; must not throw. `remote` is the peer's address, for people. */
export type HttpHandler = (request: Request, remote: string) => Response | Promise<Response>;

/** A listening HTTP server. */
export interface HttpListener {
  readonly hostname: string;
  readonly port: number;
  /** Resolves when it accepts nothing any more: after `shutdown`, but also by itself (EMFILE). */
  readonly finished: Promise<void>;
  /** Stops accepting and waits for the answers under way; abort streaming ones first. */
  shutdown(): Promise<void>;
}

/** What happens on a WebSocket. */
export interface SocketEvents {
  opened(): void;
  /** A message has arrived. */
  received(message: string | ArrayBuffer): void;
  /** Called once, however it ended. */
  closed(): void;
}

/** The server's end of a WebSocket. */
export interface ServerSocket {
  /**
   * Queues a text or binary message, of which it makes a copy; never blocks, so look at `bufferedBytes` first. Nothing
   * happens once it is closing.
   */
  send(message: string | Uint8Array<ArrayBuffer>): void;
  /** Bytes queued and not yet taken by the kernel. */
  bufferedBytes(): number;
  /** Asks for an end; `closed` follows, for a peer which reads nothing only when its connection ends. */
  close(code: number, reason: string): void;
}

export interface Http {
  /** @throws {FramewireError} `USAGE` when the address cannot be listened on. */
  serve(address: Address, handler: HttpHandler): HttpListener;
  /** Turns a request into a WebSocket; return `response` from the handler. */
  upgrade(request: Request, events: SocketEvents): { response: Response; socket: ServerSocket };
}

/** The machine's HTTP. */
export const systemHttp: Http = {
  serve(address, handler) {
    let server: Deno.HttpServer<Deno.NetAddr>;
    try {
      server = Deno.serve({ ...address, onListen: () => {} }, (request, info) => {
        return handler(request, `${info.remoteAddr.hostname}:${info.remoteAddr.port}`);
      });
    } catch (cause) {
      const text = `Cannot listen on ${address.hostname}:${address.port} for HTTP: ${messageOf(cause)}`;
      throw new FramewireError("USAGE", text, { cause });
    }
    const { hostname, port } = server.addr;
    return { hostname, port, finished: server.finished, shutdown: () => server.shutdown() };
  },

  upgrade(request, events) {
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: SOCKET_IDLE_SECONDS });
    let ended = false;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => events.opened();
    socket.onmessage = ({ data }) => events.received(data);
    // An error is always followed by a close event.
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = () => {
      if (ended) return;
      ended = true;
      events.closed();
    };
    return {
      response,
      socket: {
        send(message) {
          if (socket.readyState === WebSocket.OPEN) socket.send(message);
        },
        bufferedBytes: () => socket.bufferedAmount,
        close(code, reason) {
          if (socket.readyState <= WebSocket.OPEN) socket.close(code, reason);
        },
      },
    };
  },
};
