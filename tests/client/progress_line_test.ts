import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { ClipJob } from "../../lib/clips/clip_job.ts";
import { progressLine } from "../../lib/client/progress_line.ts";

const EVENTS = { note: () => {}, changed: () => {} };
const STORED = { clipId: "id", storedName: "done.mp4", alreadyThere: false, url: "" };

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
  const line = progressLine([await jobOf("clip.mp4", 420)], 10, 80);
  assertEquals(line, "clip.mp4 [##########--------------] 42 %  10 B/s  58 s left");
});

Deno.test("progressLine shows what is known of a pipe", async () => {
  assertEquals(progressLine([await jobOf("-", 5000, null)], 1000, 0), "- 5.00 kB  1.00 kB/s");
});

Deno.test("progressLine shows an empty file, and each phase", async () => {
  const job = await jobOf("empty", 0, 0);
  assert(progressLine([job], 0, 80).includes("100 %"));
  job.enter("finishing");
  assert(progressLine([job], 0, 80).includes("waiting until it is stored"));
  job.enter("checking");
  assert(progressLine([job], 0, 80).includes("comparing with the server"));
});

Deno.test("progressLine is never wider than the terminal", async () => {
  const job = await jobOf("a-rather-long-name-".repeat(10) + ".mp4", 500);
  for (const columns of [10, 40, 60, 80, 200]) {
    assertLessOrEqual(progressLine([job], 12_345_678, columns).length, columns - 1, String(columns));
  }
  assert(progressLine([job], 1, 100).includes(".mp4 ["), "the end of the name says more than its beginning");
});

Deno.test("progressLine lets no escape code of a file's name reach the terminal", async () => {
  const line = progressLine([await jobOf("a\x1b[2J\x07\u009b1m\nb", 500)], 1, 0);
  // deno-lint-ignore no-control-regex -- these are what is looked for
  assertEquals(/[\x00-\x1f\x7f-\x9f]/.test(line), false, JSON.stringify(line));
});

Deno.test("progressLine counts several clips together, with what is left of all of them", async () => {
  const done = await jobOf("done.mp4", 1000);
  await done.stored({ stored: STORED, bytes: 1000, sha256: "" });
  const jobs = [done, await jobOf("a.mp4", 500), await jobOf("b.mp4", 0)];
  assertEquals(progressLine(jobs, 100, 80), "1 of 3 stored [############------------] 50 %  100 B/s  15 s left");
});

Deno.test("progressLine of several clips shows the one that arrives while the size of another is not known", async () => {
  const waiting = new ClipJob("later.mp4", () => Promise.reject(new Error("Nobody opens it")), EVENTS);
  const jobs = [await jobOf("a.mp4", 500), await jobOf("b.mp4", 0), waiting];
  const line = progressLine(jobs, 100, 100);
  assertEquals(line, "a.mp4 [############------------] 50 %  100 B/s  5.0 s left (+1), 0 of 3 stored");
});
