import { assert, assertEquals, assertLessOrEqual, assertMatch } from "@std/assert";
import { ReportOutput } from "../../lib/client/report_output.ts";
import { SourceReport } from "../../lib/client/source_report.ts";
import { FramewireError } from "../../lib/errors.ts";
import { SourceJob } from "../../lib/frames/source_job.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { MadeUpProgram } from "../helpers/made_up_program.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

class ReportFixture {
  readonly program = new MadeUpProgram();
  readonly clock = new MadeUpClock();
  readonly report: SourceReport;
  readonly jobs: SourceJob[];

  constructor(
    names: readonly string[],
    options: { json?: boolean; quiet?: boolean; named?: boolean; columns?: number } = {},
  ) {
    const { json = false, quiet = false, named = false, columns = 0 } = options;
    this.program.columns = columns;
    this.report = new SourceReport(new ReportOutput(this.program, { json, quiet }), this.clock);
    const outside = { clock: this.clock, random: new SeededRandom(1) };
    this.jobs = names.map((name) => {
      const settings = { name, kind: "visible", policy: "latest", named } as const;
      return new SourceJob(settings, () => Promise.reject(new Error("Nobody opens it")), this.report, outside);
    });
    this.report.start(this.jobs);
  }

  frame(at: number, sequence: number, result: object | null, name: string | null = null): void {
    const json = result === null ? null : JSON.stringify(result);
    this.report.frame(this.jobs[at]!, { sequence, name, ackMs: 1.23456, result: json });
  }

  events(): Record<string, unknown>[] {
    return this.program.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

const OK = { result: "ok", reasons: [] };
const DARK = { result: "defect", reasons: ["too dark", "blurred"] };

Deno.test("SourceReport prints a line for each picture of a folder, with its verdict", () => {
  const one = new ReportFixture(["left"], { named: true });
  one.frame(0, 1, OK, "1.jpg");
  one.frame(0, 2, DARK, "2\x1b[2J.jpg");
  one.frame(0, 3, null, "3.jpg");
  assertEquals(one.program.lines, ["1.jpg ok", "2?[2J.jpg defect: too dark, blurred", "3.jpg stored"]);
  one.report.stop();
  const two = new ReportFixture(["left", "right"], { named: true, quiet: true });
  two.frame(1, 1, OK, "1.jpg");
  assertEquals(two.program.lines, ["right/1.jpg ok"]);
  two.report.stop();
});

Deno.test("SourceReport tells when a camera's verdict turns, and does not flood", async () => {
  const fixture = new ReportFixture(["cam"]);
  for (let sequence = 1; sequence <= 300; sequence++) {
    fixture.frame(0, sequence, sequence > 100 && sequence <= 200 ? DARK : OK);
    await fixture.clock.advance(33);
  }
  assertEquals(fixture.program.lines, [
    "cam from picture 101 on: defect: too dark, blurred",
    "cam from picture 201 on: ok",
  ]);
  for (let sequence = 301; sequence <= 600; sequence++) {
    fixture.frame(0, sequence, sequence % 2 ? DARK : OK);
    await fixture.clock.advance(33);
  }
  assertLessOrEqual(fixture.program.lines.length, 13);
  fixture.report.stop();
  assertEquals(fixture.clock.pendingTimers, 0);
});

Deno.test("SourceReport --json gives one object a picture, and drops added up", async () => {
  const fixture = new ReportFixture(["cam"], { json: true });
  fixture.frame(0, 7, OK, "7.jpg");
  fixture.frame(0, 8, null);
  for (let drops = 0; drops < 40; drops++) fixture.report.dropped(fixture.jobs[0]!, { count: 1, reason: "link" });
  fixture.report.dropped(fixture.jobs[0]!, { count: 0, reason: "camera" });
  await fixture.clock.advance(1_500);
  fixture.report.note(fixture.jobs[0]!, "Hello");
  fixture.report.stop();
  assertEquals(fixture.events(), [
    { event: "frame", source: "cam", sequence: 7, name: "7.jpg", ackMs: 1.235, result: OK },
    { event: "frame", source: "cam", sequence: 8, name: null, ackMs: 1.235, result: null },
    { event: "dropped", source: "cam", count: 40, reason: "link" },
    { event: "dropped", source: "cam", count: 0, reason: "camera" },
    { event: "note", source: "cam", text: "Hello" },
  ]);
  assertEquals(fixture.program.errors, "");
});

Deno.test("SourceReport keeps a line for each source at the end of a terminal, which results push down", async () => {
  const fixture = new ReportFixture(["left", "r"], { columns: 60 });
  fixture.jobs[0]!.sent = 10;
  await fixture.clock.advance(1_000);
  const errors = fixture.program.errors;
  const screen = errors.slice(errors.lastIndexOf("\r"));
  assertEquals(screen.split("\n").length, 2);
  assertMatch(screen, /left {2}\d+\.\d\/s {2}10 sent {2}0 stored {2}waiting for the server\nr {5}0\.0\/s/);
  // Up one line from the second time on, so that nothing scrolls.
  assert(screen.startsWith("\r\x1b[K\x1b[1A\x1b[K"));
  for (const line of screen.split("\n")) assertLessOrEqual(line.split("\x1b[K").at(-1)!.length, 59);
  fixture.report.note(fixture.jobs[0]!, "Hello");
  assert(fixture.program.errors.endsWith("\r\x1b[K\x1b[1A\x1b[Kleft: Hello\n"));
  fixture.report.stop();
});

Deno.test("SourceReport without a terminal says a line now and then; with --quiet nothing", async () => {
  const lines = async (quiet: boolean) => {
    const fixture = new ReportFixture(["cam"], { quiet });
    await fixture.clock.advance(190_000);
    fixture.report.stop();
    return fixture.program.errors.split("\n").length - 1;
  };
  assertEquals([await lines(false), await lines(true)], [4, 0]);
});

Deno.test("SourceReport sums up: counts, drops with their reasons, and where it is seen", () => {
  const fixture = new ReportFixture(["left"]);
  const job = fixture.jobs[0]!;
  Object.defineProperty(job, "captured", { value: 100 });
  Object.assign(job, { sent: 90, stored: 88, alreadyThere: 2, leftOut: 1, phase: "ended" });
  Object.assign(job.droppedByReason, { link: 7, offline: 3 });
  fixture.report.summary("http://host/#live");
  assertEquals(fixture.program.lines, [
    "left: 100 captured, 90 sent, 88 stored, 2 already there, 1 left out, 10 dropped (7 link too slow, 3 no connection)",
    "  see    http://host/#live",
  ]);
  assertEquals(fixture.program.errors, "left: 1 picture could not be sent [SOURCE_UNREADABLE]\n");
  fixture.report.stop();
});

Deno.test("SourceReport says how many pictures of a camera that was stopped are not stored", () => {
  const fixture = new ReportFixture(["cam"]);
  Object.defineProperty(fixture.jobs[0]!, "captured", { value: 252 });
  Object.assign(fixture.jobs[0]!, { sent: 237, stored: 235 });
  fixture.report.summary("");
  assertEquals(fixture.program.lines, ["cam: 252 captured, 237 sent, 235 stored, 17 not stored, none dropped"]);
  fixture.report.stop();
});

Deno.test("SourceReport says why a source has failed", () => {
  const fixture = new ReportFixture(["cam"]);
  fixture.jobs[0]!.fail(new FramewireError("CAMERA_FAILED", "Cannot use camera x"));
  assertEquals(fixture.program.errors, "cam: Cannot use camera x [CAMERA_FAILED]\n");
  fixture.report.stop();
});
