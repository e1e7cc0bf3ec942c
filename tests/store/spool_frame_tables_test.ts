/** SQL of the pictures in the spool: what is dropped, and what is not. */
import { assertEquals } from "@std/assert";
import { SpoolDatabase } from "../../lib/store/spool_database.ts";
import type { DropRule } from "../../lib/store/spool_frame_tables.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

/** Four segments of ten pictures each. */
async function withPictures(body: (database: SpoolDatabase, source: number) => void): Promise<void> {
  await using folder = await tempFolder();
  const database = new SpoolDatabase(folder.join("spool.db"));
  try {
    const source = database.frames.addSource("left", "visible", "run", 0);
    for (const segment of [1, 2, 3, 4]) {
      const pictures = Array.from({ length: 10 }, (_, index) => ({
        ...{ sequence: 10 * (segment - 1) + index + 1, segment, position: 100 * index, bytes: 100, crc32: 0 },
        capturedMs: segment,
      }));
      database.frames.add(source, pictures, [{ id: segment, bytes: 1_000 }], segment);
    }
    body(database, source);
  } finally {
    database.close();
  }
}

const rule = (more: Partial<DropRule> = {}): DropRule => ({ reason: "offline", taken: 0, current: null, ...more });

Deno.test("SpoolFrameTables drops the oldest segments until there is room, and tells what they held", () =>
  withPictures(({ frames }, source) => {
    const { gone, pictures, bytes, first, dropped } = frames.drop(source, 1_500, rule());
    assertEquals([gone, pictures, bytes, first], [[1, 2], 20, 2_000, 21]);
    const told = { first: 1, pictures: 20, reason: "offline", cause: "full", fromMs: 1, toMs: 2 } as const;
    assertEquals(dropped, told);
    assertEquals(frames.sources()[0]!.unknown, [told]);
  }));

Deno.test("SpoolFrameTables drops neither the segment that is written nor one whose pictures are on their way", () =>
  withPictures(({ frames }, source) => {
    assertEquals(frames.drop(source, 1e9, rule({ taken: 5, current: 4 })).gone, [2, 3]);
    assertEquals(frames.expire(source, 1e9, 1, rule({ taken: 5, current: 4 })).gone, []);
    const { content, lastKept } = frames.sources()[0]!;
    assertEquals([content.pictures, content.first, lastKept], [20, 1, 40]);
  }));

Deno.test("SpoolFrameTables removes what is stored, and files with it, but not the one that is written", () =>
  withPictures(({ frames }, source) => {
    assertEquals(frames.stored(source, 15, 4).gone, [1]);
    const { gone, pictures, first } = frames.stored(source, 40, 4);
    assertEquals([gone, pictures, first], [[2, 3], 25, null]);
    assertEquals(frames.segments(), [], "it is removed at the next start, as nothing lies in it");
  }));
