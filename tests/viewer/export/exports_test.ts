import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { LIMITS } from "../../../lib/config/limits.ts";
import { systemDisk } from "../../../lib/platform/disk.ts";
import { type ChildProcess, type Processes, systemProcesses } from "../../../lib/platform/processes.ts";
import { withoutBody } from "../../../lib/viewer/answers.ts";
import { Exports } from "../../../lib/viewer/export/exports.ts";
import type { FrameLibrary } from "../../../lib/viewer/frame_library.ts";
import { MadeUpClock } from "../../helpers/made_up_clock.ts";
import { frameLibraryOf, madeUpFrame } from "../../helpers/made_up_frames.ts";
import { ffmpeg } from "../../helpers/make_media.ts";
import { tempFolder } from "../../helpers/temp_folder.ts";
import { waitFor } from "../../helpers/wait_for.ts";

async function runTool(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

const SPAN = { device: "box", source: "front", sinceMs: 1_000, untilMs: 100_000 };

/** Ten different pictures of 63x47, as a camera gives them. */
async function pictures(folder: string): Promise<Uint8Array<ArrayBuffer>[]> {
  const args = ["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10", "-frames:v", "10"];
  await ffmpeg(...args, "-vf", "scale=63:47", "-pix_fmt", "yuvj444p", join(folder, "%d.jpg"));
  return await Promise.all(Array.from({ length: 10 }, (_, at) => Deno.readFile(join(folder, `${at + 1}.jpg`))));
}

function exportsOf(folder: string, library: FrameLibrary, processes: Processes = systemProcesses) {
  const clock = new MadeUpClock();
  const options = { library, disk: systemDisk, processes, clock, folder: join(folder, "exports") };
  return { clock, exports: new Exports({ ...options, freeBytes: () => 2 ** 40 }) };
}

Deno.test("a span as ZIP: every picture byte for byte, and a list", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const jpegs = Array.from({ length: 450 }, (_, at) => Uint8Array.of(0xff, 0xd8, at % 256, at >> 8));
  const names: Record<number, string> = { 7: "7.jpg", 8: "../7.jpg", 9: "frames.ndjson" };
  const frames = jpegs.map((_, at) => madeUpFrame(at, 1_000 + at * 33, { name: names[at] ?? null }));
  // Number 5 was removed meanwhile.
  const { exports } = exportsOf(folder, frameLibraryOf(frames, (id) => id === 5 ? undefined : jpegs[id]));
  const response = exports.zip(SPAN);
  assertMatch(response.headers.get("content-disposition")!, /box_front_1970-01-01T00-00-01\.zip/);
  await Deno.writeFile(join(folder, "a.zip"), response.body!);
  await runTool("/usr/bin/python3", ["-m", "zipfile", "-e", join(folder, "a.zip"), join(folder, "out")]);
  const list = (await Deno.readTextFile(join(folder, "out/frames.ndjson"))).trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  assertEquals(list.length, 450);
  assertEquals(list[33].time, "1970-01-01T00:00:02.089Z");
  for (const [at, { file }] of list.entries()) {
    if (at === 5) continue;
    assertEquals(await Deno.readFile(join(folder, "out", file)), jpegs[at], file);
  }
  assertEquals([list[7].file, list[8].file, list[9].file], ["7.jpg", "8_7.jpg", "9_frames.ndjson"]);
  assertEquals([...Deno.readDirSync(join(folder, "out"))].length, 450);
});

Deno.test("a ZIP of which nobody takes anything gives its place back, too, and is a broken download", async () => {
  await using temp = await tempFolder();
  const { clock, exports } = exportsOf(temp.path, frameLibraryOf([madeUpFrame(1, 2_000)], () => new Uint8Array(100)));
  const stuck = Array.from({ length: LIMITS.exportsMax }, () => exports.zip(SPAN));
  const reader = stuck[0]!.body!.getReader();
  await reader.read();
  await clock.advance(LIMITS.contentStallMs - 1);
  assertEquals(exports.zip(SPAN).status, 503);
  await clock.advance(1);
  const next = exports.zip(SPAN);
  assertEquals(next.status, 200);
  await next.bytes();
  await assertRejects(() => reader.read());
});

Deno.test("HEAD of a ZIP does not make it, and keeps no place", async () => {
  await using temp = await tempFolder();
  let read = 0;
  const jpeg = () => {
    read++;
    return new Uint8Array(100);
  };
  const { exports } = exportsOf(temp.path, frameLibraryOf([madeUpFrame(1, 2_000), madeUpFrame(2, 3_000)], jpeg));
  for (let count = 0; count <= LIMITS.exportsMax; count++) {
    const head = await withoutBody(exports.zip(SPAN));
    assertEquals([head.status, head.body, head.headers.get("content-type")], [200, null, "application/zip"]);
  }
  assertEquals(read, 0);
});

Deno.test("a ZIP which nobody reads to its end gives its place back", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const frames = [madeUpFrame(1, 2_000), madeUpFrame(2, 3_000)];
  const { exports } = exportsOf(folder, frameLibraryOf(frames, () => new Uint8Array(100)));
  const open = Array.from({ length: LIMITS.exportsMax }, () => exports.zip(SPAN));
  assertEquals(exports.zip(SPAN).status, 503);
  await open[0]!.body!.cancel();
  const next = exports.zip(SPAN);
  assertEquals(next.status, 200);
  await next.bytes();
  const again = exports.zip(SPAN);
  assertEquals(again.status, 200);
  for (const { body } of [again, ...open.slice(1)]) await body!.cancel();
});

Deno.test("a span as MP4: it plays as long as life was, with the pauses cut, and is removed when nobody wants it", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const jpegs = await pictures(folder);
  // Ten a second, a pause of an hour, ten a second again.
  const frames = Array.from({ length: 40 }, (_, at) => madeUpFrame(at + 1, 1_000 + at * 100 + (at < 20 ? 0 : 50_000)));
  const { exports, clock } = exportsOf(folder, frameLibraryOf(frames, (id) => jpegs[id % 10]));
  await exports.start();
  assertEquals((await exports.video(SPAN).json()).state, "working");
  const seen: number[] = [];
  const ready = await waitFor(async () => {
    const progress = await exports.video(SPAN).json();
    if (progress.state === "working") seen.push(progress.framesDone);
    assert(progress.state !== "failed", progress.text);
    return progress.state === "ready" ? progress : undefined;
  }, { what: "the video" });
  assertEquals(seen, seen.toSorted((a, b) => a - b));
  const response = await exports.download(ready.url.slice("/exports/".length, -".mp4".length));
  await Deno.writeFile(join(folder, "a.mp4"), response.body!);
  const probe = await runTool("ffprobe", [
    ...["-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames,duration,width,codec_name"],
    ...["-of", "json", join(folder, "a.mp4")],
  ]);
  const [stream] = JSON.parse(probe).streams;
  assertEquals([stream.codec_name, stream.width, Number(stream.nb_read_frames)], ["h264", 64, 40]);
  assertEquals(Number(stream.duration), 4);
  await clock.advance(LIMITS.exportKeepMs + 1);
  await exports.expire();
  assertEquals([...Deno.readDirSync(join(folder, "exports"))], []);
  assertEquals((await exports.download("x")).status, 404);
  await exports.stop();
});

Deno.test("a video without ffmpeg, and one of nothing, say what is wrong, and leave nothing behind", async () => {
  await using temp = await tempFolder();
  const folder = temp.path;
  const missing: Processes = {
    spawn() {
      throw new Deno.errors.NotFound("ffmpeg");
    },
  };
  const frames = [madeUpFrame(1, 2_000)];
  const { exports } = exportsOf(folder, frameLibraryOf(frames, () => new Uint8Array(9)), missing);
  await exports.start();
  const failure = async (span: typeof SPAN) => {
    const text = () => exports.video(span).json().then(({ state, text }) => state === "failed" ? text : undefined);
    return await waitFor<string>(text, { what: "the failure" });
  };
  assertMatch(await failure(SPAN), /ffmpeg is not on this server/);
  assertMatch(await failure({ ...SPAN, device: "other" }), /nothing is recorded/);
  const broken = exportsOf(folder, frameLibraryOf(frames, () => Uint8Array.of(1, 2, 3, 4)));
  await waitFor(async () => (await broken.exports.video(SPAN).json()).state === "failed", { what: "ffmpeg's failure" });
  assertEquals([...Deno.readDirSync(join(folder, "exports"))], []);
  await exports.stop();
  await broken.exports.stop();
});

/** An ffmpeg which makes its file, and ends when it may. */
function madeUpFfmpeg(mayEnd: Promise<void>): Processes {
  return {
    spawn({ args }): ChildProcess {
      Deno.writeTextFileSync(args.at(-1)!, "video");
      const exited = mayEnd.then(() => ({ code: 0, signal: null }));
      return {
        ...{ pid: 1, read: () => exited.then(() => null), write: () => Promise.resolve() },
        ...{ closeInput: () => Promise.resolve(), lastWords: () => "", exited, kill: () => {} },
      };
    },
  };
}

const spanOf = (number: number) => ({ ...SPAN, sinceMs: SPAN.sinceMs + number });

async function readyVideo(exports: Exports, number: number): Promise<void> {
  const isReady = async () => {
    const response = exports.video(spanOf(number));
    return response.status === 200 && (await response.json()).state === "ready";
  };
  await waitFor(isReady, { what: `video ${number}` });
}

Deno.test("so many videos are made at once, and no more", async () => {
  await using temp = await tempFolder();
  const end = Promise.withResolvers<void>();
  const frames = [madeUpFrame(1, 2_000)];
  const { exports } = exportsOf(temp.path, frameLibraryOf(frames, () => new Uint8Array(9)), madeUpFfmpeg(end.promise));
  await exports.start();
  for (let number = 0; number < LIMITS.exportsMax; number++) assertEquals(exports.video(spanOf(number)).status, 200);
  assertEquals(exports.video(spanOf(LIMITS.exportsMax)).status, 503);
  end.resolve();
  await readyVideo(exports, LIMITS.exportsMax);
  await exports.stop();
});

Deno.test("whoever asks for ever new spans gets each, and the longest unused goes with its file", async () => {
  await using temp = await tempFolder();
  const frames = [madeUpFrame(1, 2_000)];
  const library = frameLibraryOf(frames, () => new Uint8Array(9));
  const { exports, clock } = exportsOf(temp.path, library, madeUpFfmpeg(Promise.resolve()));
  await exports.start();
  for (let number = 0; number < LIMITS.exportsKeptMax + 3; number++) {
    await readyVideo(exports, number);
    await clock.advance(1_000);
    // Somebody waits for this one all the time.
    await readyVideo(exports, 0);
  }
  const files = () => [...Deno.readDirSync(join(temp.path, "exports"))].length;
  await waitFor(() => files() === LIMITS.exportsKeptMax, { what: "the others to go" });
  const state = async (number: number) => (await exports.video(spanOf(number)).json()).state;
  assertEquals([await state(0), await state(4)], ["ready", "ready"]);
  assertEquals(await state(1), "working", "it is made anew");
  await exports.stop();
});

Deno.test("a video which somebody deleted is not there, and is made anew by the next question", async () => {
  await using temp = await tempFolder();
  const library = frameLibraryOf([madeUpFrame(1, 2_000)], () => new Uint8Array(9));
  const { exports } = exportsOf(temp.path, library, madeUpFfmpeg(Promise.resolve()));
  await exports.start();
  await readyVideo(exports, 0);
  const { url } = await exports.video(spanOf(0)).json();
  const id = url.slice("/exports/".length, -".mp4".length);
  await Deno.remove(join(temp.path, url));
  assertEquals((await exports.download(id)).status, 404);
  await readyVideo(exports, 0);
  assertEquals(await (await exports.download(id)).text(), "video");
  await exports.stop();
});

Deno.test("a stop does not wait for the frames of a long span to be counted", async () => {
  await using temp = await tempFolder();
  let pages = 0;
  const page = Array.from({ length: 200 }, (_, at) => madeUpFrame(at + 1, 2_000));
  const library = {
    ...frameLibraryOf([], () => undefined),
    frames: async () => {
      await new Promise((resolve) => setTimeout(resolve));
      return ++pages > 2_000 ? [] : page;
    },
  };
  const { exports } = exportsOf(temp.path, library);
  await exports.start();
  exports.video(SPAN);
  await waitFor(() => pages > 3, { what: "some pages" });
  const before = pages;
  await exports.stop();
  assert(pages <= before + 1, `${pages - before} pages were asked for`);
});

Deno.test("a ZIP holds each picture under its own name, whatever names there are, and times which no Date can hold", async () => {
  await using temp = await tempFolder();
  const jpegs = Array.from({ length: 5 }, (_, at) => Uint8Array.of(0xff, 0xd8, at));
  const names = ["3_a.jpg", "a.jpg", "A.JPG", "a.jpg", "3_a.jpg"];
  const frames = names.map((name, id) => madeUpFrame(id, 2_000 + id, { name, capturedMs: 8_640_000_000_000_000.5 }));
  const { exports } = exportsOf(temp.path, frameLibraryOf(frames, (id) => jpegs[id]));
  await Deno.writeFile(join(temp.path, "a.zip"), exports.zip(SPAN).body!);
  await runTool("/usr/bin/python3", ["-m", "zipfile", "-e", join(temp.path, "a.zip"), join(temp.path, "out")]);
  const list = (await Deno.readTextFile(join(temp.path, "out/frames.ndjson"))).trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  assertEquals(new Set(list.map(({ file }) => file.toLowerCase())).size, 5);
  for (const [at, { file }] of list.entries()) {
    assertEquals(await Deno.readFile(join(temp.path, "out", file)), jpegs[at]);
  }
});
