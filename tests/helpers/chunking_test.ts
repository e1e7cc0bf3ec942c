import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { chunkings } from "./chunking.ts";
import { SeededRandom } from "./seeded_random.ts";

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

Deno.test("chunkings lose nothing and have no empty piece", () => {
  const bytes = new SeededRandom(1).bytes(100);
  let ways = 0;
  for (const { how, pieces } of chunkings(bytes, 5)) {
    assertEquals(joined(pieces), bytes, how);
    assert(pieces.every((piece) => piece.length > 0), how);
    ways++;
  }
  assertEquals(ways, 1 + 1 + 99 + 20);
});

Deno.test("chunkings of small bytes cut at every boundary", () => {
  const cuts = new Set<number>();
  for (const { pieces } of chunkings(new Uint8Array(10), 1, { randomCount: 0 })) {
    if (pieces.length === 2) cuts.add(pieces[0]?.length ?? 0);
  }
  assertEquals([...cuts], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

Deno.test("chunkings of large bytes stay few", () => {
  const ways = [...chunkings(new Uint8Array(10_000), 1)];
  assertEquals(ways.length, 22);
});

Deno.test("chunkings repeat themselves for a seed only", () => {
  const lengths = (seed: number) => [...chunkings(new Uint8Array(5000), seed)].map((way) => way.pieces.length);
  assertEquals(lengths(1), lengths(1));
  assertNotEquals(lengths(1), lengths(2));
});

Deno.test("chunkings of no bytes and of one byte", () => {
  assertEquals([...chunkings(new Uint8Array(0), 1)].map((way) => way.pieces.length), [0]);
  assertEquals([...chunkings(new Uint8Array(1), 1)].map((way) => way.pieces.length), [1]);
});
