/** Writes past the page cache, by the real thread on real disks. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { constants } from "node:fs";
import { DIRECT_MEMORY, LIMITS } from "../../lib/config/limits.ts";
import { BLOCK_BYTES, type DirectWrite, SystemDirectWrites } from "../../lib/platform/direct_writes.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { HAS_STRACE, strace } from "../helpers/strace.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { CAN_MOUNT, ramfs } from "../helpers/tmpfs.ts";
import { waitFor } from "../helpers/wait_for.ts";

const ignore = Deno.build.os !== "linux";

/** Flags of the files which this process has open at `path`. */
function flagsOf(path: string): number[] {
  return [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${name}`) !== path) return [];
      return [parseInt(/flags:\s*(\d+)/.exec(Deno.readTextFileSync(`/proc/self/fdinfo/${name}`))![1]!, 8)];
    } catch {
      return [];
    }
  });
}

/** Memory to write from; waits while the disk is slow. */
async function taken(writes: SystemDirectWrites, path: string): Promise<Uint8Array> {
  let buffer: Uint8Array | undefined;
  await waitFor(() => (buffer = writes.take(path)) !== undefined, { what: "memory" });
  return buffer!;
}

/** Begins a write, once the thread has begun and the file is open. */
async function begun(begin: () => DirectWrite | undefined): Promise<DirectWrite> {
  let write: DirectWrite | undefined;
  await waitFor(() => (write = begin()) !== undefined, { what: "the thread, and the file" });
  return write!;
}

/** Writes two overlapping portions, as segments do, and reads them back. */
async function checkWrites(path: string, isDirect: boolean): Promise<void> {
  Deno.writeFileSync(path, new Uint8Array());
  const writes = new SystemDirectWrites(DIRECT_MEMORY);
  try {
    const expected = new SeededRandom(1).bytes(75 * BLOCK_BYTES);
    const spans = [[0, 70], [69, 75]] as const;
    const buffers = [await taken(writes, path), await taken(writes, path)];
    const [first, second] = spans.map(([from, to], index) => {
      buffers[index]!.set(expected.subarray(from * BLOCK_BYTES, to * BLOCK_BYTES));
      return () => writes.write(path, buffers[index]!, (to - from) * BLOCK_BYTES, from * BLOCK_BYTES);
    });
    // What the first one has in the block that both have is not what shall be there.
    buffers[0]!.fill(0, 69 * BLOCK_BYTES, 70 * BLOCK_BYTES);
    const done = [await begun(first!), await begun(second!)].map((write) => write.done);
    await Promise.all(done);
    assert(Deno.readFileSync(path).every((byte, index) => byte === expected[index]));
    assertEquals(flagsOf(path).map((flags) => (flags & constants.O_DIRECT) !== 0), [isDirect]);
    writes.close(path);
    await waitFor(() => flagsOf(path).length === 0, { what: "the file to be closed" });
  } finally {
    writes.stop();
  }
}

Deno.test({
  name: "direct writes go past the page cache, in their order, and are there when they are done",
  ignore,
  fn: async () => {
    await using folder = await tempFolder();
    await checkWrites(folder.join("file"), true);
  },
});

Deno.test({
  name: "direct writes are ordinary ones where the file system knows no others",
  ignore: ignore || !CAN_MOUNT,
  fn: async () => {
    await using disk = await ramfs();
    await checkWrites(`${disk.path}/file`, false);
  },
});

Deno.test({
  name: "a direct write is done when it is synced, and has failed with its code when that has",
  ignore: ignore || !HAS_STRACE,
  fn: async () => {
    await using folder = await tempFolder();
    const path = folder.join("file");
    await Deno.writeFile(path, new Uint8Array());
    const point = { call: "fdatasync", path: "file", when: "2" };
    const [program, ...args] = strace(point, folder.path, "error=EIO");
    const script = new URL("./direct_program.ts", import.meta.url).pathname;
    const { stdout } = await new Deno.Command(program!, { args: [...args, Deno.execPath(), "run", "-A", script, path] })
      .output();
    assertEquals(new TextDecoder().decode(stdout), "done,EIO,done\n");
  },
});

Deno.test({
  name: "without a free file no thread begins, and pictures are written as usual",
  ignore,
  fn: async () => {
    const script = new URL("./no_free_file_program.ts", import.meta.url).pathname;
    const args = ["-c", 'ulimit -n 300; exec "$@"', "sh", Deno.execPath(), "run", "-A", script];
    const { stdout } = await new Deno.Command("sh", { args }).output();
    assertEquals(new TextDecoder().decode(stdout), "0 1\n");
  },
});

/** A thread that answers as it is told. */
class MadeUpWorker extends EventTarget {
  onmessage: (event: { data: unknown }) => void = () => {};
  onerror: (event: { message: string; preventDefault(): void }) => void = () => {};
  readonly asked: unknown[] = [];

  postMessage(request: unknown): void {
    this.asked.push(request);
  }

  terminate(): void {}
}

function madeUp(): [SystemDirectWrites, MadeUpWorker] {
  const worker = new MadeUpWorker();
  return [new SystemDirectWrites(DIRECT_MEMORY, () => worker as unknown as Worker), worker];
}

Deno.test({
  name: "there is memory for as many direct writes as stated, and none while the disk is slow",
  ignore,
  fn: async () => {
    const [writes, worker] = madeUp();
    const buffers = Array.from({ length: LIMITS.directPortionsMax }, () => writes.take("/file")!);
    assertEquals(new Set(buffers.map(({ byteOffset }) => byteOffset)).size, LIMITS.directPortionsMax);
    assert(buffers.every(({ byteOffset, length }) => byteOffset % 65_536 === 0 && length === LIMITS.directBytes));
    assertEquals([writes.take("/file"), worker.asked], [undefined, []], "nothing was to be written");
    writes.giveBack(buffers[0]!);
    assert(writes.take("/file") !== undefined);
    const write = (index: number) => writes.write("/file", buffers[index]!, BLOCK_BYTES, 0);
    assertEquals(write(1), undefined, "the thread has not begun");
    worker.onmessage({ data: "begun" });
    assertEquals(write(1), undefined, "the file is not open");
    worker.onmessage({ data: { path: "/file", isOpen: false } });
    assertEquals(write(1), undefined, "it is to be opened again");
    worker.onmessage({ data: { path: "/file", isOpen: true } });
    const under = [1, 2, 3, 4].map((index) => write(index)!);
    assertEquals(write(5), undefined, "enough are under way");
    for (const tookMs of [30, 1, 30]) worker.onmessage({ data: { tookMs } });
    assert(writes.take("/file") !== undefined, "one slow write, and another one");
    worker.onmessage({ data: { tookMs: 30 } });
    await under[3]!.done;
    assertEquals([writes.take("/file"), write(5)], [undefined, undefined], "the disk is slow");
    await waitFor(() => writes.take("/file") !== undefined, { what: "the disk to be tried again" });
  },
});

Deno.test({
  name: "direct writes under way fail when their thread does, which is told, and there are no more of them",
  ignore,
  fn: async () => {
    const [writes, worker] = madeUp();
    const told: string[] = [];
    writes.onEnded = ({ message }) => told.push(message);
    const [first, second] = [writes.take("/file")!, writes.take("/file")!];
    for (const data of ["begun", { path: "/file", isOpen: true }]) {
      writes.write("/file", first, BLOCK_BYTES, 0);
      worker.onmessage({ data });
    }
    const { done } = writes.write("/file", first, BLOCK_BYTES, 0)!;
    for (const message of ["boom", "again"]) worker.onerror({ message, preventDefault: () => {} });
    await assertRejects(() => done, Error, "boom");
    assertEquals(told, ["Direct writes stopped: boom"]);
    assertEquals([writes.write("/file", second, BLOCK_BYTES, 0), writes.take("/file")], [undefined, undefined]);
    assertEquals(new Int32Array(writes.progress)[1], ~1, "nobody waits for it, or takes it for durable");
  },
});
