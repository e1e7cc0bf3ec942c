/** Syncs of recorded frames which fail (strace -e inject): nothing told stored is lost, and the sources go on. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { eventsOf, filesBelow } from "../helpers/clip_files.ts";
import { ffmpeg, HAS_FFMPEG } from "../helpers/make_media.ts";
import { runSend, type SendProgram, startSend, startServer } from "../helpers/programs.ts";
import { everyFrame, sameFiles } from "../helpers/recorded_frames.ts";
import { HAS_STRACE, strace } from "../helpers/strace.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

const ignore = !HAS_STRACE || !HAS_FFMPEG;

function toldOf(send: SendProgram): number[] {
  return send.process.events().filter((event) => event["event"] === "frame").map((event) => Number(event["sequence"]));
}

/** Asserts that those which were told are recorded and whole, and none is twice. */
async function assertRecorded(http: string, told: readonly number[]): Promise<void> {
  const frames = await everyFrame(http);
  const sequences = frames.map(({ sequence }) => sequence);
  assertEquals(sequences, [...new Set(sequences)].sort((a, b) => a - b));
  assertEquals(told.filter((sequence) => !sequences.includes(sequence)), [], "told as stored, and not there");
  for (const { id } of frames) {
    const answer = await fetch(`${http}/frames/${id}.jpg`);
    assertEquals(answer.status, 200, `frame ${id}`);
    await answer.bytes();
  }
}

Deno.test({
  name: "a sync of a segment fails: nothing told stored is lost, also by a kill -9 behind it, and the camera goes on",
  ignore,
  fn: async () => {
    await using folder = await tempFolder();
    const point = { call: "fdatasync", when: "12" };
    await using sick = await startServer({ data: folder.path, prefix: strace(point, folder.path, "error=EIO") });
    const args = ["--server", sick.listen, "--device", "box", "--source", "cam", "--camera", "test"];
    await using send = startSend([...args, "--width", "320", "--fps", "30"]);
    const note = await send.process.event((event) => event["event"] === "note", { what: "the failure" });
    assert(String(note["text"]).includes("Input/output error"), String(note["text"]));
    const before = toldOf(send);
    assertGreater(before.length, 0);
    await assertRecorded(sick.http, before);
    await waitFor(() => toldOf(send).length >= before.length + 30, { what: "it to go on", deadlineMs: 30_000 });
    await sick.kill();
    await send.kill();
    await using server = await startServer({ data: folder.path });
    await assertRecorded(server.http, toldOf(send));
  },
});

Deno.test({
  name: "syncs of named pictures fail: each of a folder is there once in the end, with its name",
  ignore,
  fn: async () => {
    await using folder = await tempFolder();
    const [pictures, data] = [folder.join("pictures"), folder.join("data")];
    await Promise.all([pictures, data].map((path) => Deno.mkdir(path)));
    await ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=50", "-frames:v", "400", `${pictures}/%d.jpg`);
    // strace counts for each thread, and a window of pictures is synced by as many.
    const point = { call: "fdatasync", when: "3" };
    await using server = await startServer({ data, prefix: strace(point, data, "error=EIO") });
    const result = await runSend([
      "--server",
      server.listen,
      "--device",
      "box",
      "--source",
      "heat",
      "--frames",
      pictures,
    ]);
    assertEquals(result.code, 0, result.stdout.slice(-5).join("\n"));
    assertGreater(eventsOf(result, "note").length, 0, "no sync has failed");
    const names = Array.from({ length: 400 }, (_, index) => `${index + 1}.jpg`);
    await sameFiles(pictures, `${data}/frames/box/heat`, names);
    const frames = await everyFrame(server.http);
    assertEquals(frames.map(({ name }) => name), names);
    assertEquals(frames.filter(({ result }) => result === null), [], "without a result");
    assertEquals(await filesBelow(`${data}/incoming`), []);
  },
});
