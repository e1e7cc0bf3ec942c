import { assert, assertEquals, assertRejects } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { contentBody } from "../../lib/viewer/content_body.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { madeUpClip, MadeUpLibrary } from "../helpers/made_up_library.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

/** A clip of random bytes of which `held` have arrived, and a body of it. */
async function setUp(size: number, heldEnd: number, options: { start?: number; end?: number | null } = {}) {
  const library = new MadeUpLibrary();
  const bytes = new SeededRandom(7).bytes(size);
  const end = options.end === undefined ? size : options.end;
  library.add(madeUpClip("a", { size: end === null ? null : size, held: [{ start: 0, end: heldEnd }] }), bytes);
  const clock = new MadeUpClock();
  const stopping = new AbortController();
  let ends = 0;
  const body = contentBody({
    reader: (await library.open("a"))!,
    start: options.start ?? 0,
    end,
    current: () => library.get("a"),
    clock,
    onEnd: () => ends++,
    signal: stopping.signal,
  });
  const released = () => ends === 1 && library.openReaders === 0 && clock.pendingTimers === 0;
  return { library, bytes, clock, stopping, body, reader: body.getReader(), released };
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function readAll(reader: Reader): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) pieces.push(next.value.slice());
  return await new Blob(pieces).bytes();
}

Deno.test("contentBody gives exactly the bytes of the range, in pieces of bounded size", async () => {
  const size = LIMITS.readPieceBytes * 2 + 100;
  const { bytes, reader, released, library } = await setUp(size, size, { start: 5, end: size - 7 });
  const first = await reader.read();
  assertEquals(first.value?.length, LIMITS.readPieceBytes);
  assertEquals(library.reads, 1, "nothing is read before it is asked for");
  const rest = await readAll(reader);
  assertEquals(await new Blob([first.value!.slice(), rest.slice()]).bytes(), bytes.slice(5, size - 7));
  assert(released());
});

Deno.test("contentBody waits for bytes which have not arrived", async () => {
  const { bytes, reader, released, library } = await setUp(10, 4);
  assertEquals((await reader.read()).value, bytes.subarray(0, 4));
  let arrived: Uint8Array | undefined;
  const next = reader.read().then(({ value }) => arrived = value);
  await settle();
  assertEquals(arrived, undefined);
  library.change("a", { held: [{ start: 0, end: 10 }] });
  await next;
  assertEquals(arrived, bytes.subarray(4));
  assertEquals((await reader.read()).done, true);
  assert(released());
});

Deno.test("contentBody ends short of its length when the clip is given up", async () => {
  const { reader, released, library } = await setUp(10, 4);
  await reader.read();
  const next = reader.read();
  await settle();
  library.giveUp("a");
  assertEquals((await next).done, true);
  assert(released());
});

Deno.test("contentBody ends short when no byte comes for the time limit", async () => {
  const { reader, released, clock } = await setUp(10, 4);
  await reader.read();
  let done = false;
  const next = reader.read().then((result) => done = result.done);
  await settle();
  await clock.advance(LIMITS.contentWaitMs - 1);
  assertEquals(done, false);
  await clock.advance(1);
  await next;
  assertEquals(done, true);
  assert(released());
});

Deno.test("contentBody of unknown size ends well when the clip is stored, and with an error when it is given up", async () => {
  const good = await setUp(10, 4, { end: null });
  await good.reader.read();
  const next = good.reader.read();
  await settle();
  good.library.change("a", { state: "stored", size: 10, held: [{ start: 0, end: 10 }] });
  assertEquals((await next).value, good.bytes.subarray(4));
  assertEquals((await good.reader.read()).done, true);
  assert(good.released());

  const bad = await setUp(10, 4, { end: null });
  await bad.reader.read();
  const lost = bad.reader.read().catch((error: unknown) => Promise.reject(new Error(String(error))));
  await settle();
  bad.library.giveUp("a");
  await assertRejects(() => lost, Error, "ended early");
  assert(bad.released());
});

Deno.test("contentBody releases everything when the client leaves, also while it waits", async () => {
  const idle = await setUp(10, 4);
  await idle.reader.read();
  await idle.reader.cancel();
  assert(idle.released());

  const waiting = await setUp(10, 0);
  const next = waiting.reader.read();
  await settle();
  await waiting.reader.cancel();
  await next;
  await settle();
  assert(waiting.released());
});

Deno.test("contentBody ends when the server stops", async () => {
  const { reader, released, stopping } = await setUp(10, 4);
  const next = reader.read().then(() => reader.read());
  await settle();
  stopping.abort();
  assertEquals((await next).done, true);
  await settle();
  assert(released());
});

/** Lets every promise which is settled already run on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
