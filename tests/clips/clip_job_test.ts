import { assert, assertEquals } from "@std/assert";
import { ClipJob } from "../../lib/clips/clip_job.ts";
import { FileSource } from "../../lib/clips/clip_source.ts";
import { PipeSource } from "../../lib/clips/pipe_source.ts";
import { type ErrorCode, FramewireError } from "../../lib/errors.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { sha256Of } from "../helpers/store_fixture.ts";

const CONTENT = new SeededRandom(1).bytes(5_000);
const STORED = { clipId: "id", storedName: "clip", alreadyThere: false, url: "" };

interface SetUp {
  readonly job: ClipJob;
  readonly notes: string[];
  opened(): number;
}

async function setUp(isPipe = false): Promise<SetUp> {
  const disk = new MemoryDisk();
  const file = await disk.open("/clip", "create-new");
  await file.writeAt(CONTENT, 0);
  file.close();
  const notes: string[] = [];
  let opened = 0;
  const open = () => {
    opened++;
    return isPipe
      ? Promise.resolve(new PipeSource("clip", ReadableStream.from([CONTENT])))
      : FileSource.open(disk, "/clip");
  };
  const job = new ClipJob("clip", open, { note: (_, text) => void notes.push(text), changed: () => {} });
  await job.source();
  job.accepted("id", []);
  return { job, notes, opened: () => opened };
}

/** What becomes of a job after an error: `waiting` or `failed`, and when it is tried again. */
async function after(code: ErrorCode, options: { isPipe?: boolean; retryAfterMs?: number } = {}) {
  const { job, opened } = await setUp(options.isPipe);
  await job.setBack(new FramewireError(code, "No", { retryAfterMs: options.retryAfterMs ?? 0 }), 1_000, 300, Infinity);
  const result = { phase: job.phase, notBeforeMs: job.notBeforeMs, clipId: job.clipId };
  await job.source().catch(() => {});
  await job.giveUp();
  return { ...result, isAnew: opened() > 1 };
}

Deno.test("ClipJob goes on where it was after an error which may pass", async () => {
  for (const code of ["STORAGE_FAILED", "NO_SPACE", "STREAMS_EXHAUSTED"] as const) {
    const expected = { phase: "waiting", notBeforeMs: 1_300, clipId: "id", isAnew: false } as const;
    assertEquals(await after(code), expected, code);
    assertEquals(await after(code, { isPipe: true }), expected, code);
  }
});

Deno.test("ClipJob starts anew when what the server has cannot be right, and a pipe fails then", async () => {
  for (const code of ["SOURCE_CHANGED", "HASH_MISMATCH", "UNKNOWN_CLIP"] as const) {
    const { phase, clipId, isAnew } = await after(code);
    assertEquals({ phase, clipId, isAnew }, { phase: "waiting", clipId: null, isAnew: true }, code);
    assertEquals((await after(code, { isPipe: true })).phase, "failed", code);
  }
});

Deno.test("ClipJob fails at once by what no retry can change", async () => {
  for (const code of ["INVALID_NAME", "SOURCE_UNREADABLE", "SUPERSEDED"] as const) {
    assertEquals((await after(code)).phase, "failed", code);
  }
});

Deno.test("ClipJob waits as long as the server says, and a random pause on top, so that boxes do not come together", async () => {
  assertEquals((await after("NO_SPACE", { retryAfterMs: 30_000 })).notBeforeMs, 31_300);
});

Deno.test("ClipJob waits for space as long as --retry-for says, and not for ever with other errors", async () => {
  const full = await setUp();
  for (let nowMs = 0; nowMs < 60_000; nowMs += 10_000) {
    await full.job.setBack(new FramewireError("NO_SPACE", "Full", { retryAfterMs: 10_000 }), nowMs, 0, 45_000);
    assertEquals(full.job.isEnded, nowMs > 35_000, `after ${nowMs} ms`);
  }
  const broken = await setUp();
  let times = 0;
  while (!broken.job.isEnded && times < 100) {
    await broken.job.setBack(new FramewireError("STORAGE_FAILED", "EIO"), times++, 0, Infinity);
  }
  assertEquals(times, 5);
  assert(broken.notes.length > 0);
});

Deno.test("ClipJob hashes bytes as they are sent, and reads again only what it has not seen", async () => {
  const { job } = await setUp();
  job.hash(0, CONTENT.subarray(0, 2_000));
  job.hash(3_000, CONTENT.subarray(3_000, 4_000));
  assertEquals(job.hashedBytes, 2_000);
  assertEquals(await job.hashWhole(CONTENT.length, new AbortController().signal), sha256Of(CONTENT));
  await job.giveUp();
});

Deno.test("ClipJob compares the ranges which the server holds", async () => {
  const held = (start: number, end: number) => ({ start, end, sha256: sha256Of(CONTENT.subarray(start, end)) });
  const { signal } = new AbortController();
  const { job } = await setUp();
  assertEquals(await job.matches([held(0, 1_000), held(2_000, 5_000)], signal), true);
  assertEquals(await job.matches([{ ...held(0, 1_000), end: 1_001 }], signal), false);
  assertEquals(await job.matches([{ ...held(2_000, 3_000), sha256: null }], signal), false);
  await job.giveUp();
});

Deno.test("ClipJob ends once", async () => {
  const { job } = await setUp();
  await job.stored({ stored: STORED, bytes: 5_000, sha256: "" });
  await job.fail(new FramewireError("INTERNAL", "Too late"));
  assertEquals([job.phase, job.error, job.heldBytes], ["stored", undefined, 5_000]);
});
