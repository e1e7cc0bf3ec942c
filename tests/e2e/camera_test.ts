import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ffmpeg, HAS_FFMPEG } from "../helpers/make_media.ts";
import { PROJECT_ROOT, runSend, type SendProgram, startSend, startServer } from "../helpers/programs.ts";
import { Subprocess } from "../helpers/subprocess.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

type Event = Record<string, unknown>;

function framesOf(send: SendProgram, source: string): Event[] {
  return send.process.events().filter((event) => event["event"] === "frame" && event["source"] === source);
}

function isNote(event: Event, pattern: RegExp): boolean {
  return event["event"] === "note" && pattern.test(String(event["text"]));
}

/** Processes that this one has started, by their names. */
async function childrenOf(pid: number, name: string): Promise<number[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "pid=,comm=", "--ppid", String(pid)] }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line.includes(name)).map((line) =>
    parseInt(line)
  );
}

function startWatch(page: string, ...args: string[]): Subprocess {
  const program = [
    Deno.execPath(),
    "run",
    "-A",
    `${PROJECT_ROOT}client.ts`,
    "watch",
    "--page",
    page,
    "--device",
    "box",
  ];
  return Subprocess.start({ command: [...program, ...args] });
}

Deno.test({
  name: "send --camera test: pictures of the size that was asked for, acked, answered, watched and summed up",
  ignore: !HAS_FFMPEG,
  async fn() {
    await using folder = await tempFolder();
    await using server = await startServer();
    const args = ["--server", server.listen, "--device", "box", "--camera", "test", "--width", "320", "--fps", "10"];
    await using send = startSend([...args, "--source", "cam", "--kind", "infrared"]);
    await waitFor(() => framesOf(send, "cam").length >= 3, { what: "three pictures to be acked" });
    await using watch = startWatch(server.http, "--source", "cam", "--out", folder.join("out"), "--count", "3");
    assertEquals((await watch.stopped).code, 0, watch.stderr());
    const names = [...Deno.readDirSync(folder.join("out"))].map(({ name }) => name);
    assertEquals(names.length, 3);
    const probe = await new Deno.Command("ffprobe", {
      args: [
        "-v",
        "error",
        "-show_entries",
        "stream=codec_name,width,height",
        "-of",
        "csv=p=0",
        folder.join("out", names[0]!),
      ],
    }).output();
    assertEquals(new TextDecoder().decode(probe.stdout).trim(), "mjpeg,320,180");
    const [ffmpegPid] = await childrenOf(send.pid, "ffmpeg");
    const { code, events } = await send.kill("SIGINT");
    assertEquals(code, 130);
    const [summary] = events.filter((event) => event["event"] === "source");
    assertEquals([summary?.["source"], summary?.["kind"], summary?.["leftOut"]], ["cam", "infrared", 0]);
    assert(Number(summary?.["stored"]) >= 3 && Number(summary?.["p50Ms"]) > 0, JSON.stringify(summary));
    assertMatch(String(summary?.["url"]), /#live$/);
    const frames = events.filter((event) => event["event"] === "frame");
    const sequences = frames.map((event) => Number(event["sequence"]));
    assertEquals(new Set(sequences).size, sequences.length);
    for (const { ackMs, name } of frames) assert(Number(ackMs) > 0 && name === null);
    // Nothing is left behind.
    assert(ffmpegPid !== undefined);
    await waitFor(() => Deno.stat(`/proc/${ffmpegPid}`).then(() => false, () => true), { what: "ffmpeg to be gone" });
  },
});

Deno.test({
  name: "send --camera: an ffmpeg that is killed is started again, and the gap is told",
  ignore: !HAS_FFMPEG,
  async fn() {
    await using server = await startServer();
    await using send = startSend(["--server", server.listen, "--camera", "test", "--width", "160", "--fps", "20"]);
    await waitFor(() => framesOf(send, "camera0").length >= 5, { what: "pictures" });
    const [pid] = await childrenOf(send.pid, "ffmpeg");
    Deno.kill(pid!, "SIGKILL");
    await send.process.event((event) => isNote(event, /SIGKILL/), { what: "the note of its end" });
    await send.process.event((event) => isNote(event, /is back/), { what: "the camera to be back" });
    const before = framesOf(send, "camera0").length;
    await waitFor(() => framesOf(send, "camera0").length > before, { what: "new pictures" });
    await send.process.event((event) => event["event"] === "dropped" && event["reason"] === "camera", {
      what: "the gap",
    });
    assertEquals((await send.kill("SIGINT")).code, 130);
  },
});

Deno.test({
  name:
    "send --camera FILE --policy all: every picture of a video, once and in order, beside a folder on one connection",
  ignore: !HAS_FFMPEG,
  async fn() {
    await using folder = await tempFolder();
    await using server = await startServer();
    await ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=2", folder.join("a b.mp4"));
    await Deno.mkdir(folder.join("pictures"));
    await ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1", folder.join("pictures", "%d.jpg"));
    const video = ["--source", "video", "--camera", folder.join("a b.mp4"), "--policy", "all"];
    const pictures = ["--source", "heat", "--kind", "infrared", "--frames", folder.join("pictures")];
    const { code, events, stderr } = await runSend(["--server", server.listen, ...video, ...pictures]);
    assertEquals(code, 0, stderr);
    // Told when they are answered, which may be in any order.
    const of = (source: string) =>
      events.filter((event) => event["event"] === "frame" && event["source"] === source)
        .sort((a, b) => Number(a["sequence"]) - Number(b["sequence"]));
    assertEquals(of("video").map((event) => event["sequence"]), Array.from({ length: 20 }, (_, at) => at + 1));
    assertEquals(of("heat").map((event) => event["name"]), Array.from({ length: 10 }, (_, at) => `${at + 1}.jpg`));
    assertEquals(events.filter((event) => event["event"] === "connected").length, 1);
    const summaries = events.filter((event) => event["event"] === "source");
    assertEquals(summaries.map(({ source, kind, stored }) => `${source} ${kind} ${stored}`), [
      "video visible 20",
      "heat infrared 10",
    ]);
  },
});

Deno.test("send --camera without ffmpeg, or of a camera that is not there, fails with what to do", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const args = ["--server", server.listen, "--camera"];
  const without = await runSend([...args, "test"], { env: { PATH: folder.path } });
  assertEquals(without.code, 1);
  const [failed] = without.events.filter((event) => event["event"] === "failed");
  assertEquals(failed?.["code"], "CAMERA_FAILED");
  assertStringIncludes(String(failed?.["error"]), "apt install ffmpeg");
  if (!HAS_FFMPEG) return;
  const missing = await runSend([...args, "rtsp://admin:secret@127.0.0.1:1/x"]);
  assertEquals(missing.code, 1);
  const text = missing.stdout.join("\n") + missing.stderr;
  assertStringIncludes(text, "rtsp://127.0.0.1:1/x");
  assertEquals(text.includes("secret"), false, text);
});

Deno.test("send --camera: a camera that is unplugged and plugged in again", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  // Stands for ffmpeg: a picture ten times a second for as long as the camera is there.
  const jpeg = "ffd8ffdb0043" + "00" + "10".repeat(64) + "ffc0000b080010001001011100" + "ffda0008010100003f00" + "55" +
    "ffd9";
  await Deno.writeFile(folder.join("picture"), Uint8Array.fromHex(jpeg));
  const script = [
    "#!/bin/sh",
    `cd ${folder.path}`,
    "while [ -e camera ]; do cat picture; sleep 0.1; done",
    'echo "/dev/video9: No such device" >&2; exit 1',
  ];
  await Deno.writeTextFile(folder.join("ffmpeg"), script.join("\n"), { mode: 0o755 });
  await Deno.writeTextFile(folder.join("camera"), "");
  const env = { PATH: `${folder.path}:${Deno.env.get("PATH")}` };
  await using send = startSend(["--server", server.listen, "--camera", "/dev/video9"], { env });
  await waitFor(() => framesOf(send, "camera0").length >= 2, { what: "pictures" });
  await Deno.remove(folder.join("camera"));
  await send.process.event((event) => isNote(event, /code 1 .*No such device/), { what: "the camera to be missed" });
  await Deno.writeTextFile(folder.join("camera"), "");
  await send.process.event((event) => isNote(event, /is back/), { what: "it to be back" });
  const before = framesOf(send, "camera0").length;
  await waitFor(() => framesOf(send, "camera0").length > before, { what: "new pictures" });
  assertEquals((await send.kill("SIGINT")).code, 130);
});
