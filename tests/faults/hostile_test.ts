import { createHash } from "node:crypto";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { endOfClip } from "../../lib/protocol/chunk_frame.ts";
import type { OpenClip } from "../../lib/protocol/message.ts";
import { assertClips, randomFile, storedEvent } from "../helpers/clip_files.ts";
import { faultProxy } from "../helpers/fault_proxy.ts";
import { type ServerProgram, startSend, startServer } from "../helpers/programs.ts";
import { RawBox } from "../helpers/raw_box.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

/** Waits for the server's last word at most this long, ms. */
const END_DEADLINE_MS = 30_000;

const encoder = new TextEncoder();
const KIB = 1024;

/** Runs `attack` while a normal upload runs beside it, which must not notice. */
async function besideAnUpload(
  attack: (listen: string, server: ServerProgram) => Promise<void>,
  clips: Readonly<Record<string, string>> = {},
): Promise<void> {
  await using folder = await tempFolder();
  await using server = await startServer();
  await using proxy = await faultProxy(server.listen, { up: { bytesPerSecond: 20_000_000 } });
  const file = await randomFile(folder.join("clip.bin"), 20_000_000, 1);
  await using send = startSend(["--server", proxy.address, "--device", "box", "--file", file.path]);
  await send.process.event((event) => event["event"] === "connected", { what: "the upload to start" });
  await attack(server.listen, server);
  const result = await send.result;
  const stored = storedEvent(result);
  assertEquals([stored["sha256"], stored["sentBytes"]], [file.sha256, file.bytes]);
  assertEquals(result.events.filter((event) => event["event"] === "interrupted"), []);
  await assertClips(server.data, { "box/clip.bin": file.sha256, ...clips });
  assert(server.peakRssBytes() < 150_000_000, `server used ${server.peakRssBytes()} bytes`);
  assertEquals((await server.kill("SIGTERM")).code, 0, server.stderr());
}

/** The code with which the server ends a connection. */
async function endOf(box: RawBox): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => timer = setTimeout(() => resolve("still open"), END_DEADLINE_MS));
  const code = await Promise.race([box.endedWith(), late]);
  clearTimeout(timer);
  return code;
}

/** Strangers: their bytes, and the code they are sent away with. */
const STRANGERS: readonly { who: string; bytes: Uint8Array; code: string }[] = [
  { who: "HTTP", bytes: encoder.encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), code: "MESSAGE_TOO_LARGE" },
  { who: "TLS", bytes: Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0, 1, 0, 1, 0xfc, 3, 3), code: "MESSAGE_TOO_LARGE" },
  { who: "4 GiB", bytes: Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0), code: "MESSAGE_TOO_LARGE" },
  { who: "an empty message", bytes: new Uint8Array(4), code: "MESSAGE_EMPTY" },
  { who: "garbage", bytes: Uint8Array.of(0, 0, 0, 8, 255, 255, 255, 255, 255, 255, 255, 255), code: "MALFORMED" },
  { who: "an unknown message", bytes: Uint8Array.of(0, 0, 0, 3, 0xfa, 0x3f, 0), code: "UNEXPECTED_MESSAGE" },
];

Deno.test("strangers who speak something else are told so, cut, and cost nothing", async () => {
  await besideAnUpload(async (listen) => {
    for (const { who, bytes, code } of STRANGERS) {
      await using box = await RawBox.connect(listen);
      await box.write(bytes);
      assertEquals(await endOf(box), code, who);
    }
    await using box = await RawBox.connect(listen);
    await box.send({ kind: "ping", nonce: 1n });
    assertEquals(await endOf(box), "UNEXPECTED_MESSAGE");
  });
});

Deno.test("who says nothing, or one byte a second, is cut at the deadline of the handshake", async () => {
  await besideAnUpload(async (listen) => {
    await using silent = await RawBox.connect(listen);
    await using slow = await RawBox.connect(listen);
    const start = performance.now();
    // The beginning of a Hello which announces 100 bytes.
    const bytes = Uint8Array.of(0, 0, 0, 100, 0x0a, 98, 0x0a, 90);
    let at = 0;
    const drip = setInterval(() => slow.write(Uint8Array.of(bytes[at++] ?? 65)).catch(() => {}), 1_000);
    const codes = await Promise.all([endOf(silent), endOf(slow)]).finally(() => clearInterval(drip));
    assertEquals(codes, ["HANDSHAKE_TIMEOUT", "HANDSHAKE_TIMEOUT"]);
    const ms = performance.now() - start;
    assert(ms > LIMITS.handshakeTimeoutMs - 1_000 && ms < 2 * LIMITS.handshakeTimeoutMs, `cut after ${ms} ms`);
  });
});

Deno.test("a box of one byte a second is cut after its Hello, too", async () => {
  await besideAnUpload(async (listen, server) => {
    await using box = await RawBox.connect(listen);
    await box.hello("slow");
    await box.write(Uint8Array.of(0, 0, 100, 0));
    const drip = setInterval(() => box.write(Uint8Array.of(65)).catch(() => {}), 1_000);
    // It is not told: who reads as slowly as this writes would not hear it.
    assertEquals(await endOf(box).finally(() => clearInterval(drip)), undefined);
    await waitFor(() => server.stderr().includes("PEER_TOO_SLOW"), { what: "the log to tell why" });
  });
});

type Attack = { name: string; code: string; run: (box: RawBox) => Promise<void> };
const chunk = new Uint8Array(1_000);
const noHash = { sha256: null, modifiedMs: null, resumeClipId: null, fresh: true } satisfies Partial<OpenClip>;

/** What a box may not do behind its Welcome, and how the connection ends. */
const ATTACKS: readonly Attack[] = [
  { name: "a chunk of no stream", code: "UNEXPECTED_MESSAGE", run: (box) => box.chunk(1, 0, chunk) },
  {
    name: "a second Hello",
    code: "UNEXPECTED_MESSAGE",
    run: (box) => box.send({ kind: "hello", protocolVersion: 1, device: "x", token: "", software: "", unixMs: 0 }),
  },
  {
    name: "a message of the server",
    code: "UNEXPECTED_MESSAGE",
    run: (box) => box.send({ kind: "clipAccepted", stream: 1, clipId: "x", held: [], storedName: "x" }),
  },
  {
    name: "a chunk before the answer",
    code: "UNEXPECTED_MESSAGE",
    run: async (box) => {
      await box.open(1, "a", 1_000);
      await box.chunk(1, 0, chunk);
    },
  },
  {
    name: "the same stream twice",
    code: "UNEXPECTED_MESSAGE",
    run: async (box) => {
      await box.open(1, "a", 1_000);
      await box.expect("clipAccepted");
      await box.open(1, "b", 1_000);
    },
  },
  { name: "stream 0", code: "UNEXPECTED_MESSAGE", run: (box) => box.open(0, "a", 1_000) },
  {
    name: "garbage behind the Welcome",
    code: "MALFORMED",
    run: (box) => box.write(Uint8Array.of(0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff)),
  },
  {
    name: "chunks that are all damaged",
    code: "BAD_CHECKSUM",
    run: async (box) => {
      await box.open(1, "a", 1_000_000);
      await box.expect("clipAccepted");
      for (let at = 0; at <= LIMITS.badChunksMax; at++) await box.chunk(1, at * chunk.length, chunk, 1);
    },
  },
  {
    name: "a message above the limit",
    code: "MESSAGE_TOO_LARGE",
    run: (box) => box.write(Uint8Array.of(1, 0, 0, 0)),
  },
];

Deno.test("a box that breaks the rules is told which, and cut", async () => {
  await besideAnUpload(async (listen) => {
    for (const { name, code, run } of ATTACKS) {
      await using box = await RawBox.connect(listen);
      await box.hello("bad");
      await run(box);
      assertEquals(await endOf(box), code, name);
    }
  });
});

Deno.test("a clip that breaks the rules ends, its connection goes on", async () => {
  await besideAnUpload(async (listen) => {
    await using box = await RawBox.connect(listen);
    await box.hello("bad");
    const refusal = async () => {
      for (let message = await box.next(); message !== undefined; message = await box.next()) {
        if (message.kind === "error") return [message.code, message.stream];
      }
      return ["the end", -1];
    };
    await box.open(1, "beyond", 1_000);
    await box.expect("clipAccepted");
    await box.chunk(1, 999, chunk);
    assertEquals(await refusal(), ["INVALID_RANGE", 1]);
    await box.open(2, "too large a chunk", 10_000_000);
    await box.expect("clipAccepted");
    await box.chunk(2, 0, new Uint8Array(LIMITS.chunkBytesMax + 1));
    assertEquals(await refusal(), ["INVALID_RANGE", 2]);
    await box.open(3, "", 1_000);
    assertEquals(await refusal(), ["INVALID_NAME", 3]);
    await box.open(4, "n".repeat(LIMITS.clipNameBytesMax + 1), 1_000);
    assertEquals(await refusal(), ["INVALID_NAME", 4]);
    await box.open(5, "resumed", 1_000, { resumeClipId: "../../etc/passwd" });
    assertEquals(await refusal(), ["UNKNOWN_CLIP", 5]);
    await box.open(6, "wrong hash", 1_000);
    await box.expect("clipAccepted");
    await box.chunk(6, 0, chunk);
    await box.send(endOfClip(6, 1_000, "00".repeat(32)));
    assertEquals(await refusal(), ["HASH_MISMATCH", 6]);
    await box.open(7, "huge", LIMITS.clipBytesMax, noHash);
    assertEquals(await refusal(), ["NO_SPACE", 7]);
    for (let stream = 8; stream <= 8 + LIMITS.streamsPerConnectionMax; stream++) await box.open(stream, `${stream}`, 9);
    assertEquals(await refusal(), ["STREAMS_EXHAUSTED", 8 + LIMITS.streamsPerConnectionMax]);
    // Nothing that was left behind is in the way of an honest clip.
    await box.send({ kind: "closeStream", stream: 8, discard: true, reason: "" });
    await box.upload("honest", encoder.encode("honest"), 100);
  }, { "bad/honest": createHash("sha256").update("honest").digest("hex") });
});

Deno.test("a box which ignores its window never fills the server's memory", async () => {
  await besideAnUpload(async (listen) => {
    await using box = await RawBox.connect(listen);
    await box.hello("greedy");
    // Of a pipe, so that there is no size to run against.
    await box.open(1, "greedy", null);
    await box.expect("clipAccepted");
    const piece = new SeededRandom(1).bytes(256 * KIB);
    // It reads no ack, and sends what it can: the server either takes it or ends it.
    for (let at = 0; at < 400; at++) {
      const sent = await box.chunk(1, at * piece.length, piece).then(() => true, () => false);
      if (!sent) break;
    }
    await box.send({ kind: "closeStream", stream: 1, discard: true, reason: "enough" }).catch(() => {});
    await box.send({ kind: "goodbye", reason: "enough" }).catch(() => {});
    await endOf(box);
  });
});

Deno.test("300 strangers who say nothing: the oldest make room, and boxes still come in", async () => {
  await besideAnUpload(async (listen) => {
    await using strangers = new AsyncDisposableStack();
    const all: RawBox[] = [];
    for (let count = 0; count < 300; count++) all.push(strangers.use(await RawBox.connect(listen)));
    const turnedAway = await Promise.all(all.slice(0, 300 - LIMITS.strangersMax).map(endOf));
    assertEquals(new Set(turnedAway), new Set(["SERVER_BUSY"]));
    await using box = await RawBox.connect(listen);
    await box.hello("late");
  });
});

Deno.test("a connection which ends inside a message is a truncated one, also exactly behind the length", async () => {
  for (const bytes of [Uint8Array.of(0, 0), Uint8Array.of(0, 0, 0, 9), Uint8Array.of(0, 0, 0, 9, 1, 2)]) {
    await using server = await startServer();
    await using box = await RawBox.connect(server.listen);
    await box.hello("torn");
    await box.write(bytes);
    box.close();
    await waitFor(() => /"text":"Connection ended".*/.exec(server.stderr()), { what: "the server to notice" });
    assertStringIncludes(server.stderr(), "TRUNCATED");
  }
});
