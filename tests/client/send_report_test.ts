import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { ClipJob } from "../../lib/clips/clip_job.ts";
import { progressLine } from "../../lib/client/send_report.ts";

const EVENTS = { note: () => {}, changed: () => {} };

/** A job of 1000 bytes, of which the server holds `held`. */
async function jobOf(name: string, held: number, bytes: number | null = 1000): Promise<ClipJob> {
  const source = {
    name,
    bytes,
    modifiedMs: null,
    plan: () => Promise.resolve([]),
    read: () => Promise.resolve(0),
    forget: () => {},
    checkUnchanged: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const job = new ClipJob(name, () => Promise.resolve(source), EVENTS);
  await job.source();
  job.accepted("id", held === 0 ? [] : [{ start: 0, end: held }]);
  return job;
}

Deno.test("progressLine shows share, rate and time left", async () => {
  const line = progressLine(await jobOf("clip.mp4", 420), 0, 10, 80);
  assertEquals(line, "clip.mp4 [##########--------------] 42 %  10 B/s  58 s left");
  assertEquals(progressLine(await jobOf("clip.mp4", 420), 2, 0, 0).endsWith("42 %  0 B/s (+2)"), true);
});

Deno.test("progressLine shows what is known of a pipe", async () => {
  assertEquals(progressLine(await jobOf("-", 5000, null), 0, 1000, 0), "- 5.00 kB  1.00 kB/s");
});

Deno.test("progressLine shows an empty file, and each phase", async () => {
  const job = await jobOf("empty", 0, 0);
  assert(progressLine(job, 0, 0, 80).includes("100 %"));
  job.enter("finishing");
  assert(progressLine(job, 0, 0, 80).includes("waiting until it is stored"));
  job.enter("checking");
  assert(progressLine(job, 0, 0, 80).includes("comparing with the server"));
});

Deno.test("progressLine is never wider than the terminal", async () => {
  const job = await jobOf("a-rather-long-name-".repeat(10) + ".mp4", 500);
  for (const columns of [10, 40, 60, 80, 200]) {
    assertLessOrEqual(progressLine(job, 3, 12_345_678, columns).length, columns - 1, String(columns));
  }
  assert(progressLine(job, 0, 1, 100).includes(".mp4 ["), "the end of the name says more than its beginning");
});

Deno.test("progressLine lets no escape code of a file's name reach the terminal", async () => {
  const line = progressLine(await jobOf("a\x1b[2J\x07\u009b1m\nb", 500), 0, 1, 0);
  // deno-lint-ignore no-control-regex -- these are what is looked for
  assertEquals(/[\x00-\x1f\x7f-\x9f]/.test(line), false, JSON.stringify(line));
});
