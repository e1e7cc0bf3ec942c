import { assertEquals, assertMatch } from "@std/assert";
import { SendReport } from "../../lib/client/send_report.ts";
import { ClipJob } from "../../lib/clips/clip_job.ts";
import { FramewireError } from "../../lib/errors.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { MadeUpProgram } from "../helpers/made_up_program.ts";

const STORED = { clipId: "id", storedName: "clip.mp4", alreadyThere: false, url: "" };

/** Sends a clip of 1000 kB, of which the server had `heldBytes`, in two seconds; what is on standard output. */
async function linesOf(heldBytes: number): Promise<{ lines: readonly string[]; errors: string }> {
  const program = new MadeUpProgram();
  program.columns = 80;
  const clock = new MadeUpClock();
  const report = new SendReport(program, clock, { json: false, quiet: false });
  const source = {
    name: "clip.mp4",
    bytes: 1_000_000,
    modifiedMs: null,
    plan: () => Promise.resolve([]),
    read: () => Promise.resolve(0),
    forget: () => {},
    checkUnchanged: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const job = new ClipJob("clip.mp4", () => Promise.resolve(source), report);
  report.jobs = [job];
  await job.source();
  job.accepted("id", [{ start: 0, end: heldBytes }]);
  const missing = 1_000_000 - heldBytes;
  for (let step = 0; step < 2; step++) {
    await clock.advance(1000);
    job.progressed(missing / 2);
  }
  await job.stored({ stored: STORED, bytes: 1_000_000, sha256: "ab" });
  return { lines: program.lines, errors: program.errors };
}

Deno.test("SendReport says how fast a clip was", async () => {
  const { lines, errors } = await linesOf(0);
  assertEquals(lines, ["clip.mp4: stored, 1.00 MB in 2.0 s (500 kB/s)", "  sha256 ab"]);
  assertMatch(errors, /50 %/);
});

Deno.test("SendReport takes what the server had before for no speed", async () => {
  const { lines, errors } = await linesOf(900_000);
  assertEquals(lines[0], "clip.mp4: stored, 1.00 MB, 100 kB of it now in 2.0 s (50.0 kB/s)");
  assertEquals(/\d MB\/s/.test(errors), false, errors);
});

Deno.test("SendReport shows the code of an error, but none to whoever stopped it", () => {
  const program = new MadeUpProgram();
  const report = new SendReport(program, new MadeUpClock(), { json: false, quiet: false });
  report.failed(new FramewireError("NO_SPACE", "It is full"));
  report.failed(new FramewireError("SHUTTING_DOWN", "Stopped"));
  assertEquals(program.errors, "It is full [NO_SPACE]\nStopped\n");
});
