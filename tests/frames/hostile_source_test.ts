import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { endOfClip } from "../../lib/protocol/chunk_frame.ts";
import { FrameFixture, jpegOf } from "../helpers/frame_fixture.ts";

const WINDOW = LIMITS.frameWindowFrames;

/** What ends the whole connection. */
const CUTS: readonly {
  what: string;
  code: string;
  attack: (box: Awaited<ReturnType<FrameFixture["box"]>>) => Promise<void>;
}[] = [
  {
    what: "a frame above the credit",
    code: "WINDOW_EXCEEDED",
    attack: async (box) => {
      await box.open(1, "cam");
      for (let sequence = 1; sequence <= WINDOW + 1; sequence++) await box.frame(1, sequence);
    },
  },
  {
    what: "a damaged frame",
    code: "BAD_CHECKSUM",
    attack: async (box) => {
      await box.open(1, "cam");
      await box.frame(1, 1, { damaged: true });
    },
  },
  { what: "a frame of a stream nobody opened", code: "UNEXPECTED_MESSAGE", attack: (box) => box.frame(9, 1) },
  {
    what: "a stream number which does not rise over that of a clip",
    code: "UNEXPECTED_MESSAGE",
    attack: async (box) => {
      const rest = { bytes: 5, sha256: null, modifiedMs: null, resumeClipId: null, fresh: true };
      await box.send({ kind: "openClip", stream: 4, name: "a", ...rest });
      await box.open(4, "cam");
    },
  },
  {
    what: "a clip's number which does not rise over that of a source",
    code: "UNEXPECTED_MESSAGE",
    attack: async (box) => {
      await box.open(4, "cam");
      const rest = { bytes: 5, sha256: null, modifiedMs: null, resumeClipId: null, fresh: true };
      await box.send({ kind: "openClip", stream: 3, name: "a", ...rest });
    },
  },
  {
    what: "a chunk on the stream of a source",
    code: "UNEXPECTED_MESSAGE",
    attack: async (box) => {
      await box.open(1, "cam");
      await box.send(endOfClip(1, 0, "00".repeat(32)));
    },
  },
  {
    what: "a frame on the stream of a clip",
    code: "UNEXPECTED_MESSAGE",
    attack: async (box) => {
      const rest = { bytes: 5, sha256: null, modifiedMs: null, resumeClipId: null, fresh: true };
      await box.send({ kind: "openClip", stream: 1, name: "a", ...rest });
      await box.frame(1, 1);
    },
  },
  {
    what: "a frame behind the end",
    code: "UNEXPECTED_MESSAGE",
    attack: async (box) => {
      await box.open(1, "cam");
      await box.frame(1, 1);
      await box.send({ kind: "endSource", stream: 1, sequence: 1 });
      await box.frame(1, 2);
    },
  },
  { what: "a run with a space", code: "MALFORMED", attack: (box) => box.open(1, "cam", { run: "run 1" }) },
  { what: "a run of 65", code: "MALFORMED", attack: (box) => box.open(1, "cam", { run: "r".repeat(65) }) },
  {
    what: "an offer of too many pictures",
    code: "MALFORMED",
    attack: async (box) => {
      await box.open(1, "dir", { named: true });
      const frames = Array.from({ length: LIMITS.framesPerOfferMax + 1 }, (_, index) => (
        { sequence: index + 1, name: `${index}.jpg`, bytes: 1, crc32: 0 }
      ));
      await box.send({ kind: "frameOffer", stream: 1, frames });
    },
  },
  {
    what: "an offer of a source without names",
    code: "MALFORMED",
    attack: async (box) => {
      await box.open(1, "cam");
      await box.send({ kind: "frameOffer", stream: 1, frames: [] });
    },
  },
];

for (const { what, code, attack } of CUTS) {
  Deno.test(`a connection is cut for ${what}`, async () => {
    const server = await FrameFixture.start();
    // Nothing is handled, so the credit stays.
    server.recorder.held = true;
    server.answer = undefined;
    const box = await server.box();
    await attack(box);
    await server.settle();
    assertEquals(box.errors, [`0 ${code}`]);
    await server.stop();
  });
}

/** What ends one stream, while its neighbour goes on. */
const FAILURES: readonly {
  what: string;
  code: string;
  attack: (box: Awaited<ReturnType<FrameFixture["box"]>>) => Promise<void>;
}[] = [
  { what: "a picture which is no JPEG", code: "INVALID_FRAME", attack: (box) => box.frame(2, 1, { jpeg: bytes(9) }) },
  { what: "an empty picture", code: "INVALID_FRAME", attack: (box) => box.frame(2, 1, { jpeg: bytes(0) }) },
  {
    what: "a picture of a byte too many",
    code: "INVALID_FRAME",
    attack: (box) => box.frame(2, 1, { jpeg: jpegOf(LIMITS.frameBytesMax + 1) }),
  },
  { what: "a frame with the number 0", code: "INVALID_FRAME", attack: (box) => box.frame(2, 0) },
  {
    what: "a frame with the number of the one before",
    code: "INVALID_FRAME",
    attack: async (box) => {
      await box.frame(2, 5);
      await box.frame(2, 5);
    },
  },
  {
    what: "a frame out of order",
    code: "INVALID_FRAME",
    attack: async (box) => {
      await box.frame(2, 5);
      await box.frame(2, 4);
    },
  },
  {
    what: "an end before the last frame",
    code: "INVALID_FRAME",
    attack: async (box) => {
      await box.frame(2, 5);
      await box.send({ kind: "endSource", stream: 2, sequence: 4 });
    },
  },
];

function bytes(count: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(count).fill(0xd8);
}

for (const { what, code, attack } of FAILURES) {
  Deno.test(`a stream ends at ${what}; others go on`, async () => {
    const server = await FrameFixture.start();
    const box = await server.box();
    await box.open(1, "good");
    await box.open(2, "bad");
    await attack(box);
    await box.frame(2, 100);
    await box.framesUpTo(1, 1, 2);
    assertEquals(box.errors, [`2 ${code}`]);
    assertEquals(server.recorder.sequences("good"), [1, 2]);
    assert(!server.recorder.sequences("bad").includes(100), "what was on its way is ignored");
    assertEquals(server.recorder.closed, ["bad: stopped"]);
    await server.stop();
  });
}

Deno.test("the largest picture is taken", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  await box.open(1, "cam");
  await box.frame(1, 1, { jpeg: jpegOf(LIMITS.frameBytesMax) });
  await server.settle();
  assertEquals([box.errors, server.recorder.sequences("cam")], [[], [1]]);
  await server.stop();
});

Deno.test("a source needs a name which can be one", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  const names = ["", "x".repeat(LIMITS.sourceNameBytesMax + 1), "é".repeat(65), "a\0b", "é".repeat(64)];
  for (const [index, name] of names.entries()) await box.open(index + 1, name);
  await server.settle();
  assertEquals(box.errors, ["1 INVALID_NAME", "2 INVALID_NAME", "3 INVALID_NAME", "4 INVALID_NAME"]);
  assertEquals(box.of("sourceAccepted").map(({ stream }) => stream), [5]);
  await server.stop();
});

Deno.test("a picture of a source with names needs one", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  await box.open(1, "dir", { named: true });
  await box.frame(1, 1, { name: "1.jpg" });
  await box.frame(1, 2);
  await server.settle();
  assertEquals([box.errors, server.recorder.sequences("dir")], [["1 INVALID_NAME"], [1]]);
  await server.stop();
});

Deno.test("of 300 sources as many are taken as there may be; who has ended one may open another", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  for (let stream = 1; stream <= 300; stream++) await box.open(stream, `cam-${stream}`);
  await server.settle();
  assertEquals(box.of("sourceAccepted").length, LIMITS.streamsPerConnectionMax);
  assertEquals(box.errors.length, 300 - LIMITS.streamsPerConnectionMax);
  assert(box.of("error").every((error) => error.code === "STREAMS_EXHAUSTED" && error.retryAfterMs > 0));
  await box.send({ kind: "closeStream", stream: 1, discard: false, reason: "" });
  await box.open(301, "one more");
  assertEquals(box.of("sourceAccepted").at(-1)?.stream, 301);
  await server.stop();
});

Deno.test("who opens and closes sources as fast as it can waits for those that are being opened", async () => {
  const server = await FrameFixture.start();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.recorder.opening = promise;
  let opening = 0;
  const { openSource } = server.recorder;
  server.recorder.openSource = function (...args) {
    opening++;
    return openSource.apply(this, args);
  };
  const box = await server.box();
  for (let stream = 1; stream <= 100; stream++) {
    await box.open(stream, `cam-${stream}`);
    await box.send({ kind: "closeStream", stream, discard: false, reason: "" });
  }
  await server.settle();
  assertEquals(opening, LIMITS.streamsPerConnectionMax);
  resolve();
  for (let turn = 0; turn < 100 && opening < 100; turn++) await server.settle();
  assertEquals([opening, box.errors], [100, []]);
  await server.stop();
});
