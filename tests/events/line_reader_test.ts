import { assertEquals, assertRejects } from "@std/assert";
import { openEventFile } from "../../lib/events/event_file.ts";
import { parseEvent } from "../../lib/events/event_parser.ts";
import { readLines } from "../../lib/events/line_reader.ts";
import { LineSplitter } from "../../lib/events/line_splitter.ts";
import { FramewireError } from "../../lib/errors.ts";
import { FeedWorld } from "../helpers/feed_world.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const encoder = new TextEncoder();

function split(bytes: Uint8Array, piece: number) {
  const splitter = new LineSplitter();
  const lines = [];
  for (let at = 0; at < bytes.length; at += piece) {
    // The same memory for each, as a reader has it.
    const buffer = bytes.slice(at, at + piece);
    lines.push(...splitter.push(buffer));
    buffer.fill(0);
  }
  return [...lines, ...splitter.finish()];
}

Deno.test("LineSplitter: lines however the bytes come, with and without a last end, BOM and CRLF", () => {
  const bytes = encoder.encode('\ufeff{"a":"ä€😀"}\r\n\n  {}\n\r\nlast');
  for (let piece = 1; piece <= bytes.length; piece++) {
    assertEquals(split(bytes, piece).map(({ number, text, problem }) => [number, text, problem]), [
      [1, '{"a":"ä€😀"}', null],
      [2, "", null],
      [3, "  {}", null],
      [4, "", null],
      [5, "last", null],
    ]);
  }
  assertEquals(split(encoder.encode("a\n"), 1).length, 1);
  assertEquals(split(new Uint8Array(0), 1), []);
});

Deno.test("LineSplitter: lines are the same whatever they are of and however they are cut", () => {
  const random = new SeededRandom(7);
  const words = ["plain", "", '{"a": 1}', "ü", "€uro", "😀", "\r", "tab\t", "\ufeff", "x".repeat(300)];
  for (let round = 0; round < 200; round++) {
    const isAscii = random.chance(0.5);
    const own = isAscii ? words.filter((word) => encoder.encode(word).length === word.length) : words;
    const texts = Array.from({ length: random.int(30) }, () => `${random.pick(own)}${random.pick(own)}`);
    const bytes = encoder.encode(`_${texts.map((text) => `${text}\n`).join("")}`);
    const expected = `_${texts.join("\n")}`.split("\n").map((text) => text.endsWith("\r") ? text.slice(0, -1) : text);
    const lines = split(bytes, 1 + random.int(random.pick([3, 50, 5_000])));
    assertEquals(lines.map(({ text }) => text), expected);
    assertEquals(lines.map(({ number }) => number), expected.map((_, index) => index + 1));
    assertEquals(lines.at(-1)!.end, bytes.length);
  }
});

Deno.test("LineSplitter: each line has the place behind it, from wherever it began", () => {
  const bytes = encoder.encode(`\ufeffone\r\n\nzwei ü\n${"x".repeat(1 << 20)}\nfour\nrest`);
  for (const piece of [1, 2, 3, 5, 7, 64, bytes.length]) {
    const splitter = new LineSplitter(100);
    const ends: number[] = [];
    const take = (lines: readonly { readonly end: number }[]) => ends.push(...lines.map(({ end }) => end));
    for (let at = 0; at < bytes.length; at += piece) take(splitter.push(bytes.subarray(at, at + piece)));
    take(splitter.finish());
    const long = 1 << 20;
    assertEquals(ends, [108, 109, 117, 118 + long, 123 + long, 127 + long], `pieces of ${piece}`);
  }
  // A mark of the encoding is one at the beginning of a file only.
  assertEquals(new LineSplitter(100).push(encoder.encode("\ufeffa\n"))[0]!.text, "\ufeffa");
});

Deno.test("LineSplitter says what is too long or no UTF-8, and goes on with the next line", () => {
  const bytes = new Uint8Array([...encoder.encode("a\n"), 0xc3, 0x28, 10, ...encoder.encode("b\n")]);
  assertEquals(split(bytes, 3).map(({ text, problem }) => [text, problem]), [
    ["a", null],
    ["", "It is not UTF-8"],
    ["b", null],
  ]);
  const long = encoder.encode(`${"x".repeat(3 << 20)}\nb\n${"y".repeat((1 << 20) - 256)}`);
  assertEquals(split(long, 65_536).map(({ number, text, problem }) => [number, text.length, problem]), [
    [1, 0, "It must have <= 1048320 bytes: received 3145728"],
    [2, 1, null],
    [3, (1 << 20) - 256, null],
  ]);
});

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(encoder.encode(text));
}

Deno.test("readLines names bad lines by their number, and the rest goes on, unless it is strict", async () => {
  for (const isStrict of [false, true]) {
    const world = new FeedWorld();
    const job = world.add({ name: "events" });
    const bad: [number, string][] = [];
    const { signal } = new AbortController();
    const reading = readLines(once('{"a":1}\n\nnonsense\n{"a":2}\n[]\n'), {
      ...{ job, parse: parseEvent, isStrict, clock: world.clock, signal },
      bad: (number, reason) => void bad.push([number, reason.slice(0, 12)]),
    });
    if (isStrict) {
      const error = await assertRejects(() => reading, FramewireError);
      assertEquals([error.code, error.message.slice(0, 28)], ["MALFORMED", "Stopped at line 3: It is no "]);
    } else await reading;
    job.end();
    await world.clock.runUntil(world.run());
    assertEquals(bad, isStrict ? [[3, "It is no JSO"]] : [[3, "It is no JSO"], [5, "It must be a"]]);
    const texts = world.sink.stored.map(({ body }) => (body as { json: string }).json);
    assertEquals(texts, isStrict ? ['{"a":1}'] : ['{"a":1}', '{"a":2}']);
  }
});

Deno.test("openEventFile: the same content is the same run; what changes meanwhile is an error", async () => {
  const disk = new MemoryDisk();
  const write = async (path: string, text: string) => {
    const file = await disk.open(path, "create-or-update");
    await file.truncate(0);
    await file.writeAt(encoder.encode(text), 0);
    file.close();
  };
  const runOf = async (path: string) => {
    const file = await openEventFile(disk, path);
    file.close();
    return file.run;
  };
  await write("/a", "one\ntwo\n");
  await write("/b", "one\ntwo\n");
  await write("/c", "one\ntwo\nthree\n");
  assertEquals(await runOf("/a"), await runOf("/b"));
  assertEquals(await runOf("/a") === await runOf("/c"), false);
  const file = await openEventFile(disk, "/a");
  await write("/a", "one\ntoo\n");
  const error = await assertRejects(async () => await Array.fromAsync(file.chunks()), FramewireError);
  assertEquals(error.code, "SOURCE_CHANGED");
  file.close();
  assertEquals((await assertRejects(() => openEventFile(disk, "/none"), FramewireError)).code, "SOURCE_UNREADABLE");
});
