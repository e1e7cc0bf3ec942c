/** Pictures as fast as they go, which the server writes past the page cache, while it is killed: each is there once, whole. */
import { assert, assertEquals } from "@std/assert";
import { assertFlood, FrameFlood, writesDirectly } from "../helpers/frame_flood.ts";
import { startServer } from "../helpers/programs.ts";
import { waitFor } from "../helpers/wait_for.ts";

const FRAMES = 3_000;
const KILLS = 3;

Deno.test({
  name:
    "kill -9 of the server while it writes a flood of pictures directly: each is stored once, whole, and nothing else",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using server = await startServer({ args: ["--analysis-workers", "0"] });
    const flood = new FrameFlood(FRAMES);
    const { job, told } = flood;
    const sending = flood.send(server.listen);
    for (let kill = 1; kill <= KILLS; kill++) {
      const from = told.length;
      await waitFor(() => writesDirectly(server.pid), { what: "direct writes", deadlineMs: 60_000 });
      await waitFor(() => told.length > from + 300, { what: "more to be told", deadlineMs: 60_000 });
      assert(told.length < FRAMES, "killed too late");
      await server.restart();
    }
    await sending;
    assertEquals([job.phase, job.stored, told.length], ["ended", FRAMES, FRAMES]);
    assertEquals(await assertFlood(server.http, server.data), FRAMES);
  },
});
