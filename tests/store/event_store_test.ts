/** What a store of events promises, held against the one in SQLite and its made-up twin. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import type { EventBody } from "../../lib/protocol/event.ts";
import { encodeBatch } from "../../lib/protocol/event_batch.ts";
import { eventContract, MemoryEventFixture, reading } from "../helpers/event_store_fixture.ts";

const NOW = Date.UTC(2026, 0, 15, 12);
const text = (text: string): EventBody => ({ kind: "text", text });
const json = (json: string): EventBody => ({ kind: "json", json });
const sequences = (rows: readonly { sequence: number }[]) => rows.map(({ sequence }) => sequence);

async function assertCode(code: string, job: () => Promise<unknown>): Promise<void> {
  assertEquals((await assertRejects(job, FramewireError)).code, code);
}

eventContract("gives events as they came, also when it is opened anew", async (fixture) => {
  const feed = await fixture.open("ü'", { device: "bôx", run: "run-1" });
  const picture = new Uint8Array([0xff, 0xd8, 0, 1, 0xff, 0xd9]);
  const bodies = [
    reading(21.25, { deviceId: -2_147_483_648, eventId: 2_147_483_647, humidity: 0, picture }),
    reading(NaN, { humidity: Infinity }),
    text("ü \u{1f600} '\" % _ \\ \n\0 end"),
    text(""),
    json('{ "n": 12345678901234567890, "deep": {"a": [1.0]}, "__proto__": 1 }'),
    json("{}"),
    text("x".repeat(5_000)),
  ];
  const appended = await feed.append(bodies, { first: 2 ** 43, late: true, offsetMs: 5_000.5, source: "cam ü" });
  assertEquals(appended, { stored: 7, lastSequence: 2 ** 43 + 6 });
  await fixture.again();
  const rows = await fixture.all();
  const none = { deviceId: null, eventId: null, humidity: null, tempCel: null, text: null, json: null };
  const expected = bodies.map((body, index) => ({
    ...{ id: rows[0]!.id + index, feedId: feed.feedId, device: "bôx", feed: "ü'", run: "run-1" },
    ...{
      sequence: 2 ** 43 + index,
      capturedMs: NOW + 5_000.5 - (6 - index) * 1_000,
      timeMs: NOW - (6 - index) * 1_000,
    },
    ...{ receivedMs: NOW, late: true, ...none, kind: body.kind, hasPicture: index === 0, source: "cam ü" },
    ...(body.kind === "text"
      ? { text: body.text.replace("\0", "\u2400") }
      : body.kind === "json"
      ? { json: body.json }
      : {}),
    ...(index === 0 ? { deviceId: -2_147_483_648, eventId: 2_147_483_647, humidity: 0, tempCel: 21.25 } : {}),
    ...(index === 1 ? { deviceId: 7, eventId: 1 } : {}),
  }));
  assertEquals(rows, expected);
  assertEquals(await fixture.store.picture(rows[0]!.id), picture);
  assertEquals(await fixture.store.picture(rows[1]!.id), undefined);
  assertEquals(await fixture.store.picture(12_345), undefined);
});

eventContract("takes each event of a run once, and those of another run again", async (fixture) => {
  const feed = await fixture.open();
  assertEquals(await feed.read([1, 2, 3]), { stored: 3, lastSequence: 3 });
  assertEquals(await feed.read([1, 2, 3]), { stored: 0, lastSequence: 3 });
  assertEquals(await feed.read([2, 3, 4, 5], { first: 2 }), { stored: 2, lastSequence: 5 });
  await fixture.again();
  const later = await fixture.open();
  assertEquals(later.held, [{ first: 1, last: 5 }]);
  assertEquals(await later.read([9, 9], { first: 8 }), { stored: 2, lastSequence: 9 });
  assertEquals(await later.read([1, 2, 3, 4, 5, 6, 7, 8]), { stored: 2, lastSequence: 8 });
  assertEquals((await fixture.open()).held, [{ first: 1, last: 9 }]);
  const other = await fixture.open("sensor", { run: "other" });
  assertEquals([other.feedId, other.held], [feed.feedId, []]);
  assertEquals(await other.read([1]), { stored: 1, lastSequence: 1 });
  assertEquals((await fixture.all()).length, 10);
});

eventContract("takes numbers whose sum is too large to be one, and goes on", async (fixture) => {
  const feed = await fixture.open();
  const numbers = (...values: number[]) => values.map((a) => json(JSON.stringify({ a })));
  assertEquals((await feed.append(numbers(1e308, 1e308))).stored, 2);
  assertEquals((await feed.append(numbers(-1e308, -1e308), { first: 3 })).stored, 2);
  const apart = { first: 5, stepMs: 60_000, endMs: NOW - 600_000 };
  assertEquals((await feed.append(numbers(1e308, -1e308, 1e308, -1e308), apart)).stored, 4);
  const minute = { first: 9, stepMs: 1, endMs: NOW - 1_000_000 };
  assertEquals((await feed.append([...numbers(1e308, 1e308, 1e308)], minute)).stored, 3);
  assertEquals((await feed.append(numbers(-1e308, -1e308, -1e308), { ...minute, first: 12 })).stored, 3);
  assertEquals((await feed.append(numbers(1), { first: 15 })).stored, 1);
  assertEquals((await fixture.all()).length, 15);
});

eventContract("takes an empty batch, and appends of the same time in their order", async (fixture) => {
  const feed = await fixture.open();
  assertEquals(await feed.append([]), { stored: 0, lastSequence: 0 });
  const appends = Array.from({ length: 50 }, (_, index) => feed.read([index, index], { first: 1 + 2 * index }));
  assertEquals((await Promise.all(appends)).map(({ lastSequence }) => lastSequence).at(-1), 100);
  const rows = (await fixture.all()).toSorted((a, b) => a.id - b.id);
  assertEquals(sequences(rows), Array.from({ length: 100 }, (_, index) => index + 1));
});

eventContract("takes what is below the floor as held, for good", async (fixture) => {
  const feed = await fixture.open();
  await feed.read([1, 1], { first: 5 });
  assertEquals((await fixture.open("sensor", { floor: 4 })).held, [{ first: 1, last: 3 }, { first: 5, last: 6 }]);
  await fixture.again();
  const later = await fixture.open("sensor", { floor: 2 });
  assertEquals(later.held, [{ first: 1, last: 3 }, { first: 5, last: 6 }]);
  assertEquals(await later.read([1, 2, 3, 4, 5, 6]), { stored: 1, lastSequence: 6 });
  assertEquals((await fixture.open("sensor", { floor: 100 })).held, [{ first: 1, last: 99 }]);
});

eventContract("stores nothing of a batch with something wrong in it", async (fixture) => {
  const feed = await fixture.open();
  const bad = ["", "[1]", "1", "null", '"x"', "{", '{"a":1} x', "{'a':1}"];
  const results = await Promise.allSettled([
    feed.read([1], { first: 1 }),
    ...bad.map((bad) => feed.append([reading(5), json(bad)], { first: 2 })),
    fixture.store.append(feed.feedId, "run", false, NOW, 0, new Uint8Array([255, 255, 255])),
    fixture.store.append(feed.feedId, "run", false, NOW, 0, outOfOrder()),
    feed.read([2], { first: 2 }),
  ]);
  const codes = results.map((result) => result.status === "fulfilled" ? "" : (result.reason as FramewireError).code);
  assertEquals(codes, ["", ...bad.map(() => "MALFORMED"), "MALFORMED", "MALFORMED", ""]);
  assertEquals((await fixture.all()).map(({ tempCel }) => tempCel), [1, 2]);
  assertEquals((await fixture.store.feeds())[0]!.events, 2);
  await assertCode("STORAGE_FAILED", () => fixture.store.append(999, "run", false, NOW, 0, encodeBatch([])));
});

function outOfOrder(): Uint8Array {
  return encodeBatch([3, 2].map((sequence) => ({ sequence, timeMs: NOW, source: null, body: text("x") })));
}

eventContract("refuses a run with more gaps than may be, and goes on when they are closed", async (fixture) => {
  const feed = await fixture.open();
  const append = (ones: readonly number[]) => {
    const events = ones.map((sequence) => ({ sequence, timeMs: NOW, source: null, body: text(`${sequence}`) }));
    return fixture.store.append(feed.feedId, feed.run, false, NOW, 0, encodeBatch(events));
  };
  const odd = Array.from({ length: LIMITS.eventRangesMax }, (_, index) => 2 * index + 1);
  await append(odd);
  const next = 2 * LIMITS.eventRangesMax + 1;
  await assertCode("INVALID_RANGE", () => append([2 * LIMITS.eventRangesMax, next, next + 5]));
  assertEquals((await fixture.all()).length, odd.length);
  await append([2]);
  await append([next]);
  await fixture.open("sensor", { floor: next });
  assertEquals((await fixture.open()).held, [{ first: 1, last: next }]);
});

eventContract("remembers as many feeds of a device as may be", async (fixture) => {
  for (let index = 0; index < LIMITS.feedsPerDeviceMax; index++) await fixture.open(`feed ${index}`);
  await assertCode("STREAMS_EXHAUSTED", () => fixture.open("one more"));
  await fixture.open("feed 0", { run: "another" });
  await fixture.open("feed", { device: "other" });
  assertEquals((await fixture.store.feeds()).length, LIMITS.feedsPerDeviceMax + 1);
});

eventContract("tells feeds with their counts, spans and measures", async (fixture) => {
  const feed = await fixture.open("a");
  const empty = await fixture.open("b", { device: "other" });
  await feed.append([
    json('{"pressure": 3, "on": true, "name": "x", "big": 1e999, "": 1, "temp_cel": 5}'),
    reading(20, { deviceId: 2 }),
    reading(20, { deviceId: 1 }),
    reading(20, { deviceId: 2 }),
    json('{"pressure": "high", "flow": 0.5}'),
  ]);
  await fixture.again();
  await feed.append([reading(20, { deviceId: 1 })], { first: 6 });
  const none = { events: 0, firstMs: null, lastMs: null, measures: [] };
  assertEquals(await fixture.store.feeds(), [
    {
      ...{ id: feed.feedId, device: "box", feed: "a", events: 6, firstMs: NOW - 4_000, lastMs: NOW },
      measures: [
        { name: "pressure" },
        { name: "temp_cel", unit: "°C", deviceId: 2 },
        { name: "humidity", unit: "%", deviceId: 2 },
        { name: "temp_cel/1", unit: "°C", deviceId: 1 },
        { name: "humidity/1", unit: "%", deviceId: 1 },
        { name: "flow" },
      ],
    },
    { id: empty.feedId, device: "other", feed: "b", ...none },
  ]);
});

eventContract("charts as many measures of a feed as may be, and stores the others", async (fixture) => {
  const feed = await fixture.open();
  const many = Array.from({ length: LIMITS.measuresPerFeedMax + 9 }, (_, index) => [`m${index}`, index]);
  await feed.append([json(JSON.stringify(Object.fromEntries(many))), reading(1, { deviceId: 1 }), reading(1)]);
  const [row] = await fixture.store.feeds();
  assertEquals(row!.measures.length, LIMITS.measuresPerFeedMax);
  assertEquals(row!.events, 3);
});

eventContract("takes the offset of the clocks away, and the arrival where the box has no clock", async (fixture) => {
  const feed = await fixture.open();
  const nowMs = fixture.clock.wallMs();
  await feed.read([1, 2], { offsetMs: -nowMs, endMs: 90_000 - 500 - 90_000 });
  await feed.read([3], { first: 3, offsetMs: 0, endMs: 90_000 });
  const rows = await fixture.all();
  assertEquals(rows.map(({ timeMs }) => timeMs - nowMs), [-1_500, -500, 0]);
  assertEquals(rows.map(({ capturedMs }) => capturedMs), [-1_500, -500, 90_000]);
});

eventContract("does not keep the bytes of a batch which its owner uses again", async (fixture) => {
  const feed = await fixture.open();
  const batch = encodeBatch([{ sequence: 1, timeMs: NOW, source: null, body: text("first") }]);
  const appended = fixture.store.append(feed.feedId, feed.run, false, NOW, 0, batch);
  batch.fill(0);
  await appended;
  assertEquals((await fixture.all())[0]!.text, "first");
});

Deno.test("EventStore takes nothing while only the reserve is left, and goes on when there is space", async () => {
  const fixture = new MemoryEventFixture({ reserveBytes: 100, capacityBytes: 1_000 });
  await fixture.store.start();
  const feed = await fixture.open();
  await feed.read([1]);
  fixture.disk.capacityBytes = 100;
  const big = text("x".repeat(LIMITS.spaceCheckBytes));
  await feed.append([big], { first: 2 });
  const error = await assertRejects(async () => {
    for (let first = 3; first < 20; first++) await feed.read([1], { first });
  }, FramewireError);
  assertEquals(error.code, "NO_SPACE");
  assert(error.retryAfterMs > 0);
  await fixture.store.stop();
  const stored = (await fixture.all()).length;
  fixture.disk.capacityBytes = 1_000;
  await assertCode("NO_SPACE", () => feed.read([1], { first: 30 }));
  await fixture.store.stop();
  await feed.read([1], { first: 30 });
  assertEquals((await fixture.all()).length, stored + 1);
});
