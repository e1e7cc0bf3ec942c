import { FrameDecoder } from "../../lib/framing/frame_decoder.ts";
import { chunkChecksum, endOfClip } from "../../lib/protocol/chunk_frame.ts";
import { decodeMessage, encodeMessage } from "../../lib/protocol/codec.ts";
import type { ClipStored, Message, MessageKind, OpenClip, Welcome } from "../../lib/protocol/message.ts";
import { createHash } from "node:crypto";

const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;

/**
 * A box which does what it is told and nothing else: for tests of what a real one never does.
 *
 * @example
 * ```ts
 * await using box = await RawBox.connect(server.listen);
 * await box.hello("greenhouse");
 * await box.upload("a.txt", new TextEncoder().encode("hello"));
 * ```
 */
export class RawBox implements AsyncDisposable {
  readonly #conn: Deno.TcpConn;
  readonly #decoder = new FrameDecoder(MESSAGE_BYTES_MAX);
  #closed = false;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Connects to HOST:PORT and says nothing. */
  static async connect(listen: string): Promise<RawBox> {
    const { hostname, port } = new URL(`tcp://${listen}`);
    const conn = await Deno.connect({ hostname, port: Number(port) });
    conn.setNoDelay(true);
    return new RawBox(conn);
  }

  /** Writes bytes as they are. Rejects once the server has closed. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) done += await this.#conn.write(bytes.subarray(done));
  }

  send(message: Message): Promise<void> {
    return this.write(encodeMessage(message));
  }

  /** Sends a chunk with the right checksum, unless another is given. */
  chunk(
    stream: number,
    offset: number,
    chunk: Uint8Array,
    crc32 = chunkChecksum(stream, offset, chunk),
  ): Promise<void> {
    return this.send({ kind: "videoData", stream, offset, chunk, crc32, isEnd: false, sha256: null });
  }

  /** The next message; undefined at the end, however the server ended it. A chunk in it is the box's own. */
  async next(): Promise<Message | undefined> {
    while (true) {
      const bytes = this.#decoder.next();
      if (bytes !== undefined) return decodeMessage(bytes.slice());
      const count = await this.#conn.read(this.#decoder.room()).catch(() => null);
      if (count === null) return undefined;
      this.#decoder.filled(count);
    }
  }

  /** The next message of a kind; others are passed over. @throws {Error} at the end, with the server's error if any. */
  async expect<K extends MessageKind>(kind: K): Promise<Extract<Message, { kind: K }>> {
    while (true) {
      const message = await this.next();
      if (message === undefined) throw new Error(`Connection ended before ${kind}`);
      if (message.kind === kind) return message as Extract<Message, { kind: K }>;
      if (message.kind === "ping") await this.send({ kind: "pong", nonce: message.nonce, unixMs: Date.now() });
      if (message.kind === "error") throw new Error(`${message.code}: ${message.text}`);
    }
  }

  /** Reads until the server closes; the code of the last error it sent, if any. */
  async endedWith(): Promise<string | undefined> {
    let code: string | undefined;
    for (let message = await this.next(); message !== undefined; message = await this.next()) {
      if (message.kind === "error") code = message.code;
    }
    return code;
  }

  async hello(device: string): Promise<Welcome> {
    await this.send({ kind: "hello", protocolVersion: 1, device, token: "", software: "raw box", unixMs: Date.now() });
    return await this.expect("welcome");
  }

  async open(stream: number, name: string, bytes: number | null, more: Partial<OpenClip> = {}): Promise<void> {
    const rest = { sha256: null, modifiedMs: null, resumeClipId: null, fresh: true };
    await this.send({ kind: "openClip", stream, name, bytes, ...rest, ...more });
  }

  /** Sends a clip whole, in chunks of `chunkBytes`, and waits until it is stored. */
  async upload(name: string, content: Uint8Array, stream = 1, chunkBytes = 64 * 1024): Promise<ClipStored> {
    await this.open(stream, name, content.length);
    while ((await this.expect("clipAccepted")).stream !== stream);
    for (let at = 0; at < content.length; at += chunkBytes) {
      await this.chunk(stream, at, content.subarray(at, at + chunkBytes));
    }
    const sha256 = createHash("sha256").update(content).digest("hex");
    await this.send(endOfClip(stream, content.length, sha256));
    while (true) {
      const ack = await this.expect("ack");
      if (ack.stream === stream && ack.clipStored !== null) return ack.clipStored;
    }
  }

  close(): void {
    if (!this.#closed) this.#conn.close();
    this.#closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}
