import { assertEquals, assertRejects } from "@std/assert";
import { FileSource } from "../../lib/clips/clip_source.ts";
import { FramewireError } from "../../lib/errors.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";

/** A disk whose files get a new modification time with each write. */
async function setUp(): Promise<MemoryDisk> {
  let wallMs = 1_000;
  const disk = new MemoryDisk({ wallMs: () => wallMs++ });
  await write(disk, "/clip.bin", "0123456789", 0);
  return disk;
}

async function write(disk: MemoryDisk, path: string, text: string, offset: number): Promise<void> {
  const file = await disk.open(path, "create-or-update");
  await file.writeAt(new TextEncoder().encode(text), offset);
  file.close();
}

async function changed(source: FileSource): Promise<string> {
  const error = await assertRejects(() => source.checkUnchanged(), FramewireError);
  assertEquals(error.code, "SOURCE_CHANGED");
  await source.close();
  return error.message;
}

Deno.test("FileSource reads anywhere, and fewer bytes only at the end", async () => {
  const source = await FileSource.open(await setUp(), "/clip.bin");
  assertEquals([source.name, source.bytes], ["clip.bin", 10]);
  const into = new Uint8Array(4);
  assertEquals([await source.read(into, 2), new TextDecoder().decode(into)], [4, "2345"]);
  assertEquals([await source.read(into, 8), await source.read(into, 10)], [2, 0]);
  assertEquals(await source.plan([{ start: 0, end: 4 }]), [{ start: 4, end: 10 }]);
  await source.checkUnchanged();
  await source.close();
});

Deno.test("FileSource notices a file which grew, shrank or was written over", async () => {
  for (const [text, offset] of [["x", 10], ["x", 3]] as const) {
    const disk = await setUp();
    const source = await FileSource.open(disk, "/clip.bin");
    await write(disk, "/clip.bin", text, offset);
    await changed(source);
  }
  const disk = await setUp();
  const source = await FileSource.open(disk, "/clip.bin");
  const file = await disk.open("/clip.bin", "update");
  await file.truncate(3);
  file.close();
  await changed(source);
});

Deno.test("FileSource notices a file which was replaced by another of the same size", async () => {
  const disk = await setUp();
  const source = await FileSource.open(disk, "/clip.bin");
  await write(disk, "/new.bin", "9876543210", 0);
  await disk.rename("/new.bin", "/clip.bin");
  assertEquals((await changed(source)).includes("it was replaced"), true);
});

Deno.test("FileSource goes on with a file whose name is gone: its bytes are still there", async () => {
  const disk = await setUp();
  const source = await FileSource.open(disk, "/clip.bin");
  await disk.remove("/clip.bin");
  await source.checkUnchanged();
  assertEquals(await source.read(new Uint8Array(20), 0), 10);
  await source.close();
});

Deno.test("FileSource refuses what is no file or cannot be read, and says why", async () => {
  const disk = await setUp();
  await disk.makeFolder("/folder");
  for (const path of ["/none", "/folder"]) {
    const error = await assertRejects(() => FileSource.open(disk, path), FramewireError, `Cannot open ${path}`);
    assertEquals(error.code, "SOURCE_UNREADABLE");
  }
  const source = await FileSource.open(disk, "/clip.bin");
  disk.failCall("read");
  const error = await assertRejects(() => source.read(new Uint8Array(1), 0), FramewireError, "Cannot read /clip.bin");
  assertEquals(error.code, "SOURCE_UNREADABLE");
  await source.close();
});
