import { assert, assertEquals } from "@std/assert";
import { eventJsonLine, eventLine } from "../../lib/events/event_line.ts";
import { EventPrinter } from "../../lib/events/event_printer.ts";
import type { FeedOrigin, LiveBody, LiveEvent } from "../../lib/events/live_event.ts";

const ORIGIN: FeedOrigin = { feedId: 1, device: "box", feed: "line1", run: "r1", late: false };
const TEMP: LiveBody = {
  ...{ kind: "temp", deviceId: 1, eventId: 7 },
  ...{ tempCel: Math.fround(61.2), humidity: Math.fround(40.1) },
};

function eventOf(body: LiveBody, sequence = 1): LiveEvent {
  return { sequence, timeMs: Date.UTC(2026, 10, 20, 12), body };
}

Deno.test("an event is a line for a person", () => {
  const start = "2026-11-20T12:00:00.000Z box/line1";
  assertEquals(eventLine(ORIGIN, eventOf(TEMP)), `${start} temp device 1 event 7: 61.2 °C 40.1 %`);
  assertEquals(eventLine(ORIGIN, eventOf({ kind: "text", text: "door open" })), `${start} text: door open`);
  const json = { kind: "json", json: '{"a":9007199254740993}' } as const;
  assertEquals(eventLine({ ...ORIGIN, late: true }, eventOf(json)), `${start} json: {"a":9007199254740993} (late)`);
});

Deno.test("no text of a box moves the cursor, or is a line of its own", () => {
  const text = "a\nb\r\x1b[2J\u202e\u2028c";
  const line = eventLine({ ...ORIGIN, feed: "x\ny" }, eventOf({ kind: "text", text }));
  assertEquals(
    line,
    "2026-11-20T12:00:00.000Z box/x\\u000ay text: a\\u000ab\\u000d\\u001b[2J\\u202e\\u2028c",
  );
});

Deno.test("an event is a line of JSON, in which free objects are what they were", () => {
  const head = { event: "event", time: "2026-11-20T12:00:00.000Z", device: "box", feed: "line1", run: "r1" };
  assertEquals(JSON.parse(eventJsonLine(ORIGIN, eventOf(TEMP, 5))), {
    ...{ ...head, sequence: 5, late: false, kind: "temp" },
    ...{ deviceId: 1, eventId: 7, tempCel: 61.2, humidity: 40.1 },
  });
  const text = eventJsonLine(ORIGIN, eventOf({ kind: "text", text: 'a"\n' }));
  assertEquals(JSON.parse(text).text, 'a"\n');
  const line = eventJsonLine(ORIGIN, eventOf({ kind: "json", json: '{\r\n "n": 9007199254740993\n}' }));
  assert(line.includes('"json":{  "n": 9007199254740993 }'), line);
  assert(![text, line].some((one) => one.includes("\n")));
});

/** A printer whose output takes what it is given when it is told to. */
function slowPrinter() {
  const written: string[] = [];
  let taken = Promise.withResolvers<boolean>();
  const printer = new EventPrinter({
    line: (_origin, { sequence }) => `event ${sequence} ${"x".repeat(1_000)}`,
    missed: (events) => `missed ${events}`,
    write: (bytes) => {
      written.push(new TextDecoder().decode(bytes));
      return taken.promise;
    },
  });
  const take = async (isRead = true) => {
    const before = taken;
    taken = Promise.withResolvers();
    before.resolve(isRead);
    for (let n = 0; n < 10; n++) await Promise.resolve();
  };
  return { printer, written, take };
}

Deno.test("what comes while a write goes on is written behind it", async () => {
  const { printer, written, take } = slowPrinter();
  const print = (...sequences: number[]) => printer.stored(ORIGIN, sequences.map((n) => eventOf(TEMP, n)));
  print(1);
  await Promise.resolve();
  print(2, 3);
  await take();
  await take();
  const numbers = written.map((text) => text.split("\n").slice(0, -1).map((line) => line.split(" ")[1]));
  assertEquals(numbers, [["1"], ["2", "3"]]);
});

Deno.test("what comes after a write is another write", async () => {
  const { printer, written, take } = slowPrinter();
  for (const sequence of [1, 2, 3]) {
    printer.stored(ORIGIN, [eventOf(TEMP, sequence)]);
    await Promise.resolve();
    await take();
  }
  assertEquals(written.map((text) => text.split(" ")[1]), ["1", "2", "3"]);
});

Deno.test("a slow reader misses events, and is told how many; nobody waits", async () => {
  const { printer, written, take } = slowPrinter();
  for (let n = 1; n <= 5_000; n++) printer.stored(ORIGIN, [eventOf(TEMP, n)]);
  for (let n = 0; n < 10; n++) await take();
  const lines = written.join("").split("\n").slice(0, -1);
  const events = lines.filter((line) => line.startsWith("event"));
  assert(events.length > 500 && events.length < 1_200, `${events.length} were kept`);
  assertEquals(lines.at(-1), `missed ${5_000 - events.length}`);
  await printer.stop(Promise.resolve());
});

Deno.test("when nobody reads any more nothing is written", async () => {
  const { printer, written, take } = slowPrinter();
  printer.stored(ORIGIN, [eventOf(TEMP, 1)]);
  await Promise.resolve();
  await take(false);
  printer.stored(ORIGIN, [eventOf(TEMP, 2)]);
  await take();
  assertEquals(written.length, 1);
});
