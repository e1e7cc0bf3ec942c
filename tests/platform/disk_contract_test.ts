/** What `Disk` promises, asked of the machine's disk and of the made-up one: what the tests run on is like life. */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { type Disk, systemDisk } from "../../lib/platform/disk.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

const BYTES = new SeededRandom(1).bytes(10_000);

/** Runs `job` against both disks; `at` makes paths in an empty folder. */
function contract(name: string, job: (disk: Disk, at: (path: string) => string) => Promise<void>): void {
  Deno.test(`disk contract, machine: ${name}`, async () => {
    await using folder = await tempFolder();
    await job(systemDisk, (path) => folder.join(path));
  });
  Deno.test(`disk contract, made up: ${name}`, async () => {
    const disk = new MemoryDisk();
    await disk.makeFolder("/data");
    await job(disk, (path) => path === "" ? "/data" : `/data/${path}`);
  });
}

async function put(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(path, "create-or-update");
  await file.writeAt(bytes, 0);
  file.close();
}

async function get(disk: Disk, path: string): Promise<Uint8Array> {
  const file = await disk.open(path, "read");
  const { bytes } = await file.info();
  const into = new Uint8Array(bytes + 10);
  const count = await file.readAt(into, 0);
  file.close();
  return into.subarray(0, count);
}

async function rejectsWith(code: string, job: () => Promise<unknown>): Promise<void> {
  const error = await assertRejects(job, Error);
  assertEquals((error as { code?: string }).code, code, String(error));
}

contract("reads what was written, at offsets, with holes, short at the end only", async (disk, at) => {
  const file = await disk.open(at("a"), "create-new");
  await file.writeAt(BYTES.subarray(0, 100), 5000);
  await file.writeAt(BYTES.subarray(0, 7), 4090);
  await file.writeAt(BYTES.subarray(10, 20), 5005);
  const expected = new Uint8Array(5100);
  expected.set(BYTES.subarray(0, 100), 5000);
  expected.set(BYTES.subarray(0, 7), 4090);
  expected.set(BYTES.subarray(10, 20), 5005);
  const into = new Uint8Array(6000).fill(7);
  assertEquals(await file.readAt(into, 0), 5100);
  assertEquals(into.subarray(0, 5100), expected);
  assertEquals(await file.readAt(new Uint8Array(10), 5095), 5);
  assertEquals(await file.readAt(new Uint8Array(10), 5100), 0);
  assertEquals(await file.readAt(new Uint8Array(10), 9999), 0);
  file.close();
  assertEquals(await get(disk, at("a")), expected);
});

contract("calls which overlap keep their order", async (disk, at) => {
  const file = await disk.open(at("a"), "create-new");
  const first = file.writeAt(BYTES.subarray(0, 5000), 0);
  const second = file.writeAt(new Uint8Array(10).fill(9), 100);
  const third = file.writeAt(BYTES.subarray(5000), 5000);
  const into = new Uint8Array(10_000);
  const count = file.readAt(into, 0);
  await Promise.all([first, second, third, count]);
  const expected = BYTES.slice();
  expected.fill(9, 100, 110);
  assertEquals(await count, 10_000);
  assertEquals(into, expected);
  file.close();
});

contract("truncate cuts, and what is cut does not come back", async (disk, at) => {
  const file = await disk.open(at("a"), "create-new");
  await file.writeAt(BYTES, 0);
  await file.sync();
  await file.truncate(4500);
  await file.truncate(10_000);
  const into = new Uint8Array(10_000);
  assertEquals(await file.readAt(into, 0), 10_000);
  const expected = BYTES.slice();
  expected.fill(0, 4500);
  assertEquals(into, expected);
  file.close();
});

contract("info tells file, folder, length, time and identity", async (disk, at) => {
  assertEquals(await disk.info(at("nothing")), null);
  await put(disk, at("a"), BYTES);
  await put(disk, at("b"), BYTES);
  const a = await disk.info(at("a"));
  assert(a && a.isFile && !a.isDirectory && a.bytes === BYTES.length && a.modifiedMs > 0);
  const folder = await disk.info(at(""));
  assert(folder && folder.isDirectory && !folder.isFile);
  assertNotEquals(a.identity, (await disk.info(at("b")))?.identity);
  await disk.rename(at("a"), at("c"));
  assertEquals((await disk.info(at("c")))?.identity, a.identity);
  const open = await disk.open(at("c"), "read");
  assertEquals((await open.info()).identity, a.identity);
  open.close();
});

contract("open modes", async (disk, at) => {
  await rejectsWith("ENOENT", () => disk.open(at("a"), "read"));
  await rejectsWith("ENOENT", () => disk.open(at("a"), "update"));
  await rejectsWith("ENOENT", () => disk.open(at("no/a"), "create-new"));
  await put(disk, at("a"), BYTES);
  await rejectsWith("EEXIST", () => disk.open(at("a"), "create-new"));
  await rejectsWith("ENOTDIR", () => disk.open(at("a/b"), "create-new"));
  await rejectsWith("EISDIR", () => disk.open(at(""), "update"));
  await rejectsWith("ENAMETOOLONG", () => disk.open(at("x".repeat(256)), "create-new"));
  await put(disk, at("a"), new Uint8Array([1]));
  const expected = BYTES.slice();
  expected[0] = 1;
  assertEquals(await get(disk, at("a")), expected, "create-or-update keeps what is there");
  const file = await disk.open(at("a"), "read");
  await rejectsWith("EBADF", () => file.writeAt(BYTES, 0));
  await rejectsWith("EINVAL", () => file.truncate(0));
  file.close();
});

contract("a closed file refuses everything, and closing again is allowed", async (disk, at) => {
  const file = await disk.open(at("a"), "create-new");
  file.close();
  file.close();
  await assertRejects(() => file.readAt(new Uint8Array(1), 0), Deno.errors.BadResource);
  await assertRejects(() => file.writeAt(new Uint8Array(1), 0), Deno.errors.BadResource);
  await assertRejects(() => file.sync(), Deno.errors.BadResource);
  await assertRejects(() => file.info(), Deno.errors.BadResource);
  await assertRejects(() => file.truncate(0), Deno.errors.BadResource);
});

contract("makeFolder makes all of the path, and again is no error", async (disk, at) => {
  await disk.makeFolder(at("a/b/c"));
  await disk.makeFolder(at("a/b/c"));
  await put(disk, at("a/b/c/file"), BYTES);
  const [file, ...others] = await disk.list(at("a/b/c"));
  assertEquals([file?.name, file?.isFile, file?.isDirectory, others.length], ["file", true, false, 0]);
  assertEquals((await disk.list(at("a"))).map(({ name, isDirectory }) => [name, isDirectory]), [["b", true]]);
});

contract("list of nothing is empty, of a file an error", async (disk, at) => {
  assertEquals(await disk.list(at("nothing")), []);
  await put(disk, at("a"), BYTES);
  await rejectsWith("ENOTDIR", () => disk.list(at("a")));
});

contract("rename moves and replaces; open files stay what they were", async (disk, at) => {
  await disk.makeFolder(at("in"));
  await put(disk, at("in/a"), BYTES);
  await put(disk, at("b"), new Uint8Array([1, 2, 3]));
  const replaced = await disk.open(at("b"), "read");
  await disk.rename(at("in/a"), at("b"));
  assertEquals(await get(disk, at("b")), BYTES);
  assertEquals(await disk.info(at("in/a")), null);
  assertEquals((await replaced.info()).bytes, 3);
  replaced.close();
  await disk.rename(at("b"), at("b"));
  assertEquals(await get(disk, at("b")), BYTES);
});

contract("rename refuses what has no sense", async (disk, at) => {
  await disk.makeFolder(at("full/inner"));
  await disk.makeFolder(at("empty"));
  await put(disk, at("file"), BYTES);
  await rejectsWith("ENOENT", () => disk.rename(at("nothing"), at("x")));
  await rejectsWith("ENOENT", () => disk.rename(at("file"), at("nothing/x")));
  await rejectsWith("EISDIR", () => disk.rename(at("file"), at("empty")));
  await rejectsWith("ENOTDIR", () => disk.rename(at("empty"), at("file")));
  await rejectsWith("ENOTEMPTY", () => disk.rename(at("empty"), at("full")));
  await rejectsWith("EINVAL", () => disk.rename(at("full"), at("full/inner/x")));
});

contract("remove takes files and empty folders, and does not mind when they are gone", async (disk, at) => {
  await disk.makeFolder(at("full/inner"));
  await rejectsWith("ENOTEMPTY", () => disk.remove(at("full")));
  await disk.remove(at("full/inner"));
  await disk.remove(at("full"));
  await disk.remove(at("full"));
  await put(disk, at("a"), BYTES);
  const open = await disk.open(at("a"), "read");
  await disk.remove(at("a"));
  assertEquals(await disk.info(at("a")), null);
  assertEquals(await open.readAt(new Uint8Array(100), 0), 100, "an open file outlives its name");
  open.close();
});

contract("syncing works on files and folders, and not on nothing", async (disk, at) => {
  const file = await disk.open(at("a"), "create-new");
  await file.writeAt(BYTES, 0);
  await file.sync();
  file.close();
  await disk.syncFolder(at(""));
  await rejectsWith("ENOENT", () => disk.syncFolder(at("nothing")));
});

contract("freeBytes and totalBytes are numbers of a place which exists", async (disk, at) => {
  const [free, total] = [await disk.freeBytes(at("")), await disk.totalBytes(at(""))];
  assert(Number.isSafeInteger(free) && Number.isSafeInteger(total) && free <= total);
  await rejectsWith("ENOENT", () => disk.freeBytes(at("nothing")));
  await rejectsWith("ENOENT", () => disk.totalBytes(at("nothing")));
});

contract("a lock is held by one at a time", async (disk, at) => {
  const lock = await disk.lock(at("lock"));
  assert(lock);
  assertEquals(await disk.lock(at("lock")), null);
  lock.release();
  const again = await disk.lock(at("lock"));
  assert(again);
  again.release();
});
