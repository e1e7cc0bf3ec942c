import type { Connection } from "../../lib/platform/network.ts";
import { encodeMessage } from "../../lib/protocol/codec.ts";
import type { Message } from "../../lib/protocol/message.ts";
import type { Role } from "../../lib/protocol/session_rules.ts";
import type { CloseReason } from "../../lib/session/close_reason.ts";
import { Session } from "../../lib/session/session.ts";
import { decodeMessage } from "../../lib/protocol/codec.ts";
import { FrameDecoder } from "../../lib/framing/frame_decoder.ts";
import { MadeUpClock } from "./made_up_clock.ts";
import { type MemoryLink, MemoryNetwork, type MemoryNetworkOptions } from "./memory_network.ts";

const ADDRESS = { hostname: "server.test", port: 1 };

/** A connection inside the process, seen from both sides and from the wire. */
export interface ConnectionPair {
  readonly clock: MadeUpClock;
  readonly box: Connection;
  readonly server: Connection;
  readonly link: MemoryLink;
}

export async function connectionPair(options: MemoryNetworkOptions = {}): Promise<ConnectionPair> {
  const clock = new MadeUpClock();
  const network = new MemoryNetwork({ clock, ...options });
  const listener = network.listen(ADDRESS);
  const accepted = listener.accept();
  const box = await clock.runUntil(network.connect(ADDRESS));
  const server = await accepted;
  listener.close();
  return { clock, box, server, link: network.lastLink };
}

/** A session which keeps what it receives. */
export class RunningSession {
  readonly session: Session;
  readonly received: Message[] = [];
  readonly done: Promise<CloseReason>;
  reason: CloseReason | undefined;
  /** Called with each message; nothing more is read before it resolves. */
  handle: (message: Message) => Promise<void> | void = () => {};

  constructor(role: Role, connection: Connection, clock: MadeUpClock) {
    this.session = new Session(role, connection, clock);
    this.done = this.session.run({
      receive: (message) => {
        this.received.push(message);
        return this.handle(message);
      },
    });
    this.done.then((reason) => this.reason = reason);
  }

  /** How it ended: word and code, `lost CONNECTION_LOST`. */
  get ending(): string {
    if (this.reason === undefined) return "running";
    return this.reason.error === null ? this.reason.word : `${this.reason.word} ${this.reason.error.code}`;
  }
}

/** The other end of a session, by hand: sends what it is told, and keeps what comes. */
export class RawPeer {
  readonly received: Message[] = [];
  /** Whether the other side has ended its direction. */
  ended = false;
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Reads everything until the end; call without waiting. */
  async readAll(): Promise<void> {
    const decoder = new FrameDecoder(8 * 1024 * 1024);
    try {
      for (;;) {
        const count = await this.#connection.read(decoder.room());
        if (count === null) break;
        decoder.filled(count);
        for (let bytes = decoder.next(); bytes !== undefined; bytes = decoder.next()) {
          const message = decodeMessage(bytes);
          this.received.push(message.kind === "videoData" ? { ...message, chunk: message.chunk.slice() } : message);
        }
      }
      this.ended = true;
    } catch {
      // Reset or closed: `ended` stays false.
    }
  }

  async send(message: Message): Promise<void> {
    await this.sendBytes(encodeMessage(message));
  }

  async sendBytes(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) done += await this.#connection.write(bytes.subarray(done));
  }

  async closeWrite(): Promise<void> {
    await this.#connection.closeWrite();
  }

  close(): void {
    this.#connection.close();
  }
}
