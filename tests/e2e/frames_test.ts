import { assert, assertEquals } from "@std/assert";
import { eventsOf, filesBelow } from "../helpers/clip_files.ts";
import { everyFrame, sameFiles } from "../helpers/recorded_frames.ts";
import { ffmpeg, HAS_FFMPEG } from "../helpers/make_media.ts";
import { runSend, type SendProgram, startSend, startServer } from "../helpers/programs.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

/** Pictures of each folder. */
const COUNT = 1_000;

function framesOf(send: SendProgram): Record<string, unknown>[] {
  return send.process.events().filter((event) => event["event"] === "frame");
}

Deno.test({
  name:
    "two folders of 1,000 pictures over one connection, the server killed twice and the sender once: all there once",
  ignore: !HAS_FFMPEG,
  fn: async () => {
    await using folder = await tempFolder();
    await using server = await startServer();
    const sources = {
      left: { kind: "visible", path: folder.join("left"), name: (number: number) => `${number}.jpg` },
      // Names which have to be kept as they are.
      heat: { kind: "infrared", path: folder.join("heat"), name: (number: number) => `IR ä (${number})_x.JPG` },
    };
    for (const [source, { path, name }] of Object.entries(sources)) {
      await Deno.mkdir(path);
      const picture = source === "left" ? "testsrc" : "mandelbrot";
      const input = `${picture}=size=64x48:rate=50${source === "left" ? ":duration=20" : ""}`;
      await ffmpeg("-f", "lavfi", "-i", input, "-frames:v", String(COUNT), `${path}/${name(0).replace("0", "%d")}`);
    }
    const args = Object.entries(sources).flatMap(([source, { kind, path }]) => {
      return ["--source", source, "--kind", kind, "--frames", path];
    });
    const command = ["--server", server.listen, "--device", "box", ...args];

    await using first = startSend(command);
    const some = (send: SendProgram, count: number) =>
      waitFor(() => framesOf(send).length >= count, { what: `${count} pictures`, deadlineMs: 60_000 });
    await some(first, 300);
    await server.restart();
    await some(first, 700);
    const told = framesOf((await first.kill(), first));
    for (const { source, name } of told) {
      assert((await Deno.stat(`${server.data}/frames/box/${source}/${name}`)).size > 0);
    }

    await using second = startSend(command);
    await some(second, 300);
    await server.restart();
    const result = await second.result;
    assertEquals(result.code, 0, result.stdout.slice(-5).join("\n"));
    assertEquals(eventsOf(result, "connected").length, 2);

    for (const [source, { path, name }] of Object.entries(sources)) {
      const names = Array.from({ length: COUNT }, (_, index) => name(index + 1));
      await sameFiles(path, `${server.data}/frames/box/${source}`, names);
      const frames = await everyFrame(server.http, { device: "box", source });
      assertEquals(frames.map((frame) => frame.name), names, "not once and in order");
      assertEquals(frames.filter(({ verdict, result }) => verdict === null || result === null), [], "without a result");
      const summary = eventsOf(result, "source").find((event) => event["source"] === source)!;
      assertEquals(Number(summary["stored"]) + Number(summary["alreadyThere"]), COUNT);
      assertEquals([summary["phase"], summary["dropped"]], ["ended", { link: 0, offline: 0, disk: 0, camera: 0 }]);
    }
    assertEquals(await filesBelow(`${server.data}/incoming`), []);

    const again = await runSend(command);
    assertEquals(again.code, 0);
    assertEquals(eventsOf(again, "source").map(({ sent, alreadyThere }) => [sent, alreadyThere]), [[0, COUNT], [
      0,
      COUNT,
    ]]);
    assertEquals((await everyFrame(server.http, { device: "box" })).length, 2 * COUNT);
    assertEquals((await server.kill("SIGTERM")).code, 0, server.stderr());
  },
});
