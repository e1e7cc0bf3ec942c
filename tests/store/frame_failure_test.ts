/** Disks that fail, are full or slow: nothing is told as stored which is not, and it goes on afterwards. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { FramewireError } from "../../lib/errors.ts";
import { allFrames, fileContent, MemoryFrameFixture, pictureOf, resultOf } from "../helpers/frame_store_fixture.ts";

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
