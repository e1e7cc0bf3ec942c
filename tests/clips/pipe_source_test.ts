import { assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import { PipeSource } from "../../lib/clips/pipe_source.ts";
import { FramewireError } from "../../lib/errors.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const CONTENT = new SeededRandom(1).bytes(1_000_000);

/** The content in pieces, and how many of its bytes were asked for. */
function pipe(pieceBytes: number): { source: PipeSource; pulled: () => number } {
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= CONTENT.length) return controller.close();
      controller.enqueue(CONTENT.slice(at, at + pieceBytes));
      at += pieceBytes;
    },
  }, { highWaterMark: 0 });
  return { source: new PipeSource("stdin", stream), pulled: () => Math.min(at, CONTENT.length) };
}

Deno.test("PipeSource gives the bytes of the pipe, in pieces of any size", async () => {
  for (const pieceBytes of [7_777, 65_536, 400_000]) {
    const { source } = pipe(pieceBytes);
    const into = new Uint8Array(50_000);
    for (let at = 0; at < CONTENT.length;) {
      const count = await source.read(into, at);
      assertEquals(into.subarray(0, count), CONTENT.subarray(at, at + count));
      at += count;
      source.forget(at);
    }
    assertEquals(await source.read(into, CONTENT.length), 0);
    await source.close();
  }
});

Deno.test("PipeSource keeps what was not forgotten, and can give it again", async () => {
  const { source } = pipe(10_000);
  const into = new Uint8Array(10_000);
  for (let at = 0; at < 200_000; at += 10_000) await source.read(into, at);
  const count = await source.read(into, 50_000);
  assertEquals(into.subarray(0, count), CONTENT.subarray(50_000, 50_000 + count));
  source.forget(150_000);
  assertLessOrEqual(source.keptBytes, 50_000 + 2 * 65_536);
  const error = await assertRejects(() => source.read(into, 0), FramewireError);
  assertEquals(error.code, "SOURCE_UNREADABLE");
  await source.close();
});

Deno.test("PipeSource reads no further ahead than it is asked to", async () => {
  const { source, pulled } = pipe(10_000);
  await source.read(new Uint8Array(100), 0);
  assertEquals(pulled(), 10_000);
  await source.close();
});

Deno.test("PipeSource holds memory for its bytes, also when they come one by one", async () => {
  let left = 5_000;
  const stream = new ReadableStream<Uint8Array>({
    // A byte in a buffer of 64 KiB, as a pipe gives it.
    pull: (controller) => left-- > 0 ? controller.enqueue(new Uint8Array(65_536).subarray(0, 1)) : controller.close(),
  });
  const source = new PipeSource("stdin", stream);
  for (let at = 0; at < 5_000; at++) await source.read(new Uint8Array(1), at);
  assertLessOrEqual(source.keptBytes, 2 * 65_536);
  await source.close();
});

Deno.test("PipeSource goes on where the server's first range ends, and anew when that is not the beginning", async () => {
  const { source } = pipe(1_000);
  assertEquals(await source.plan([]), [{ start: 0, end: Infinity }]);
  assertEquals(await source.plan([{ start: 0, end: 70 }, { start: 90, end: 99 }]), [{ start: 70, end: Infinity }]);
  assertEquals(await source.plan([{ start: 5, end: 70 }]), [{ start: 0, end: Infinity }]);
  assertEquals([source.bytes, source.modifiedMs], [null, null]);
  await source.close();
});

Deno.test("PipeSource tells why a pipe broke", async () => {
  const stream = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("Oops")) });
  const source = new PipeSource("stdin", stream);
  const error = await assertRejects(() => source.read(new Uint8Array(1), 0), FramewireError, "Oops");
  assertEquals(error.code, "SOURCE_UNREADABLE");
  await source.close();
});
