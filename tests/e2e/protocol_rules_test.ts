/** What docs/PROTOCOL.md says of the server, asked of the real one. */
import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { LIMITS } from "../../lib/config/limits.ts";
import { chunkChecksum } from "../../lib/protocol/chunk_frame.ts";
import type { ErrorMessage, Message } from "../../lib/protocol/message.ts";
import { startServer } from "../helpers/programs.ts";
import { RawBox } from "../helpers/raw_box.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const KIB = 1024;
const content = new SeededRandom(1).bytes(96 * KIB);
const sha256 = hashOf(content);
const NOTHING = new Uint8Array(0);
const HELLO = { kind: "hello", protocolVersion: 1, device: "rules", token: "", software: "", unixMs: 0 } as const;

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function connected(listen: string): Promise<RawBox> {
  const box = await RawBox.connect(listen);
  await box.hello("rules");
  return box;
}

/** The next message which is no heartbeat and no ack of bytes. */
async function answer(box: RawBox): Promise<Message> {
  while (true) {
    const message = await box.next();
    assert(message !== undefined, "the connection ended");
    if (message.kind === "ping" || (message.kind === "ack" && message.clipStored === null)) continue;
    return message;
  }
}

async function refusal(box: RawBox): Promise<Pick<ErrorMessage, "code" | "stream">> {
  const message = await answer(box);
  assert(message.kind === "error", `received ${message.kind}`);
  return { code: message.code, stream: message.stream };
}

/** Sends the first `bytes` of the content on stream 1, and leaves when they are durable. */
async function leaveUnfinished(listen: string, name: string, bytes: number): Promise<string> {
  await using box = await connected(listen);
  await box.open(1, name, content.length);
  const { clipId } = await box.expect("clipAccepted");
  await box.chunk(1, 0, content.subarray(0, bytes));
  while ((await box.expect("ack")).stored < bytes);
  return clipId;
}

function end(box: RawBox, stream: number, offset: number, hash: string | null): Promise<void> {
  const crc32 = chunkChecksum(stream, offset, NOTHING, hash);
  return box.send({ kind: "videoData", stream, offset, chunk: NOTHING, crc32, isEnd: true, sha256: hash });
}

Deno.test("rules: the branches of an opening", async (t) => {
  await using server = await startServer();
  await using box = await connected(server.listen);
  let stream = 0;
  const size = content.length;
  const clipId = await leaveUnfinished(server.listen, "half", 64 * KIB);

  await t.step("an unfinished clip is offered, with the hashes of its ranges", async () => {
    await box.open(++stream, "half", size, { fresh: false });
    const held = [{ start: 0, end: 64 * KIB, sha256: hashOf(content.subarray(0, 64 * KIB)) }];
    assertEquals(await answer(box), { kind: "clipOffer", stream, wantSha256: false, clipId, held });
  });
  await t.step("the offer is taken with the same stream number, and continued", async () => {
    await box.open(stream, "half", size, { fresh: false, resumeClipId: clipId });
    const held = [{ start: 0, end: 64 * KIB, sha256: null }];
    assertEquals(await answer(box), { kind: "clipAccepted", stream, clipId, held, storedName: "half" });
    await box.chunk(stream, 64 * KIB, content.subarray(64 * KIB));
    await end(box, stream, size, sha256);
    const stored = await answer(box);
    assert(stored.kind === "ack");
    assertEquals([stored.received, stored.stored], [32 * KIB, 32 * KIB]);
    assertEquals(stored.clipStored?.alreadyThere, false);
  });
  await t.step("a clip which is whole meanwhile is resumed into clip_stored", async () => {
    await box.open(++stream, "half", size, { fresh: false, resumeClipId: clipId });
    const stored = await answer(box);
    assert(stored.kind === "ack" && stored.clipStored?.clipId === clipId);
  });
  await t.step("a whole clip makes the server ask for the hash; the same hash is already there", async () => {
    await box.open(++stream, "half", size, { fresh: false });
    assertEquals(await answer(box), { kind: "clipOffer", stream, wantSha256: true, clipId: null, held: [] });
    await box.open(stream, "half", size, { fresh: false, sha256 });
    const stored = await answer(box);
    assert(stored.kind === "ack" && stored.clipStored?.alreadyThere === true);
  });
  await t.step("another hash is another clip, kept beside it", async () => {
    await box.open(++stream, "half", size, { fresh: false, sha256: hashOf(NOTHING) });
    const accepted = await answer(box);
    assert(accepted.kind === "clipAccepted" && accepted.storedName !== "half");
    await box.send({ kind: "closeStream", stream, discard: true, reason: "" });
  });
  await t.step("both: the hash first, then what is unfinished", async () => {
    const other = await leaveUnfinished(server.listen, "half", KIB);
    await box.open(++stream, "half", size, { fresh: false });
    const both = await answer(box);
    assert(both.kind === "clipOffer" && both.wantSha256 && both.clipId === other);
    await box.open(stream, "half", size, { fresh: false, sha256: hashOf(NOTHING) });
    const offer = await answer(box);
    assert(offer.kind === "clipOffer" && !offer.wantSha256 && offer.clipId === other);
  });
  await t.step("two streams which ask for the same name and size are offered one each", async () => {
    {
      await using twins = await connected(server.listen);
      for (const number of [1, 2]) await twins.open(number, "twin", size);
      for (const _ of [1, 2]) await twins.expect("clipAccepted");
      for (const number of [1, 2]) await twins.chunk(number, 0, content.subarray(0, KIB));
      const stored = [0, 0, 0];
      while (stored[1] !== KIB || stored[2] !== KIB) {
        const ack = await twins.expect("ack");
        stored[ack.stream] = ack.stored;
      }
    }
    const offered: (string | null)[] = [];
    for (const number of [++stream, ++stream]) await box.open(number, "twin", size, { fresh: false });
    for (const _ of [1, 2]) offered.push((await box.expect("clipOffer")).clipId);
    assert(offered[0] !== null && offered[1] !== null && offered[0] !== offered[1], offered.join());
  });
  await t.step("what is not held is UNKNOWN_CLIP; the connection goes on", async () => {
    await box.open(++stream, "half", size, { fresh: false, resumeClipId: "nothing" });
    assertEquals(await refusal(box), { code: "UNKNOWN_CLIP", stream });
  });
  await t.step("names of no and of too many bytes", async () => {
    for (const name of ["", "ä".repeat(LIMITS.clipNameBytesMax / 2 + 1)]) {
      await box.open(++stream, name, 1);
      assertEquals(await refusal(box), { code: "INVALID_NAME", stream });
    }
  });
});

Deno.test("rules: chunks in any order, damaged ones alone again, the end once", async () => {
  await using server = await startServer();
  await using box = await connected(server.listen);
  await box.open(1, "a", content.length);
  await box.expect("clipAccepted");
  const resend = { kind: "resend", stream: 1 } as const;
  await box.chunk(1, 64 * KIB, content.subarray(64 * KIB));
  await box.chunk(1, 0, content.subarray(0, 32 * KIB), 1);
  // The damaged one is asked for at once; what is missing, and the end again behind it, at the end.
  assertEquals(await answer(box), { ...resend, offset: 0, bytes: 32 * KIB });
  await box.chunk(1, 0, content.subarray(0, 32 * KIB));
  await end(box, 1, content.length, sha256);
  assertEquals(await answer(box), { ...resend, offset: 32 * KIB, bytes: 32 * KIB });
  assertEquals(await answer(box), { ...resend, offset: 0, bytes: 0 });
  // What was asked for may not come, as its Resend was damaged: the next end asks again.
  await end(box, 1, content.length, sha256);
  assertEquals(await answer(box), { ...resend, offset: 32 * KIB, bytes: 32 * KIB });
  assertEquals(await answer(box), { ...resend, offset: 0, bytes: 0 });
  await box.chunk(1, 32 * KIB, content.subarray(32 * KIB, 64 * KIB));
  // Twice, and behind all that was needed.
  await box.chunk(1, 0, content.subarray(0, 32 * KIB));
  await end(box, 1, content.length, sha256);
  const stored = await answer(box);
  assert(stored.kind === "ack" && stored.clipStored !== null);
  // Damaged bytes count, too; those behind the last that was needed do not.
  assertEquals([stored.received, stored.stored], [content.length + 32 * KIB, content.length + 32 * KIB]);
  assertEquals(await Deno.readFile(`${server.data}/clips/rules/a`), content);
});

Deno.test("rules: what loses a stream, and leaves the others", async () => {
  await using server = await startServer();
  await using box = await connected(server.listen);
  const breaches: readonly (readonly [string, (stream: number) => Promise<void>])[] = [
    ["INVALID_RANGE", (stream) => box.chunk(stream, 5, content.subarray(0, 6))],
    ["INVALID_RANGE", (stream) => box.chunk(stream, 0, new Uint8Array(LIMITS.chunkBytesMax + 1))],
    ["INVALID_RANGE", (stream) => end(box, stream, 9, sha256)],
    ["MALFORMED", (stream) => end(box, stream, 10, null)],
    ["HASH_MISMATCH", async (stream) => {
      await box.chunk(stream, 0, content.subarray(0, 10));
      await end(box, stream, 10, sha256);
    }],
  ];
  let stream = 0;
  for (const [code, breach] of breaches) {
    await box.open(++stream, `a${stream}`, 10);
    await box.expect("clipAccepted");
    await breach(stream);
    assertEquals(await refusal(box), { code, stream });
    // On its way when the error came.
    await box.chunk(stream, 0, content.subarray(0, 10));
  }
  await box.upload("last", content, ++stream);
});

Deno.test("rules: more than 64 separate ranges lose the stream", async () => {
  await using server = await startServer();
  await using box = await connected(server.listen);
  await box.open(1, "a", 1000);
  await box.expect("clipAccepted");
  for (let at = 0; at <= LIMITS.rangesPerClipMax; at++) await box.chunk(1, at * 2, content.subarray(0, 1));
  assertEquals(await refusal(box), { code: "INVALID_RANGE", stream: 1 });
});

Deno.test("rules: more streams than may be open lose the new one", async () => {
  await using server = await startServer();
  await using box = await connected(server.listen);
  for (let stream = 1; stream <= LIMITS.streamsPerConnectionMax; stream++) {
    await box.open(stream, `a${stream}`, 1);
    await box.expect("clipAccepted");
  }
  const stream = LIMITS.streamsPerConnectionMax + 1;
  await box.open(stream, "one more", 1);
  assertEquals(await refusal(box), { code: "STREAMS_EXHAUSTED", stream });
});

Deno.test("rules: what ends the connection", async (t) => {
  await using server = await startServer();
  const breaches: Record<string, readonly [string, (box: RawBox) => Promise<void>]> = {
    "a second Hello": ["UNEXPECTED_MESSAGE", (box) => box.send(HELLO)],
    "stream 0": ["UNEXPECTED_MESSAGE", (box) => box.open(0, "a", 1)],
    "a stream below the highest": ["UNEXPECTED_MESSAGE", async (box) => {
      await box.open(2, "a", 1);
      await box.expect("clipAccepted");
      await box.open(1, "b", 1);
    }],
    "a chunk of a stream which was never opened": ["UNEXPECTED_MESSAGE", (box) => box.chunk(3, 0, content)],
    "a chunk while an offer waits": ["UNEXPECTED_MESSAGE", async (box) => {
      await leaveUnfinished(server.listen, "offered", KIB);
      await box.open(1, "offered", content.length, { fresh: false });
      await box.expect("clipOffer");
      await box.chunk(1, KIB, content.subarray(KIB));
    }],
    "damaged chunks without end": ["BAD_CHECKSUM", async (box) => {
      await box.open(1, "damaged", content.length);
      await box.expect("clipAccepted");
      for (let count = 0; count <= LIMITS.badChunksMax; count++) await box.chunk(1, 0, content.subarray(0, 1), 1);
    }],
    "a size above the largest": ["MALFORMED", (box) => box.open(1, "a", LIMITS.clipBytesMax + 1)],
    "a message too large": ["MESSAGE_TOO_LARGE", (box) => box.write(Uint8Array.of(0, 0x80, 0, 1))],
    "an empty message": ["MESSAGE_EMPTY", (box) => box.write(new Uint8Array(4))],
    "bytes which are no Envelope": ["MALFORMED", (box) => box.write(Uint8Array.of(0, 0, 0, 2, 0xff, 0xff))],
  };
  for (const [what, [code, breach]] of Object.entries(breaches)) {
    await t.step(what, async () => {
      await using box = await connected(server.listen);
      // The answer to a breach may come while more of it is being sent.
      await breach(box).catch(() => {});
      assertEquals(await box.endedWith(), code);
    });
  }
});

Deno.test("rules: a new connection takes a clip over from one which is still there", async () => {
  await using server = await startServer();
  await using old = await connected(server.listen);
  await old.open(1, "a", content.length);
  const { clipId } = await old.expect("clipAccepted");
  await old.chunk(1, 0, content.subarray(0, 32 * KIB));
  await old.expect("ack");
  await using box = await connected(server.listen);
  await box.open(1, "a", content.length, { fresh: false, resumeClipId: clipId });
  const { held } = await box.expect("clipAccepted");
  assertEquals(held, [{ start: 0, end: 32 * KIB, sha256: null }]);
  assertEquals(await refusal(old), { code: "SUPERSEDED", stream: 1 });
  await old.chunk(1, 32 * KIB, content.subarray(32 * KIB, 64 * KIB));
  await old.upload("b", content, 2);
  await box.chunk(1, 32 * KIB, content.subarray(32 * KIB));
  await end(box, 1, content.length, sha256);
  const stored = await answer(box);
  assert(stored.kind === "ack" && stored.clipStored !== null);
  assertEquals(await Deno.readFile(`${server.data}/clips/rules/a`), content);
});

Deno.test("rules: a Goodbye is answered by one, and then by the end", async () => {
  await using server = await startServer();
  await using box = await connected(server.listen);
  await box.upload("a", content);
  await box.send({ kind: "goodbye", reason: "" });
  assertEquals((await answer(box)).kind, "goodbye");
  assertEquals(await box.next(), undefined);
});
