/** The exchange which docs/PROTOCOL.md shows byte by byte, made by the codec of the programs. */
import { createHash } from "node:crypto";
import { LIMITS } from "../../lib/config/limits.ts";
import { PREFIX_BYTES } from "../../lib/framing/frame_decoder.ts";
import { CHUNK_HEAD_BYTES, endOfClip, frameChunk } from "../../lib/protocol/chunk_frame.ts";
import { encodeMessage } from "../../lib/protocol/codec.ts";

const CONTENT = new TextEncoder().encode("Hello, world!\n");
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");
/** 2026-01-01T00:00:00Z. */
const UNIX_MS = 1_767_225_600_000;
const CLIP_ID = "7d4c9b0e21f84a63b5d0c7e6f1a2b3c4";

/** A frame of the exchange. */
interface Step {
  readonly from: "box" | "server";
  readonly title: string;
  readonly frame: Uint8Array;
}

function chunk(stream: number, offset: number, content: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(CHUNK_HEAD_BYTES + content.length);
  buffer.set(content, CHUNK_HEAD_BYTES);
  return frameChunk(buffer, content.length, stream, offset);
}

function steps(): readonly Step[] {
  const bytes = CONTENT.length;
  const nothing = { sha256: null, modifiedMs: null, resumeClipId: null, fresh: false };
  const clipStored = { clipId: CLIP_ID, storedName: "hello.txt", alreadyThere: false, url: "" };
  const whole = { kind: "ack", stream: 1, received: bytes, stored: bytes } as const;
  return [
    {
      from: "box",
      title: "Hello",
      frame: encodeMessage({
        kind: "hello",
        protocolVersion: 1,
        device: "box-1",
        token: "",
        software: "example",
        unixMs: UNIX_MS,
      }),
    },
    {
      from: "server",
      title: "Welcome",
      frame: encodeMessage({
        kind: "welcome",
        protocolVersion: 1,
        software: "framewire",
        unixMs: UNIX_MS,
        messageBytesMax: LIMITS.messageBytesMax,
        chunkBytesMax: LIMITS.chunkBytesMax,
        windowBytes: LIMITS.windowBytes,
        pingIntervalMs: LIMITS.pingIntervalMs,
        streamsMax: LIMITS.streamsPerConnectionMax,
        httpUrl: "",
        unfinished: [],
      }),
    },
    {
      from: "box",
      title: "OpenClip, stream 1",
      frame: encodeMessage({ kind: "openClip", stream: 1, name: "hello.txt", bytes, ...nothing }),
    },
    {
      from: "server",
      title: "ClipAccepted: nothing is held",
      frame: encodeMessage({ kind: "clipAccepted", stream: 1, clipId: CLIP_ID, held: [], storedName: "hello.txt" }),
    },
    { from: "box", title: "VideoData, offset 0, all 14 bytes", frame: chunk(1, 0, CONTENT) },
    {
      from: "box",
      title: "VideoData, the end",
      frame: encodeMessage(endOfClip(1, bytes, SHA256)),
    },
    { from: "server", title: "Ack with ClipStored: done", frame: encodeMessage({ ...whole, clipStored }) },
    { from: "box", title: "Goodbye", frame: encodeMessage({ kind: "goodbye", reason: "" }) },
    { from: "server", title: "Goodbye", frame: encodeMessage({ kind: "goodbye", reason: "" }) },
  ];
}

/** The exchange as text: for each message who, what, its prefix, and its bytes with their ASCII, 16 a line. */
export function exampleExchange(): string {
  return steps().map(({ from, title, frame }) => {
    const prefix = frame.subarray(0, PREFIX_BYTES);
    const message = frame.subarray(PREFIX_BYTES);
    const lines = [`${from === "box" ? "box > server" : "server > box"}  ${title}`];
    lines.push(`  ${hex(prefix).padEnd(49)}length: ${message.length}`);
    for (let at = 0; at < message.length; at += 16) {
      const row = message.subarray(at, at + 16);
      lines.push(`  ${hex(row).padEnd(49)}|${ascii(row)}|`);
    }
    return lines.join("\n") + "\n";
  }).join("\n");
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

function ascii(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".").join("");
}
