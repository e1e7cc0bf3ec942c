import { assertEquals, assertLessOrEqual, assertStrictEquals, assertThrows } from "@std/assert";
import { BytesReader } from "../../lib/bytes/bytes_reader.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

/** Puts bytes in, as much as there is room for at a time. */
function put(reader: BytesReader, bytes: Uint8Array, need: number): void {
  for (let done = 0; done < bytes.length;) {
    const room = reader.room(need, 4);
    const count = Math.min(room.length, bytes.length - done);
    room.set(bytes.subarray(done, done + count));
    reader.filled(count);
    done += count;
  }
}

Deno.test("BytesReader gives exactly the bytes that are asked for, or none", () => {
  const reader = new BytesReader();
  put(reader, Uint8Array.of(1, 2, 3, 4, 5), 4);
  assertEquals(reader.take(6), undefined);
  assertEquals(reader.available, 5);
  assertEquals(reader.take(2), Uint8Array.of(1, 2));
  assertEquals(reader.take(3), Uint8Array.of(3, 4, 5));
  assertEquals(reader.take(1), undefined);
  assertEquals(reader.take(0), new Uint8Array(0));
});

Deno.test("BytesReader peeks at a big-endian number without taking it, above 2^31, too", () => {
  const reader = new BytesReader();
  put(reader, Uint8Array.of(0xff, 0xfe, 0xfd), 4);
  assertEquals(reader.peekUint32(), undefined);
  put(reader, Uint8Array.of(0xfc), 4);
  assertEquals(reader.peekUint32(), 0xfffefdfc);
  assertEquals(reader.available, 4);
});

Deno.test("BytesReader always has room for a byte at least", () => {
  const reader = new BytesReader();
  const random = new SeededRandom(1);
  for (let i = 0; i < 5_000; i++) {
    const need = random.pick([1, 4, 100, 20_000, 70_000]);
    const room = reader.room(need, random.pick([0, 4]));
    if (room.length < 1) throw new Error(`no room in round ${i}`);
    reader.filled(1 + random.int(Math.min(room.length, 3_000)));
    if (random.chance(0.3)) reader.take(random.int(reader.available + 1));
  }
});

Deno.test("BytesReader keeps the order of bytes over moves and growth", () => {
  const reader = new BytesReader();
  const random = new SeededRandom(2);
  let [next, expected] = [0, 0];
  for (let i = 0; i < 20_000; i++) {
    const room = reader.room(random.pick([1, 4, 17_000, 90_000]), 4);
    const count = Math.min(room.length, 1 + random.int(400));
    for (let at = 0; at < count; at++) room[at] = next++ % 251;
    reader.filled(count);
    const taken = reader.take(random.int(Math.min(reader.available, 450) + 1))!;
    for (const byte of taken) assertStrictEquals(byte, expected++ % 251);
  }
});

Deno.test("BytesReader reads a large message exactly, and what is read ahead with it", () => {
  const reader = new BytesReader();
  put(reader, new Uint8Array(64 * 1024), 100_000);
  assertEquals(reader.room(100_000, 4).length, Math.min(128 * 1024, 100_004) - 64 * 1024);
});

Deno.test("BytesReader holds memory for what has arrived, whatever is needed", () => {
  const reader = new BytesReader();
  for (let i = 0; i < 10; i++) {
    reader.room(2 ** 31, 4);
    reader.filled(1);
  }
  assertLessOrEqual(reader.capacity, 64 * 1024);
});

Deno.test("BytesReader.filled refuses a count which did not fit", () => {
  const reader = new BytesReader();
  const room = reader.room(4, 0);
  for (const count of [-1, room.length + 1, NaN]) {
    assertThrows(() => reader.filled(count), RangeError, "count must be between 0 and");
  }
  reader.filled(room.length);
});

Deno.test("BytesReader hands out pictures as they came, in 64 KiB, however fast they come", () => {
  const PICTURE = 45_000;
  for (const arriving of [Infinity, PICTURE]) {
    const reader = new BytesReader();
    let [next, expected] = [0, 0];
    for (let number = 0; number < 200; number++) {
      while (reader.available < PICTURE) {
        const room = reader.room(PICTURE, 4);
        const filled = Math.min(room.length, arriving > PICTURE ? room.length : arriving - reader.available);
        for (let at = 0; at < filled; at++) room[at] = next++ % 251;
        reader.filled(filled);
      }
      const taken = reader.take(PICTURE)!;
      for (const byte of taken) if (byte !== expected++ % 251) throw new Error(`picture ${number} is another one`);
    }
    assertEquals(reader.capacity, 64 * 1024);
  }
});
