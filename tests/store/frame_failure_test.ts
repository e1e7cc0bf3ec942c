/** Disks that fail, are full or slow: nothing is told as stored which is not, and it goes on afterwards. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { FramewireError } from "../../lib/errors.ts";
import type { SegmentState } from "../../lib/store/frame_catalog.ts";
import {
  allFrames,
  fileContent,
  MemoryFrameFixture,
  pictureOf,
  resultOf,
  type ToldWriter,
} from "../helpers/frame_store_fixture.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { osError } from "../helpers/os_errors.ts";

async function started(options: ConstructorParameters<typeof MemoryFrameFixture>[0] = {}): Promise<MemoryFrameFixture> {
  const fixture = new MemoryFrameFixture(options);
  await fixture.store.start();
  return fixture;
}

for (const named of [false, true]) {
  const what = named ? "named pictures" : "camera frames";
  const name = (sequence: number) => named ? { name: `${sequence}.jpg` } : {};

  Deno.test(`FrameWriter acks none of the ${what} whose sync failed, and never tries it again`, async () => {
    const fixture = await started();
    const told = await fixture.open({ named });
    await told.write(1, pictureOf(1), name(1));
    await told.writer.flush();
    fixture.disk.failCall("sync");
    await told.write(2, pictureOf(2), name(2));
    const error = await assertRejects(() => told.writer.flush(), FramewireError);
    assertEquals([error.code, told.failures, told.through], ["STORAGE_FAILED", ["STORAGE_FAILED"], 1]);
    await assertRejects(() => told.write(3, pictureOf(3), name(3)), FramewireError);
    let syncs = 0;
    fixture.disk.onCall = ({ kind }) => void (kind === "sync" && syncs++);
    await fixture.clock.advance(60_000);
    assertEquals(syncs, 0);

    const again = await fixture.open({ named });
    assertEquals(again.writer.stored, 1);
    for (const sequence of [2, 3]) await again.write(sequence, pictureOf(sequence), name(sequence));
    await again.writer.flush();
    fixture.crash("nothing");
    await fixture.store.start();
    const rows = await allFrames(fixture.store);
    assertEquals(rows.map(({ sequence }) => sequence), [1, 2, 3]);
    if (!named) assert(rows[0]!.file !== rows[1]!.file, "a segment whose sync failed is not used again");
    for (const { id, sequence } of rows) assertEquals(await fixture.store.jpeg(id), pictureOf(sequence));
  });

  Deno.test(`FrameWriter acks none of the ${what} whose folder could not be synced`, async () => {
    const fixture = await started();
    const told = await fixture.open({ named });
    fixture.disk.failCall("sync-folder", named ? 5 : 5);
    await told.write(1, pictureOf(1), name(1)).catch(() => {});
    await assertRejects(() => told.writer.flush(), FramewireError);
    assertEquals([told.through, told.failures], [0, ["STORAGE_FAILED"]]);
    assertEquals(await allFrames(fixture.store), []);
  });
}

Deno.test("FrameWriter keeps what a commit has kept that failed after it had reached the disk", async () => {
  const fixture = await started();
  const told = await fixture.open();
  await told.write(1, pictureOf(1));
  await told.writer.flush();
  fixture.catalog.failCommit("after");
  await told.write(2, pictureOf(2));
  await assertRejects(() => told.writer.flush(), FramewireError, "disk I/O error");
  assertEquals([told.through, told.failures], [1, ["STORAGE_FAILED"]]);
  fixture.crash("nothing");
  await fixture.store.start();
  const again = await fixture.open();
  assertEquals(again.writer.stored, 2, "the box is told, and does not send it again");
  for (const { id, sequence } of await allFrames(fixture.store)) {
    assertEquals(await fixture.store.jpeg(id), pictureOf(sequence));
  }
});

Deno.test("FrameWriter tells a full disk as such, keeps what it has, and shows no half picture", async () => {
  const fixture = await started({ capacityBytes: 40_960 });
  const told = await fixture.open();
  const error = await assertRejects(async () => {
    for (let n = 1; n < 100; n++) await told.write(n, pictureOf(n, 3_000), { timeMs: 1000 * n });
  }, FramewireError);
  assertEquals([error.code, told.failures], ["NO_SPACE", ["NO_SPACE"]]);
  assert(error.retryAfterMs > 0);
  const rows = await allFrames(fixture.store);
  assertEquals(rows.map(({ sequence }) => sequence), Array.from({ length: told.through }, (_, index) => index + 1));
  assert(rows.length >= 10, `${rows.length}`);
  assertEquals((await fileContent(fixture, `box/cam/${rows[0]!.file}`)).length, 3_000 * rows.length);
  const gaps = await fixture.store.gaps(told.writer.sourceId, 0, 9e12);
  assertEquals(gaps.map(({ reason, fromMs, toMs }) => [reason, fromMs, toMs]), [["disk", 1000 * told.through, null]]);
  fixture.disk.capacityBytes = Infinity;
  const again = await fixture.open();
  await again.write(told.through + 1, pictureOf(1), { timeMs: 500_000 });
  await again.writer.flush();
  assertEquals((await fixture.store.gaps(told.writer.sourceId, 0, 9e12)).map(({ toMs }) => toMs), [500_000]);
});

Deno.test("FrameWriter leaves the reserve of the disk alone", async () => {
  const fixture = await started({ capacityBytes: 1_000_000, reserveBytes: 2_000_000 });
  const told = await fixture.open();
  const error = await assertRejects(() => told.write(1, pictureOf(1)), FramewireError, "the reserve");
  assertEquals([error.code, told.failures, fixture.disk.paths()], ["NO_SPACE", ["NO_SPACE"], []]);
});

Deno.test("FrameWriter lets frames gather while a sync runs, and commits them together", async () => {
  const fixture = await started();
  const told = await fixture.open();
  await told.write(1, pictureOf(1));
  await told.writer.flush();
  const commits = fixture.catalog.commits;
  const slow = Promise.withResolvers<void>();
  let syncs = 0;
  fixture.disk.onCall = ({ kind }) => kind === "sync" && ++syncs === 1 ? slow.promise : undefined;
  for (let n = 2; n <= 50; n++) await told.write(n, pictureOf(n));
  assertEquals(told.through, 1);
  slow.resolve();
  await told.writer.flush();
  assertEquals([told.through, syncs, fixture.catalog.commits - commits], [50, 2, 2]);
});

Deno.test("FrameWriter commits results and gaps which no frame follows, after a while", async () => {
  const fixture = await started();
  const told = await fixture.open();
  await told.write(1, pictureOf(1));
  await told.writer.flush();
  const commits = fixture.catalog.commits;
  told.writer.result(1, resultOf("ok"));
  told.writer.gap({ fromMs: 1, toMs: 2, frames: 3, reason: "link" });
  await fixture.clock.advance(1000);
  assertEquals(fixture.catalog.commits - commits, 1);
  assertEquals((await allFrames(fixture.store))[0]?.verdict, "ok");
  assertEquals((await fixture.store.gaps(told.writer.sourceId, 0, 9)).length, 1);
  assertEquals(fixture.clock.pendingTimers, 0);
});

for (const code of ["EIO", "ENOSPC"] as const) {
  Deno.test(`FrameWriter keeps what it has told, and only that, whatever call of a disk with direct writes fails (${code})`, async () => {
    let [failures, begun] = [0, 0];
    for (let at = 1;; at++) {
      const fixture = await started({ seed: at, direct: true });
      const told = await fixture.open();
      let calls = 0;
      fixture.catalog.onCall = (method) => method === "commit" ? turns(1_000) : undefined;
      fixture.disk.onCall = async ({ kind }) => {
        if (!["write", "sync"].includes(kind)) return;
        const call = ++calls;
        await turns(100);
        if (call === at) throw osError(code);
      };
      const flood = async (writer: ToldWriter, from: number) => {
        for (let n = from; n <= 80; n++) await writer.write(n, pictureOf(n, 700 + 50 * n));
        await writer.writer.flush();
      };
      const hasFailed = await flood(told, 1).then(() => false, () => true);
      begun += fixture.direct!.begun;
      if (!hasFailed) {
        assertEquals(told.through, 80);
        break;
      }
      failures++;
      try {
        await waitFor(() => told.failures.length > 0, { what: "the failure to be told" });
        assertEquals(told.failures, [code === "EIO" ? "STORAGE_FAILED" : "NO_SPACE"]);
        await check(fixture, told);
        // At once, as a box does, and again with what is found behind a power cut.
        const again = await fixture.open();
        assert(again.writer.stored >= told.through, `${again.writer.stored} of ${told.through}`);
        again.through = again.writer.stored;
        await flood(again, again.writer.stored + 1);
        fixture.crash("nothing");
        await fixture.store.start();
        await check(fixture, again);
        assertEquals((await allFrames(fixture.store)).length, 80);
      } catch (cause) {
        throw new Error(`Call ${at} failed`, { cause });
      }
    }
    assert(failures > 5 && begun > 5 * failures, `${failures} failures, ${begun} direct writes`);
  });
}

Deno.test("FrameWriter keeps what it has told, whatever commit of a flood meets a full disk", async () => {
  let failures = 0;
  for (let at = 1;; at++) {
    const fixture = await started({ seed: at, direct: true });
    const told = await fixture.open();
    let commits = 0;
    fixture.catalog.onCall = async (method) => {
      if (method !== "commit") return;
      await turns(1_000);
      if (++commits === at + 1) fixture.catalog.failCommit("full");
    };
    // Some are passed over, as by `--record every:3`.
    const flood = async () => {
      for (let n = 1; n <= 150; n++) {
        if (n % 50 > 15) told.writer.pass(n);
        else await told.write(n, pictureOf(n, 700));
      }
      await told.writer.flush();
    };
    if (await flood().then(() => true, () => false)) {
      assertEquals(told.through, 150);
      break;
    }
    failures++;
    await waitFor(() => told.failures.length > 0, { what: "the failure to be told" });
    const rows = await allFrames(fixture.store);
    const recorded = Array.from({ length: 150 }, (_, index) => index + 1).filter((n) => n % 50 <= 15);
    assertEquals(rows.map(({ sequence }) => sequence), recorded.slice(0, rows.length), `commit ${at}`);
    const next = recorded[rows.length]!;
    assert(told.through < next, `commit ${at}: ${told.through} was told, and ${next} is not there`);
    assert((await fixture.open()).writer.stored < next, `commit ${at}: ${next} would never come`);
  }
  assert(failures >= 3, `${failures} failures`);
});

for (const direct of [true, false]) {
  const how = direct ? "direct writes" : "ordinary writes";

  Deno.test(`FrameWriter cuts nothing off when a commit of a gap meets a full disk, as others are behind it (${how})`, async () => {
    const fixture = await started({ direct });
    const told = await fixture.open();
    await told.write(1, pictureOf(1));
    await told.writer.flush();
    const held = Promise.withResolvers<void>();
    let commits = 0;
    fixture.catalog.onCall = async (method) => {
      if (method !== "commit" || ++commits > 1) return;
      await held.promise;
      fixture.catalog.failCommit("full");
    };
    told.writer.gap({ fromMs: 0, toMs: 1, frames: 1, reason: "link" });
    const flushed = told.writer.flush().catch(() => {});
    await waitFor(() => commits === 1, { what: "the commit of the gap" });
    for (let n = 2; n <= 40; n++) await told.write(n, pictureOf(n));
    held.resolve();
    await flushed;
    await waitFor(() => told.failures.length > 0, { what: "the failure to be told" });
    for (const { id, sequence } of await allFrames(fixture.store)) {
      assertEquals(await fixture.store.jpeg(id), pictureOf(sequence), `frame ${sequence}`);
    }
  });

  Deno.test(`FrameWriter notes those which are passed over with a flush (${how})`, async () => {
    const fixture = await started({ direct });
    const told = await fixture.open();
    await told.write(1, pictureOf(1));
    await told.writer.flush();
    for (let n = 2; n <= 20; n++) told.writer.pass(n);
    await waitFor(() => told.through === 20, { what: "them to be told" });
    await told.writer.flush();
    await told.writer.close("offline");
    assertEquals([told.writer.stored, (await fixture.open()).writer.stored], [20, 20]);
  });

  Deno.test(`FrameWriter leaves a segment that retention can remove when the disk is full (${how})`, async () => {
    const fixture = await started({ direct });
    const told = await fixture.open();
    await told.write(1, pictureOf(1));
    await told.writer.flush();
    fixture.disk.onCall = ({ kind }) => {
      if (kind === "write") throw osError("ENOSPC");
    };
    fixture.catalog.onCall = (method) => method === "commit" ? turns(100) : undefined;
    told.writer.pass(2, { fromMs: 0, toMs: 1, frames: 1, reason: "link" });
    await turns(30);
    for (let n = 3; n < 40; n++) await told.write(n, pictureOf(n)).catch(() => {});
    await waitFor(() => told.failures.length > 0, { what: "the failure to be told" });
    const segments = (sealed: boolean) => fixture.catalog.segments({ sealed, limit: 9 });
    assertEquals([(await segments(true)).length, (await segments(false)).length], [1, 0]);
    fixture.crash("nothing");
    const [{ folder, file, bytes }] = await segments(true) as [SegmentState];
    assertEquals([fixture.disk.contentOf(`/data/frames/${folder}/${file}`).length, bytes], [700, 700]);
  });
}

Deno.test("FrameWriter gives all memory back when a commit fails while a frame begins a segment", async () => {
  const fixture = await started({ direct: true });
  const told = await fixture.open();
  let commits = 0;
  fixture.catalog.onCall = async (method) => {
    if (method !== "commit" || ++commits > 1) return;
    await turns(300);
    fixture.catalog.failCommit("full");
  };
  told.writer.pass(1, { fromMs: 0, toMs: 1, frames: 1, reason: "link" });
  await told.write(2, pictureOf(2)).catch(() => {});
  await waitFor(() => told.failures.length > 0, { what: "the failure to be told" });
  await fixture.store.stop();
  assertEquals([fixture.direct!.take(), fixture.direct!.take()].map((buffer) => buffer !== undefined), [true, true]);
});

/** Some time, in which many frames come. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

/** What was told is there, all that is there is whole, in order, and behind each other. */
async function check(fixture: MemoryFrameFixture, { through }: ToldWriter): Promise<void> {
  const rows = await allFrames(fixture.store);
  assertEquals(rows.map(({ sequence }) => sequence), rows.map((_, index) => index + 1));
  assert(rows.length >= through, `${through} were told as stored, ${rows.length} are there`);
  for (const { id, sequence } of rows) {
    assertEquals(await fixture.store.jpeg(id), pictureOf(sequence, 700 + 50 * sequence), `frame ${sequence}`);
  }
}
