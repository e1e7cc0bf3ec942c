/** The power goes, or a commit fails, at every call of the catalog while events are stored. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { FramewireError } from "../../lib/errors.ts";
import { MemoryEventFixture } from "../helpers/event_store_fixture.ts";
import type { MemoryEventCatalog } from "../helpers/memory_event_catalog.ts";

const EVENTS = 30;

/** A box which sends from what is held on, three batches at a time; `told` is what it was told as stored. */
async function send(fixture: MemoryEventFixture, told: Set<number>): Promise<void> {
  await fixture.store.start();
  const feed = await fixture.open();
  const isHeld = (sequence: number) => feed.held.some(({ first, last }) => sequence >= first && sequence <= last);
  for (const sequence of told) assert(isHeld(sequence), `${sequence} was told as stored, and is not held`);
  const open = Array.from({ length: EVENTS }, (_, index) => index + 1).filter((sequence) => !isHeld(sequence));
  for (let at = 0; at < open.length; at += 6) {
    await Promise.all([0, 2, 4].map(async (behind) => {
      const some = open.slice(at + behind, at + behind + 2);
      if (some.length === 0) return;
      // Some are sent twice.
      await feed.read(some, { first: some[0]! });
      for (const sequence of some) told.add(sequence);
      await feed.read(some.slice(1), { first: some[0]! + 1 });
    }));
  }
}

async function check(fixture: MemoryEventFixture, told: ReadonlySet<number>): Promise<void> {
  const sequences = (await fixture.all()).map(({ sequence }) => sequence);
  assertEquals(new Set(sequences).size, sequences.length, "none is there twice");
  for (const sequence of told) assert(sequences.includes(sequence), `${sequence} was told as stored, and is lost`);
}

Deno.test("EventStore keeps its promises whenever the power goes", async () => {
  let cuts = 0;
  for (let at = 1;; at++) {
    const fixture = new MemoryEventFixture({});
    const told = new Set<number>();
    let [calls, isGone] = [0, false];
    fixture.catalog.onCall = () => {
      if (++calls !== at) return;
      isGone = true;
      fixture.catalog.crash();
    };
    await send(fixture, told).catch((error) => {
      if (!isGone) throw error;
      assertEquals((error as FramewireError).code, "STORAGE_FAILED");
    });
    if (!isGone) break;
    cuts++;
    await fixture.again();
    await check(fixture, told);
    await send(fixture, told);
    await check(fixture, told);
    assertEquals((await fixture.all()).length, EVENTS);
  }
  assert(cuts > 40, `only ${cuts} cuts were made`);
});

for (const how of ["before", "after", "full"] as const) {
  Deno.test(`EventStore tells nothing as stored of a commit that fails (${how})`, async () => {
    const fixture = new MemoryEventFixture({});
    await fixture.store.start();
    const feed = await fixture.open();
    const catalog: MemoryEventCatalog = fixture.catalog;
    catalog.failCommit(how);
    const error = await assertRejects(() => feed.read([1, 2]), FramewireError);
    assertEquals(error.code, how === "full" ? "NO_SPACE" : "STORAGE_FAILED");
    assertEquals(error.retryAfterMs > 0, how === "full");
    if (how !== "full") {
      await assertRejects(() => feed.read([1, 2]), FramewireError, "disk I/O error");
      await fixture.again();
    }
    const again = await fixture.open();
    assertEquals(again.held, how === "after" ? [{ first: 1, last: 2 }] : []);
    await again.read([1, 2]);
    assertEquals((await fixture.all()).map(({ sequence }) => sequence), [1, 2]);
  });
}
