import { assertEquals, assertThrows } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import type { Connection } from "../../lib/platform/network.ts";
import type { BulkLane } from "../../lib/protocol/lanes.ts";
import { type FrameSource, FrameWriter } from "../../lib/session/frame_writer.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

/** A connection which takes a write when told to, and keeps the text. */
class StuckConnection implements Connection {
  readonly remote = "made up";
  readonly written: string[] = [];
  bytesMax = Infinity;
  #free: (() => void) | undefined;

  read(): Promise<number | null> {
    return Promise.resolve(null);
  }

  async write(bytes: Uint8Array): Promise<number> {
    const taken = bytes.subarray(0, this.bytesMax);
    await new Promise<void>((resolve) => this.#free = resolve);
    this.written.push(new TextDecoder().decode(taken));
    return taken.length;
  }

  /** Lets the write end which is under way, if one is, and what follows from it begin. */
  async free(): Promise<void> {
    await turn();
    this.#free?.();
    this.#free = undefined;
    await turn();
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A stream with frames `name1`, `name2`, … */
class CountedSource implements FrameSource {
  readonly lane: BulkLane;
  readonly #name: string;
  written = 0;
  left: number;
  #next = 1;

  constructor(lane: BulkLane, name: string, frames: number) {
    this.lane = lane;
    this.#name = name;
    this.left = frames;
  }

  poll() {
    if (this.left === 0) return undefined;
    this.left--;
    return { bytes: bytesOf(`${this.#name}${this.#next++}`), written: () => void this.written++ };
  }
}

function setUp(): { connection: StuckConnection; clock: MadeUpClock; writer: FrameWriter; running: Promise<void> } {
  const connection = new StuckConnection();
  const clock = new MadeUpClock();
  const writer = new FrameWriter(connection, clock);
  return { connection, clock, writer, running: writer.run() };
}

Deno.test("FrameWriter lets a small message overtake the chunks which wait", async () => {
  const { connection, writer, running } = setUp();
  writer.attach(new CountedSource("clips", "chunk", 3));
  await connection.free();
  writer.post(bytesOf("ping"));
  await connection.free();
  await connection.free();
  // Only the chunk which was being written when the message came is before it.
  assertEquals(connection.written, ["chunk1", "chunk2", "ping"]);
  writer.end();
  await connection.free();
  await running;
});

Deno.test("FrameWriter writes the highest lane first", async () => {
  const { connection, writer, running } = setUp();
  for (const lane of ["clips", "frames", "events"] as const) writer.attach(new CountedSource(lane, lane, 2));
  writer.post(bytesOf("control"));
  for (let i = 0; i < 8; i++) await connection.free();
  assertEquals(connection.written.slice(1), ["events1", "events2", "frames1", "frames2", "clips1", "clips2"]);
  assertEquals(connection.written[0], "control");
  writer.end();
  await running;
});

Deno.test("FrameWriter lets the streams of a lane take turns", async () => {
  const { connection, writer, running } = setUp();
  await connection.free();
  for (const name of ["a", "b", "c"]) writer.attach(new CountedSource("clips", name, 3));
  for (let i = 0; i < 10; i++) await connection.free();
  assertEquals(connection.written, ["a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"]);
  writer.end();
  await running;
});

Deno.test("FrameWriter goes on after short writes, and says a frame is written when all of it is", async () => {
  const { connection, writer, running } = setUp();
  const source = new CountedSource("clips", "abcdef", 1);
  connection.bytesMax = 3;
  writer.attach(source);
  await connection.free();
  await connection.free();
  assertEquals([connection.written, source.written], [["abc", "def"], 0]);
  await connection.free();
  assertEquals([connection.written.join(""), source.written], ["abcdef1", 1]);
  writer.end();
  await running;
});

Deno.test("FrameWriter joins small messages which wait into one write", async () => {
  const { connection, writer, running } = setUp();
  writer.post(bytesOf("a"));
  await connection.free();
  for (const text of ["b", "c", "d"]) writer.post(bytesOf(text));
  await connection.free();
  await connection.free();
  assertEquals(connection.written.join(""), "abcd");
  assertEquals(connection.written.length <= 3, true);
  writer.end();
  await connection.free();
  await running;
});

Deno.test("FrameWriter refuses more than its queue may hold, and has room again when it is written", async () => {
  const { connection, writer, running } = setUp();
  const half = new Uint8Array(LIMITS.controlQueueBytesMax / 2);
  writer.post(half);
  // The first is being written: it is not in the queue any more.
  await turn();
  writer.post(half);
  writer.post(half);
  const error = assertThrows(() => writer.post(half), FramewireError);
  assertEquals(error.code, "PEER_TOO_SLOW");
  for (let i = 0; i < 8; i++) await connection.free();
  writer.post(half);
  writer.end();
  for (let i = 0; i < 4; i++) await connection.free();
  await running;
});

Deno.test("FrameWriter tells how long a write has made no progress", async () => {
  const { connection, clock, writer, running } = setUp();
  assertEquals(writer.stalledMs, 0);
  connection.bytesMax = 1;
  writer.post(bytesOf("ab"));
  await clock.advance(1_000);
  assertEquals(writer.stalledMs, 1_000);
  await connection.free();
  await clock.advance(300);
  assertEquals(writer.stalledMs, 300);
  await connection.free();
  assertEquals(writer.stalledMs, 0);
  writer.end();
  await running;
});

Deno.test("FrameWriter asks a stream no more once it is detached or the writer ends", async () => {
  const { connection, writer, running } = setUp();
  const [a, b] = [new CountedSource("clips", "a", 5), new CountedSource("clips", "b", 5)];
  writer.attach(a);
  writer.attach(b);
  await connection.free();
  writer.detach(a);
  await connection.free();
  await connection.free();
  writer.end();
  await connection.free();
  await running;
  assertEquals(a.left, 4);
  assertEquals(connection.written.filter((text) => text.startsWith("a")), ["a1"]);
});
