/** The files of the pictures in a spool, on a disk which forgets what was not synced. */
import { assertEquals } from "@std/assert";
import { SpoolSegments, type WrittenPictures } from "../../lib/store/spool_segments.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";
import { madeUpJpeg } from "../helpers/source_world.ts";

const SOURCE = 1;
const FOLDER = "/spool";

const batch = (from: number, count: number, bytes = 1_000) =>
  Array.from({ length: count }, (_, index) => ({
    sequence: from + index,
    capturedMs: index,
    jpeg: madeUpJpeg(bytes, from + index),
  }));

async function opened(disk: MemoryDisk, known: readonly number[] = [], bytesMax = 1e9): Promise<SpoolSegments> {
  const segments = new SpoolSegments(disk, FOLDER, bytesMax);
  await segments.open(known);
  return segments;
}

/** Each picture as it was written. */
async function checkThere(disk: MemoryDisk, { pictures, segments }: WrittenPictures): Promise<void> {
  const found = await opened(disk, segments.map(({ id }) => id));
  for (const row of pictures) {
    const [jpeg] = await found.read([row]);
    assertEquals(jpeg, madeUpJpeg(row.bytes, row.sequence));
  }
  found.close();
}

Deno.test("SpoolSegments has on the disk what it has written, whenever the power goes behind it", async () => {
  const disk = new MemoryDisk({ seed: 1, wallMs: () => 0 });
  await disk.makeFolder(FOLDER);
  const segments = await opened(disk, [], 256 * 1024);
  // The second batch is of several files.
  const first = await segments.write(SOURCE, batch(1, 3));
  const second = await segments.write(SOURCE, batch(4, 5, 200_000));
  assertEquals(new Set(second.pictures.map(({ segment }) => segment)).size, 5);
  const all = { pictures: [...first.pictures, ...second.pictures], segments: [...first.segments, ...second.segments] };
  await checkThere(disk.crash("nothing"), all);
});
