import { assert, assertEquals, assertGreater, assertLess, assertNotEquals, assertRejects } from "@std/assert";
import { type DiskCall, MemoryDisk } from "./memory_disk.ts";
import { SeededRandom } from "./seeded_random.ts";

const OLD = new SeededRandom(1).bytes(100_000);
const NEW = new SeededRandom(2).bytes(100_000);

/** A disk with `/data` and, durably, `/data/old` with OLD in it. */
async function diskWithOld(seed = 1): Promise<MemoryDisk> {
  const disk = new MemoryDisk({ seed });
  await disk.makeFolder("/data");
  const file = await disk.open("/data/old", "create-new");
  await file.writeAt(OLD, 0);
  await file.sync();
  file.close();
  await disk.syncFolder("/data");
  return disk;
}

Deno.test("a power cut keeps what was synced, data and name", async () => {
  for (const keeps of ["nothing", "random", "everything"] as const) {
    const found = (await diskWithOld()).crash(keeps);
    assertEquals(found.paths(), ["/data/old"]);
    assertEquals(found.contentOf("/data/old"), OLD);
  }
});

Deno.test("a power cut takes a new file whose folder was not synced", async () => {
  const disk = await diskWithOld();
  const file = await disk.open("/data/new", "create-new");
  await file.writeAt(NEW, 0);
  await file.sync();
  assertEquals(disk.contentOf("/data/new"), NEW);
  assertEquals(disk.crash("nothing").paths(), ["/data/old"]);
});

Deno.test("a power cut takes the data of a named file which was not synced", async () => {
  const disk = await diskWithOld();
  const file = await disk.open("/data/new", "create-new");
  await file.writeAt(NEW, 0);
  await disk.syncFolder("/data");
  const found = disk.crash("nothing");
  assertEquals(found.contentOf("/data/new").length, 0);
});

Deno.test("a power cut undoes an overwrite, a truncation, a removal and a rename which were not synced", async () => {
  const disk = await diskWithOld();
  const file = await disk.open("/data/old", "update");
  await file.writeAt(NEW, 0);
  await file.truncate(10);
  await disk.rename("/data/old", "/data/renamed");
  await disk.remove("/data/renamed");
  assertEquals(disk.paths(), []);
  const found = disk.crash("nothing");
  assertEquals(found.paths(), ["/data/old"]);
  assertEquals(found.contentOf("/data/old"), OLD);
});

Deno.test("a rename over a file is there as a whole or not at all, and a sync of the target makes it last", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const disk = await diskWithOld(seed);
    await disk.makeFolder("/in");
    const file = await disk.open("/in/new", "create-new");
    await file.writeAt(NEW, 0);
    await file.sync();
    await disk.rename("/in/new", "/data/old");
    if (seed % 2 === 0) await disk.syncFolder("/data");
    const found = disk.crash("random");
    const isNew = found.contentOf("/data/old")[0] === NEW[0];
    assertEquals(found.contentOf("/data/old"), isNew ? NEW : OLD);
    if (isNew) assertEquals(found.paths(), ["/data/old"], "it is not in the old place as well");
    seen.add(`${seed % 2 === 0 ? "synced" : "not synced"}: ${isNew ? "new" : "old"}`);
  }
  assertEquals([...seen].sort(), ["not synced: new", "not synced: old", "synced: new"]);
});

Deno.test("a random power cut loses a change together with the one it builds on", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const disk = await diskWithOld(seed);
    await disk.rename("/data/old", "/data/a");
    await disk.rename("/data/a", "/data/b");
    seen.add(disk.crash("random").paths().join(" "));
  }
  assertEquals([...seen].sort(), ["/data/a", "/data/b", "/data/old"]);
});

Deno.test("a random power cut keeps some pages of what was not synced, and others not", async () => {
  const lengths = new Set<number>();
  let torn = 0;
  for (let seed = 0; seed < 40; seed++) {
    const disk = await diskWithOld(seed);
    const file = await disk.open("/data/old", "update");
    await file.writeAt(NEW, 0);
    await file.writeAt(NEW, NEW.length);
    const bytes = disk.crash("random").contentOf("/data/old");
    lengths.add(bytes.length);
    const pages = [0, 1, 2, 3].map((page) => bytes[page * 4096] === NEW[page * 4096]);
    if (new Set(pages).size === 2) torn++;
    assert(bytes.subarray(0, 4096).every((byte, at) => byte === (pages[0] ? NEW : OLD)[at]), "a page is old or new");
  }
  assertGreater(torn, 20);
  assertGreater(lengths.size, 5);
  assert(lengths.has(OLD.length) && lengths.has(2 * NEW.length));
});

Deno.test("the same seed loses the same", async () => {
  const lose = async (seed: number) => {
    const disk = await diskWithOld(seed);
    const file = await disk.open("/data/old", "update");
    await file.writeAt(NEW, 0);
    return disk.crash("random").contentOf("/data/old");
  };
  assertEquals(await lose(3), await lose(3));
  assertNotEquals(await lose(3), await lose(4));
});

Deno.test("after a power cut the old disk and its open files refuse everything, also calls under way", async () => {
  const disk = await diskWithOld();
  const file = await disk.open("/data/old", "update");
  const release = Promise.withResolvers<void>();
  disk.onCall = ({ kind }) => kind === "sync" ? release.promise : undefined;
  await file.writeAt(NEW, 0);
  const sync = file.sync();
  sync.catch(() => {});
  await Promise.resolve();
  const found = disk.crash("nothing");
  release.resolve();
  const calls = [
    () => sync,
    () => file.readAt(new Uint8Array(1), 0),
    () => file.writeAt(NEW, 0),
    () => file.sync(),
    () => file.info(),
    () => file.truncate(0),
    () => disk.open("/data/old", "read"),
    () => disk.info("/data/old"),
    () => disk.rename("/data/old", "/data/x"),
    () => disk.syncFolder("/data"),
    () => disk.lock("/data/lock"),
  ];
  for (const call of calls) await assertRejects(call, Error, "power was cut");
  file.close();
  assertEquals(found.contentOf("/data/old"), OLD);
});

Deno.test("a lock does not outlive a power cut", async () => {
  const disk = await diskWithOld();
  assert(await disk.lock("/data/lock"));
  assert(await disk.crash("everything").lock("/data/lock"));
});

Deno.test("a failed sync loses its data for good although the next one succeeds", async () => {
  const disk = await diskWithOld();
  const file = await disk.open("/data/old", "update");
  await file.writeAt(NEW, 0);
  disk.failCall("sync");
  const error = await assertRejects(() => file.sync(), Error);
  assertEquals((error as { code?: string }).code, "EIO");
  await file.sync();
  assertEquals(disk.contentOf("/data/old"), NEW, "programs still see it");
  assertEquals(disk.crash("random").contentOf("/data/old"), OLD);
});

Deno.test("a failed sync of a folder loses its names for good", async () => {
  const disk = await diskWithOld();
  (await disk.open("/data/new", "create-new")).close();
  disk.failCall("sync-folder");
  await assertRejects(() => disk.syncFolder("/data"), Error, "Input/output error");
  await disk.syncFolder("/data");
  assertEquals(disk.crash("everything").paths(), ["/data/old"]);
});

Deno.test("what is written while a sync is under way is not synced by it", async () => {
  const disk = await diskWithOld();
  const file = await disk.open("/data/old", "update");
  const release = Promise.withResolvers<void>();
  disk.onCall = ({ kind }) => kind === "sync" ? release.promise : undefined;
  const sync = file.sync();
  await file.writeAt(NEW, 0);
  release.resolve();
  await sync;
  assertEquals(disk.crash("nothing").contentOf("/data/old"), OLD);
});

Deno.test("failCall fails the nth call of a kind, once", async () => {
  const disk = await diskWithOld();
  const file = await disk.open("/data/old", "update");
  disk.failCall("write", 3);
  await file.writeAt(NEW, 0);
  await file.writeAt(NEW, 0);
  await assertRejects(() => file.writeAt(NEW, 0), Error, "Input/output error");
  await file.writeAt(NEW, 0);
});

Deno.test("a full disk takes what fits, says ENOSPC, and has room again after a removal", async () => {
  const disk = await diskWithOld();
  const used = disk.usedBytes;
  assertEquals(used, 25 * 4096);
  disk.capacityBytes = used + 10 * 4096;
  assertEquals(await disk.freeBytes("/data"), 10 * 4096);
  const file = await disk.open("/data/new", "create-new");
  const error = await assertRejects(() => file.writeAt(NEW, 0), Error, "No space left on device");
  assertEquals((error as { code?: string }).code, "ENOSPC");
  assertEquals((await file.info()).bytes, 10 * 4096);
  assertEquals(await disk.freeBytes("/data"), 0);
  await disk.remove("/data/old");
  assertEquals(await disk.freeBytes("/data"), 25 * 4096);
  await file.writeAt(NEW, 0);
  await disk.remove("/data/new");
  assertLess(await disk.freeBytes("/data"), 35 * 4096, "an open file keeps its space");
  file.close();
  assertEquals(await disk.freeBytes("/data"), 35 * 4096);
});

Deno.test("a huge file with holes takes little space", async () => {
  const disk = new MemoryDisk();
  const file = await disk.open("/huge", "create-new");
  await file.writeAt(new Uint8Array([1]), 20e9);
  assertEquals([(await file.info()).bytes, disk.usedBytes], [20e9 + 1, 4096]);
  const into = new Uint8Array(10).fill(7);
  assertEquals(await file.readAt(into, 10e9), 10);
  assertEquals(into, new Uint8Array(10));
});

Deno.test("onCall sees the calls in order and can refuse one", async () => {
  const disk = await diskWithOld();
  const calls: DiskCall[] = [];
  disk.onCall = (call) => void calls.push(call);
  const file = await disk.open("/data/new", "create-new");
  await file.writeAt(NEW, 0);
  await file.sync();
  await disk.rename("/data/new", "/data/old");
  await disk.syncFolder("/data");
  assertEquals(calls.map(({ kind, path }) => `${kind} ${path}`), [
    "open /data/new",
    "write /data/new",
    "sync /data/new",
    "rename /data/new",
    "sync-folder /data",
  ]);
  disk.onCall = () => {
    throw new Error("no");
  };
  await assertRejects(() => disk.remove("/data/old"), Error, "no");
  assertEquals(disk.paths(), ["/data/old"]);
});
