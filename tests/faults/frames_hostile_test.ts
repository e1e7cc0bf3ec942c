/** Boxes which break the rules of frames, or are slow on purpose, beside a camera which must not notice. */
import { assert, assertEquals, assertLess, assertLessOrEqual } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import type { OpenSource } from "../../lib/protocol/message.ts";
import { framePicture } from "../../lib/protocol/picture_frame.ts";
import { eventsOf } from "../helpers/clip_files.ts";
import { jpegOf } from "../helpers/frame_fixture.ts";
import { HAS_FFMPEG } from "../helpers/make_media.ts";
import { type ServerProgram, startSend, startServer } from "../helpers/programs.ts";
import { RawBox } from "../helpers/raw_box.ts";
import { everyFrame } from "../helpers/recorded_frames.ts";
import { waitFor } from "../helpers/wait_for.ts";

const FPS = 20;
/** What the server may use, bytes: itself, a worker of the analysis, and what one connection may hold. */
const MEMORY_BYTES_MAX = 450_000_000;

/** Runs `attack` beside a camera, of which hardly a picture is dropped, and none late or lost. */
async function besideACamera(attack: (server: ServerProgram) => Promise<void>): Promise<void> {
  await using server = await startServer();
  const args = ["--server", server.listen, "--device", "box", "--source", "cam", "--camera", "test"];
  await using send = startSend([...args, "--width", "320", "--fps", String(FPS)]);
  const frameEvents = () => send.process.events().filter((event) => event["event"] === "frame");
  const told = () => frameEvents().map((event) => Number(event["sequence"]));
  await waitFor(() => told().length >= FPS, { what: "the camera", deadlineMs: 30_000 });
  await attack(server);
  const before = told().length;
  await waitFor(() => told().length >= before + FPS, { what: "more pictures" });
  const result = await send.kill("SIGINT");
  assertEquals(eventsOf(result, "interrupted"), []);
  const summary = eventsOf(result, "source")[0]!;
  const { link = 0, ...others } = summary["dropped"] as Record<string, number>;
  assert(Object.values(others).every((count) => count === 0), JSON.stringify(others));
  // None on a machine which is free; one second without the server would be twenty.
  assertLessOrEqual(link, Number(summary["captured"]) / 10, "pictures were dropped");
  const frames = (await everyFrame(server.http, { device: "box", source: "cam" })).map(({ sequence }) => sequence);
  assertEquals(frames, [...new Set(frames)].sort((a, b) => a - b));
  assertEquals(told().filter((sequence) => !frames.includes(sequence)), [], "told as stored, and not there");
  assertLess(Number(summary["p99Ms"]), 1_000);
  assertLess(server.peakRssBytes(), MEMORY_BYTES_MAX);
  assertEquals((await server.kill("SIGTERM")).code, 0, server.stderr());
}

async function openSource(box: RawBox, stream: number, more: Partial<OpenSource> = {}): Promise<void> {
  const rest = { sourceKind: "visible", policy: "latest", named: false, run: "run" } as const;
  await box.send({ kind: "openSource", stream, source: `source-${stream}`, ...rest, ...more });
}

function frame(stream: number, sequence: number, jpeg: Uint8Array = jpegOf(1_000)): Uint8Array<ArrayBuffer> {
  return framePicture({ stream, sequence, capturedMs: Date.now(), name: null }, jpeg);
}

/** Code and stream of the server's next error. */
async function nextError(box: RawBox): Promise<[string, number]> {
  for (let message = await box.next(); message !== undefined; message = await box.next()) {
    if (message.kind === "error") return [message.code, message.stream];
  }
  return ["the end", -1];
}

Deno.test({
  name: "frames that break a rule end their source, or the connection, and no camera beside them notices",
  ignore: !HAS_FFMPEG,
  fn: () =>
    besideACamera(async ({ listen }) => {
      await using large = await RawBox.connect(listen);
      await large.hello("bad");
      await openSource(large, 1);
      await large.expect("sourceAccepted");
      await large.write(frame(1, 1, jpegOf(LIMITS.frameBytesMax + 1)));
      assertEquals(await nextError(large), ["INVALID_FRAME", 1]);
      // The connection goes on: the largest that may be is taken.
      await openSource(large, 2);
      await large.expect("sourceAccepted");
      await large.write(frame(2, 1, jpegOf(LIMITS.frameBytesMax)));
      while ((await large.expect("frameAck")).stored < 1);

      await using damaged = await RawBox.connect(listen);
      await damaged.hello("bad");
      await openSource(damaged, 3);
      await damaged.expect("sourceAccepted");
      const bytes = frame(3, 1);
      bytes[bytes.length - 1]! ^= 1;
      await damaged.write(bytes);
      assertEquals(await damaged.endedWith(), "BAD_CHECKSUM");

      await using greedy = await RawBox.connect(listen);
      await greedy.hello("bad");
      await openSource(greedy, 4);
      await greedy.expect("sourceAccepted");
      const flood = Array.from({ length: 5_000 }, (_, index) => frame(4, index + 1, jpegOf(100)));
      const all = new Uint8Array(await new Blob(flood).arrayBuffer());
      const [code] = await Promise.all([greedy.endedWith(), greedy.write(all).catch(() => {})]);
      assertEquals(code, "WINDOW_EXCEEDED");
    }),
});

Deno.test({
  name: "300 sources of one box: those above the limits are refused, and no camera beside them notices",
  ignore: !HAS_FFMPEG,
  fn: () =>
    besideACamera(async ({ listen, http }) => {
      await using crowded = await RawBox.connect(listen);
      await crowded.hello("crowd");
      const { streamsPerConnectionMax } = LIMITS;
      for (let stream = 1; stream <= streamsPerConnectionMax + 1; stream++) await openSource(crowded, stream);
      assertEquals(await nextError(crowded), ["STREAMS_EXHAUSTED", streamsPerConnectionMax + 1]);
      crowded.close();
      await using one = await RawBox.connect(listen);
      await one.hello("crowd");
      const refused: string[] = [];
      for (let stream = 1; stream <= 300; stream++) {
        await openSource(one, stream, { source: `other-${stream}` });
        let answer = await one.next();
        while (answer !== undefined && answer.kind !== "sourceAccepted" && answer.kind !== "error") {
          answer = await one.next();
        }
        if (answer?.kind === "error") refused.push(answer.code);
        await one.send({ kind: "closeStream", stream, discard: false, reason: "enough" });
      }
      const { sources } = await fetch(`${http}/api/sources`).then((answer) => answer.json());
      const own = sources.filter(({ device }: { device: string }) => device === "crowd").length;
      assert(own <= LIMITS.sourcesPerDeviceMax, `${own} sources`);
      assertEquals(new Set(refused), new Set(["STREAMS_EXHAUSTED"]));
      assertEquals(refused.length, 300 + streamsPerConnectionMax - LIMITS.sourcesPerDeviceMax);
    }),
});

Deno.test({
  name: "a box of one byte a second inside a frame is cut, and no camera beside it notices",
  ignore: !HAS_FFMPEG,
  fn: () =>
    besideACamera(async (server) => {
      await using box = await RawBox.connect(server.listen);
      await box.hello("slow");
      await openSource(box, 1);
      await box.expect("sourceAccepted");
      const bytes = frame(1, 1);
      await box.write(bytes.subarray(0, 500));
      let at = 500;
      const drip = setInterval(() => box.write(bytes.subarray(at, ++at)).catch(() => {}), 1_000);
      await box.endedWith().finally(() => clearInterval(drip));
      await waitFor(() => server.stderr().includes("PEER_TOO_SLOW"), { what: "the log to tell why" });
    }),
});

Deno.test({
  name: "pictures that are none, or claim to be huge: stored and answered, and no camera beside them notices",
  ignore: !HAS_FFMPEG,
  fn: () =>
    besideACamera(async ({ listen }) => {
      await using box = await RawBox.connect(listen);
      await box.hello("liar");
      await openSource(box, 1, { policy: "all" });
      await box.expect("sourceAccepted");
      // SOF0 of 65535 x 65535, three components.
      const head = "ffd8ffc0001108ffffffff03011100021100031100ffda000c03010002000300003f00";
      const huge = jpegOf(10_000);
      huge.set(Uint8Array.fromHex(head));
      const count = 40;
      for (let sequence = 1; sequence <= count; sequence++) {
        await box.write(frame(1, sequence, sequence % 2 === 0 ? huge : jpegOf(10_000, sequence)));
      }
      const verdicts: string[] = [];
      while (verdicts.length < count) {
        const { results } = await box.expect("frameAck");
        verdicts.push(...results.map(({ json }) => JSON.parse(json).result));
      }
      assertEquals(new Set(verdicts), new Set(["not analysed"]));
    }),
});
