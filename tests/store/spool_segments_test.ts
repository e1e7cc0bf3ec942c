import { assertEquals, assertRejects } from "@std/assert";
import { spanOf, SpoolSegments } from "../../lib/store/spool_segments.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";
import { madeUpJpeg } from "../helpers/source_world.ts";

function pictures(from: number, to: number, bytes: number) {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    ...{ sequence: from + index, capturedMs: from + index, jpeg: madeUpJpeg(bytes, from + index) },
  }));
}

Deno.test("SpoolSegments writes pictures one after the other, in files of bounded length, and reads them together", async () => {
  const disk = new MemoryDisk();
  const segments = new SpoolSegments(disk, "/spool", 1_000_000);
  await segments.open([]);
  const first = await segments.write(1, pictures(1, 20, 50_000));
  assertEquals(disk.paths().length, 4);
  assertEquals(first.segments.map(({ bytes }) => bytes), [250_000, 250_000, 250_000, 250_000]);
  const other = await segments.write(2, pictures(1, 1, 400_000));
  assertEquals(other.segments.map(({ bytes }) => bytes), [400_000], "one that is larger is a file of its own");
  const span = spanOf(first.pictures);
  assertEquals(span.map(({ sequence }) => sequence), [1, 2, 3, 4, 5], "those of a file");
  assertEquals(await segments.read(span), pictures(1, 5, 50_000).map(({ jpeg }) => jpeg));
  assertEquals(disk.contentOf("/spool/frames/1.mjpeg").length, 250_000);
  await segments.remove([1]);
  await assertRejects(() => segments.read(span), Deno.errors.NotFound);
  segments.close();
  // What nobody knows of is removed, and its number is not used again.
  const again = new SpoolSegments(disk, "/spool", 1_000_000);
  await again.open([2]);
  assertEquals(disk.paths(), ["/spool/frames/2.mjpeg"]);
  assertEquals((await again.write(1, pictures(30, 30, 10))).segments, [{ id: 6, bytes: 10 }]);
  again.close();
});

Deno.test("SpoolSegments reads for several sources at once", async () => {
  const segments = new SpoolSegments(new MemoryDisk(), "/spool", 8_000_000);
  await segments.open([]);
  const written = await Promise.all(
    [1, 2, 3].map((source) => segments.write(source, pictures(source, source + 9, 1_000))),
  );
  const read = await Promise.all(written.map((one) => segments.read(spanOf(one.pictures))));
  assertEquals(read, [1, 2, 3].map((source) => pictures(source, source + 9, 1_000).map(({ jpeg }) => jpeg)));
  segments.close();
});

Deno.test("SpoolSegments which meets a full disk leaves nothing behind, and writes to another file then", async () => {
  const disk = new MemoryDisk({ capacityBytes: 500_000 });
  const segments = new SpoolSegments(disk, "/spool", 8_000_000);
  await segments.open([]);
  const { pictures: rows } = await segments.write(1, pictures(1, 2, 100_000));
  for (let round = 0; round < 3; round++) {
    await assertRejects(() => segments.write(1, pictures(3, 9, 100_000)));
    assertEquals(disk.paths(), ["/spool/frames/1.mjpeg"]);
    assertEquals(disk.contentOf("/spool/frames/1.mjpeg").length, 200_000);
  }
  const more = await segments.write(1, pictures(3, 3, 100_000));
  assertEquals(await segments.read(rows), pictures(1, 2, 100_000).map(({ jpeg }) => jpeg));
  assertEquals(await segments.read(more.pictures), pictures(3, 3, 100_000).map(({ jpeg }) => jpeg));
  segments.close();
});

Deno.test("SpoolSegments takes back what the database did not take, and nothing else", async () => {
  const disk = new MemoryDisk();
  const segments = new SpoolSegments(disk, "/spool", 8_000_000);
  await segments.open([]);
  const { pictures: rows } = await segments.write(1, pictures(1, 2, 100_000));
  for (let round = 0; round < 3; round++) {
    const more = await segments.write(1, pictures(3, 6, 100_000));
    await segments.takeBack(1, more);
    assertEquals(disk.paths(), ["/spool/frames/1.mjpeg"]);
    assertEquals(disk.contentOf("/spool/frames/1.mjpeg").length, 200_000);
  }
  assertEquals(await segments.read(rows), pictures(1, 2, 100_000).map(({ jpeg }) => jpeg));
  const { segments: used } = await segments.write(1, pictures(3, 3, 1_000));
  assertEquals(used.map(({ bytes }) => bytes), [1_000], "to another file");
  segments.close();
});

Deno.test("SpoolSegments takes no failed sync for a good one: the pictures go to another file", async () => {
  const disk = new MemoryDisk();
  const segments = new SpoolSegments(disk, "/spool", 8_000_000);
  await segments.open([]);
  await segments.write(1, pictures(1, 1, 1_000));
  disk.failCall("sync");
  await assertRejects(() => segments.write(1, pictures(2, 2, 1_000)));
  const { segments: used } = await segments.write(1, pictures(2, 2, 1_000));
  assertEquals(used, [{ id: 2, bytes: 1_000 }]);
  segments.close();
});

Deno.test("SpoolSegments does not give out what was written before it was closed", async () => {
  const disk = new MemoryDisk();
  const segments = new SpoolSegments(disk, "/spool", 8_000_000);
  await segments.open([]);
  const { promise, resolve } = Promise.withResolvers<void>();
  disk.onCall = ({ kind }) => kind === "sync" ? promise : undefined;
  const writing = segments.write(1, pictures(1, 1, 1_000));
  segments.close();
  resolve();
  await assertRejects(() => writing, Error, "opened anew");
  assertEquals(disk.paths(), []);
});
