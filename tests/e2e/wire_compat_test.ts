import { create, toBinary } from "@bufbuild/protobuf";
import { assert, assertEquals } from "@std/assert";
import { EnvelopeSchema, VideoDataSchema } from "../../gen/framewire/v1/framewire_pb.ts";
import { encodeFrame } from "../../lib/framing/frame_encoder.ts";
import { encodeMessage } from "../../lib/protocol/codec.ts";
import { type ServerProgram, startServer } from "../helpers/programs.ts";
import { RawBox } from "../helpers/raw_box.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

/** Field 1000, length-delimited: a message that no version has yet. */
const UNKNOWN_BODY = Uint8Array.of(0xc2, 0x3e, 3, 1, 2, 3);

/** A message as senders wrote it before there were Envelopes: `{video_chunk, is_end}` behind its length. */
function oldVideoData(chunk: Uint8Array<ArrayBuffer>, isEnd: boolean): Uint8Array {
  return encodeFrame(toBinary(VideoDataSchema, create(VideoDataSchema, { videoChunk: chunk, isEnd })));
}

/** The server is well: it takes a clip, has stored nothing else, and says nothing of a mistake of its own. */
async function assertUnharmed(server: ServerProgram): Promise<void> {
  await using box = await RawBox.connect(server.listen);
  await box.hello("well");
  const { storedName } = await box.upload("after.txt", new TextEncoder().encode("still here"));
  assertEquals(await Deno.readTextFile(`${server.data}/clips/well/${storedName}`), "still here");
  const folders = (await Array.fromAsync(Deno.readDir(`${server.data}/clips`))).map(({ name }) => name);
  assertEquals(folders, ["well"]);
  assert(!server.stderr().includes("INTERNAL"), server.stderr());
}

Deno.test("an older sender, which knows neither Hello nor Envelope, is told so and stores nothing", async () => {
  await using server = await startServer();
  const random = new SeededRandom(1);
  const mp4 = new TextEncoder().encode("\0\0\0\x18ftypmp42\0\0\0\0mp42isom");
  // An old message is an Envelope whose Hello is made of the chunk: most are no message at all, the last is an empty one.
  const cases: readonly (readonly [Uint8Array<ArrayBuffer>, boolean])[] = [
    [mp4, false],
    [random.bytes(1024), false],
    [new Uint8Array(0), true],
  ];
  for (const [chunk, isEnd] of cases) {
    await using box = await RawBox.connect(server.listen);
    await box.write(oldVideoData(chunk, isEnd));
    const code = await box.endedWith();
    assert(["MALFORMED", "UNSUPPORTED_VERSION", "UNEXPECTED_MESSAGE"].includes(code ?? ""), `ended with ${code}`);
  }
  await assertUnharmed(server);
});

Deno.test("the VideoData of an older sender, put into an Envelope, belongs to no stream", async () => {
  await using server = await startServer();
  await using box = await RawBox.connect(server.listen);
  await box.hello("old");
  const value = { videoChunk: new Uint8Array([1, 2, 3]), isEnd: true };
  await box.write(
    encodeFrame(toBinary(EnvelopeSchema, create(EnvelopeSchema, { body: { case: "videoData", value } }))),
  );
  assertEquals(await box.endedWith(), "UNEXPECTED_MESSAGE");
  await assertUnharmed(server);
});

Deno.test("messages and fields of a newer version are ignored, also in the middle of a clip", async () => {
  await using server = await startServer();
  await using box = await RawBox.connect(server.listen);
  const hello = { kind: "hello", protocolVersion: 1, device: "new", token: "", software: "9", unixMs: 0 } as const;
  await box.write(withField(encodeMessage(hello)));
  await box.expect("welcome");
  await box.write(encodeFrame(UNKNOWN_BODY));
  await box.open(1, "a.txt", 5);
  await box.expect("clipAccepted");
  await box.write(encodeFrame(UNKNOWN_BODY));
  await box.chunk(1, 0, new TextEncoder().encode("hello"));
  await box.expect("ack");
  await box.send({ kind: "ping", nonce: 7n });
  assertEquals((await box.expect("pong")).nonce, 7n);
  await box.upload("b.txt", new TextEncoder().encode("second"), 2);
  assertEquals(await Deno.readTextFile(`${server.data}/clips/new/b.txt`), "second");
});

/** The frame with a field behind its body which no version has. */
function withField(frame: Uint8Array): Uint8Array {
  return encodeFrame(new Uint8Array([...frame.subarray(4), ...UNKNOWN_BODY]));
}

Deno.test("an unknown message does not do for a Hello", async () => {
  await using server = await startServer();
  await using box = await RawBox.connect(server.listen);
  await box.write(encodeFrame(UNKNOWN_BODY));
  assertEquals(await box.endedWith(), "UNEXPECTED_MESSAGE");
  await assertUnharmed(server);
});
