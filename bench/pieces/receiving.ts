/** Taking bytes from a connection: the ways that Deno offers, and the project's own on top. */
import { fileURLToPath } from "node:url";
import { FrameDecoder } from "../../lib/framing/frame_decoder.ts";
import { listenWithReadyLine } from "../processes.ts";
import type { Group } from "./piece.ts";

const PROGRAM = fileURLToPath(new URL("./receiving_source.ts", import.meta.url));
const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;

/** Starts the other side, a process of its own, which sends messages of 256 KiB as fast as they are taken. */
export async function receiving(): Promise<Group> {
  const source = await listenWithReadyLine(Deno.execPath(), ["run", "-A", "--no-lock", PROGRAM]);
  const connect = () => Deno.connect({ hostname: "127.0.0.1", port: Number(source.ready["port"]) });
  return {
    title: "Receiving messages of 256 KiB",
    unit: "bytes",
    variants: [
      { name: "conn.readable", run: async () => await readStream(await connect()) },
      { name: "conn.read, 64 KiB reused", run: async () => await readInto(await connect(), new Uint8Array(65536)) },
      { name: "conn.read, 256 KiB reused", run: async () => await readInto(await connect(), new Uint8Array(262144)) },
      { name: "FrameDecoder over conn.read", run: async () => await readMessages(await connect()) },
    ],
    close: () => source.stop(),
  };
}

async function readStream(connection: Deno.Conn): Promise<number> {
  let bytes = 0;
  for await (const piece of connection.readable) bytes += piece.length;
  return bytes;
}

async function readInto(connection: Deno.Conn, buffer: Uint8Array): Promise<number> {
  using _ = connection;
  let bytes = 0;
  while (true) {
    const read = await connection.read(buffer);
    if (read === null) return bytes;
    bytes += read;
  }
}

async function readMessages(connection: Deno.Conn): Promise<number> {
  using _ = connection;
  const decoder = new FrameDecoder(MESSAGE_BYTES_MAX);
  let bytes = 0;
  while (true) {
    const read = await connection.read(decoder.room());
    if (read === null) break;
    decoder.filled(read);
    while (decoder.next() !== undefined);
    bytes += read;
  }
  decoder.end();
  return bytes;
}
