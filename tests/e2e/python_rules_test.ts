/** The example in Python against a server of which each step is written here: what a real one does seldom or never. */
import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { encodeFrame } from "../../lib/framing/frame_encoder.ts";
import { FrameDecoder } from "../../lib/framing/frame_decoder.ts";
import { chunkChecksum, endOfClip } from "../../lib/protocol/chunk_frame.ts";
import { decodeMessage, encodeMessage } from "../../lib/protocol/codec.ts";
import type { HeldRange, Message, MessageKind } from "../../lib/protocol/message.ts";
import { findPython } from "../../tools/outside_tools.ts";
import { PROJECT_ROOT } from "../helpers/programs.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { Subprocess } from "../helpers/subprocess.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

const KIB = 1024;
const CHUNK_BYTES = 64 * KIB;
const python = await findPython();
const ignore = python === null && Deno.env.get("CI") !== "true";

/** A server's end of one connection, which does what the test says. */
class ScriptedServer implements Disposable {
  readonly #conn: Deno.Conn;
  readonly #decoder = new FrameDecoder(8 * KIB * KIB);
  #closed = false;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Sends frames in one write after the other. */
  async send(...frames: readonly (Message | Uint8Array)[]): Promise<void> {
    for (const frame of frames) {
      const bytes = frame instanceof Uint8Array ? frame : encodeMessage(frame);
      for (let done = 0; done < bytes.length;) done += await this.#conn.write(bytes.subarray(done));
    }
  }

  /** The next message, which must be of this kind. */
  async expect<K extends MessageKind>(kind: K): Promise<Extract<Message, { kind: K }>> {
    while (true) {
      const bytes = this.#decoder.next();
      if (bytes !== undefined) {
        const message = decodeMessage(bytes.slice());
        assertEquals(message.kind, kind);
        return message as Extract<Message, { kind: K }>;
      }
      const count = await this.#conn.read(this.#decoder.room());
      assert(count !== null, `the client closed before ${kind}`);
      this.#decoder.filled(count);
    }
  }

  async welcome(windowBytes: number): Promise<void> {
    const limits = { messageBytesMax: 8 * KIB * KIB, chunkBytesMax: 256 * KIB, pingIntervalMs: 5000, streamsMax: 1 };
    const head = { kind: "welcome", protocolVersion: 1, software: "script", unixMs: 0, httpUrl: "" } as const;
    await this.expect("hello");
    await this.send({ ...head, ...limits, windowBytes, unfinished: [] });
  }

  accept(held: readonly HeldRange[]): Promise<void> {
    return this.send({ kind: "clipAccepted", stream: 1, clipId: "id", held, storedName: "clip.bin" });
  }

  ack(received: number, stored: number): Promise<void> {
    return this.send({ kind: "ack", stream: 1, received, stored, clipStored: null });
  }

  /** Takes a chunk which begins at `offset`; its checksum must be right. */
  async chunk(offset: number, content: Uint8Array): Promise<void> {
    const message = await this.expect("videoData");
    assertEquals([message.offset, message.isEnd], [offset, false]);
    assertEquals(message.crc32, chunkChecksum(message.stream, offset, message.chunk));
    assertEquals(message.chunk, content.subarray(offset, offset + message.chunk.length));
    assertEquals(message.chunk.length, Math.min(CHUNK_BYTES, content.length - offset));
  }

  /** Says that all is stored, and takes the goodbye. */
  async finish(sentBytes: number): Promise<void> {
    const clipStored = { clipId: "id", storedName: "clip.bin", alreadyThere: false, url: "" };
    await this.send({ kind: "ack", stream: 1, received: sentBytes, stored: sentBytes, clipStored });
    await this.expect("goodbye");
  }

  /** Takes the end of a clip of this content. */
  async end(content: Uint8Array): Promise<void> {
    const end = await this.expect("videoData");
    assertEquals(end, endOfClip(1, content.length, sha256(content)));
  }

  close(): void {
    if (!this.#closed) this.#conn.close();
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Runs the example with a file of this content against the script; resolves with what it printed. */
async function play(content: Uint8Array, script: (server: ScriptedServer) => Promise<void>) {
  assert(
    python !== null,
    "Cannot test the example as no python3 has google.protobuf: apt-get install python3-protobuf",
  );
  await using folder = await tempFolder();
  await Deno.writeFile(folder.join("clip.bin"), content);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${listener.addr.port}`;
  await using program = Subprocess.start({
    command: [
      python,
      "-B",
      `${PROJECT_ROOT}examples/python/send_clip.py`,
      "--server",
      address,
      folder.join("clip.bin"),
    ],
  });
  using server = new ScriptedServer(await listener.accept());
  await script(server);
  const { code } = await program.stopped;
  return { code, stdout: program.stdoutLines.join("\n"), stderr: program.stderr() };
}

Deno.test({ name: "send_clip.py: never has more on its way than the window allows", ignore }, async () => {
  const content = new SeededRandom(1).bytes(5 * CHUNK_BYTES);
  const { code } = await play(content, async (server) => {
    await server.welcome(2 * CHUNK_BYTES);
    await server.expect("openClip");
    await server.accept([]);
    await server.chunk(0, content);
    await server.chunk(CHUNK_BYTES, content);
    // Received is no credit: the answer to a ping is the next that comes.
    await server.ack(2 * CHUNK_BYTES, 0);
    await server.send({ kind: "ping", nonce: 9n });
    assertEquals((await server.expect("pong")).nonce, 9n);
    await server.ack(2 * CHUNK_BYTES, CHUNK_BYTES);
    await server.chunk(2 * CHUNK_BYTES, content);
    await server.send({ kind: "ping", nonce: 10n });
    await server.expect("pong");
    await server.ack(3 * CHUNK_BYTES, 3 * CHUNK_BYTES);
    await server.chunk(3 * CHUNK_BYTES, content);
    await server.chunk(4 * CHUNK_BYTES, content);
    await server.end(content);
    await server.finish(content.length);
  });
  assertEquals(code, 0);
});

Deno.test(
  { name: "send_clip.py: sends again what is asked for, the end too, and nothing that it has not", ignore },
  async () => {
    const content = new SeededRandom(2).bytes(2 * CHUNK_BYTES + 5);
    const { code, stdout } = await play(content, async (server) => {
      await server.welcome(1024 * KIB);
      await server.expect("openClip");
      await server.accept([]);
      for (const offset of [0, CHUNK_BYTES, 2 * CHUNK_BYTES]) await server.chunk(offset, content);
      await server.end(content);
      await server.send({ kind: "resend", stream: 1, offset: CHUNK_BYTES, bytes: CHUNK_BYTES + 5 });
      await server.chunk(CHUNK_BYTES, content);
      await server.chunk(2 * CHUNK_BYTES, content);
      // Of a damaged chunk whose offset is wrong; the pong is the next that comes, and so no second end.
      await server.send({ kind: "resend", stream: 1, offset: CHUNK_BYTES + 6, bytes: CHUNK_BYTES });
      await server.send({ kind: "ping", nonce: 1n });
      await server.expect("pong");
      for (const offset of [0, content.length]) {
        await server.send({ kind: "resend", stream: 1, offset, bytes: 0 });
        await server.end(content);
      }
      await server.finish(content.length + CHUNK_BYTES + 5);
    });
    assertEquals([code, stdout.includes(`sent ${content.length + CHUNK_BYTES + 5} of`)], [0, true]);
  },
);

Deno.test({ name: "send_clip.py: sends the gaps between what is held, whatever else it hears", ignore }, async () => {
  const content = new SeededRandom(3).bytes(4 * CHUNK_BYTES);
  const held = [[CHUNK_BYTES, 2 * CHUNK_BYTES], [3 * CHUNK_BYTES, content.length]]
    .map(([start, end]) => ({ start: start!, end: end!, sha256: sha256(content.subarray(start, end)) }));
  const unknown = encodeFrame(Uint8Array.of(0xc2, 0x3e, 1, 1));
  const { code } = await play(content, async (server) => {
    await server.welcome(1024 * KIB);
    assertEquals((await server.expect("openClip")).resumeClipId, null);
    await server.send(unknown, { kind: "clipOffer", stream: 1, wantSha256: false, clipId: "id", held });
    const { resumeClipId, fresh, name, bytes } = await server.expect("openClip");
    assertEquals([resumeClipId, fresh, name, bytes], ["id", false, "clip.bin", content.length]);
    await server.send(unknown);
    await server.accept(held);
    await server.chunk(0, content);
    await server.send(unknown);
    await server.chunk(2 * CHUNK_BYTES, content);
    await server.end(content);
    await server.finish(2 * CHUNK_BYTES);
  });
  assertEquals(code, 0);
});

Deno.test({ name: "send_clip.py: a connection cut inside a message is no success", ignore }, async () => {
  const { code, stdout, stderr } = await play(new Uint8Array(10), async (server) => {
    await server.welcome(1024 * KIB);
    await server.expect("openClip");
    await server.send(Uint8Array.of(0, 0, 0, 50, 1));
    server.close();
  });
  assertEquals([code, stdout, stderr.includes("closed the connection")], [4, "", true]);
});

Deno.test({ name: "send_clip.py: a server which is full is one to try again", ignore }, async () => {
  const { code, stderr } = await play(new Uint8Array(10), async (server) => {
    await server.welcome(1024 * KIB);
    await server.expect("openClip");
    const error = { kind: "error", stream: 1, code: "NO_SPACE", text: "Full", retryable: true } as const;
    await server.send({ ...error, retryAfterMs: 30_000 });
  });
  assertEquals([code, stderr.trim()], [4, "NO_SPACE: Full; try again in 30000 ms"]);
});
