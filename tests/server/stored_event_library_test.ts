import { assertEquals } from "@std/assert";
import type { LiveBody } from "../../lib/events/live_event.ts";
import { parseRules } from "../../lib/events/rules_parser.ts";
import type { EventPage, EventQuery, EventRow, FeedRow } from "../../lib/store/event_catalog.ts";
import { FramesOfEvents } from "../../lib/server/frames_of_events.ts";
import { StoredEventLibrary, type StoredEvents } from "../../lib/server/stored_event_library.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

const FEED: FeedRow = {
  ...{ id: 1, device: "box", feed: "line1", events: 2, firstMs: 1_000, lastMs: 2_000 },
  measures: [
    { name: "temp_cel", unit: "°C", deviceId: 4 },
    { name: "humidity", unit: "%", deviceId: 4 },
    { name: "temp_cel/7", unit: "°C", deviceId: 7 },
    { name: "speed" },
  ],
};

function rowOf(id: number, patch: Partial<EventRow> = {}): EventRow {
  return {
    ...{ id, feedId: 1, device: "box", feed: "line1", run: "r", sequence: id, capturedMs: id, timeMs: 1_000 * id },
    ...{ receivedMs: id, late: false, kind: "temp", deviceId: 4, eventId: 1 },
    ...{ humidity: Math.fround(40.1), tempCel: Math.fround(61.2) },
    ...{ text: null, json: null, hasPicture: false, source: null },
    ...patch,
  };
}

function setUp(rules = "{}") {
  const clock = new MadeUpClock();
  const asked: string[] = [];
  const queries: EventQuery[] = [];
  let page: EventPage = { rows: [rowOf(1)], cursor: null };
  const shown = { feeds: [FEED] };
  const store: StoredEvents = {
    feeds: () => {
      asked.push("feeds");
      return Promise.resolve(shown.feeds);
    },
    page: (query) => {
      asked.push("page");
      queries.push(query);
      return Promise.resolve(page);
    },
    picture: () => Promise.resolve(undefined),
    series: ({ measure }) =>
      Promise.resolve({
        bucketMs: 1,
        points: [
          measure === "temp_cel"
            ? { timeMs: 0, min: Math.fround(0.1), max: Math.fround(61.2), mean: Math.fround(21.3), count: 2, late: 1 }
            : { timeMs: 0, min: 1, max: 61.2, mean: Math.fround(21.3), count: 2, late: 1 },
        ],
      }),
  };
  const frames = {
    sources: () =>
      Promise.resolve([{ id: 9, device: "box", source: "cam" }, { id: 8, device: "other", source: "cam" }]),
    nearest: (sourceId: number, timeMs: number) => {
      asked.push(`nearest ${sourceId} ${timeMs}`);
      return Promise.resolve({ id: 77, timeMs: 2_500 });
    },
  };
  const alerts = { alerts: () => [], page: () => Promise.resolve([]) };
  const library = new StoredEventLibrary({ store, frames, rules: parseRules(rules), alerts, clock });
  const tell = (body: LiveBody, late = false) =>
    library.stored({ feedId: 1, device: "box", feed: "line1", run: "r", late }, [{ sequence: 1, timeMs: 1, body }]);
  return { clock, asked, queries, library, tell, shown, setPage: (next: EventPage) => page = next, frames };
}

function temp(deviceId: number, tempCel: number): LiveBody {
  return { kind: "temp", deviceId, eventId: 1, humidity: NaN, tempCel: Math.fround(tempCel) };
}

Deno.test("feeds have units and ranges of the rules, of a measure or of all sensors", async () => {
  const { library } = setUp(`{
    "units": { "speed": "m/s", "temp_cel/7": "K" }, "ranges": { "temp_cel": { "min": 0 }, "speed": { "max": 9 } }
  }`);
  const [feed] = await library.feeds();
  assertEquals(feed?.measures, [
    { name: "temp_cel", unit: "°C", min: 0, max: null },
    { name: "humidity", unit: "%", min: null, max: null },
    { name: "temp_cel/7", unit: "K", min: 0, max: null },
    { name: "speed", unit: "m/s", min: null, max: 9 },
  ]);
  assertEquals([feed?.events, feed?.firstEventMs, feed?.lastEventMs], [2, 1_000, 2_000]);
});

Deno.test("newest values are by measure: from the store at the start, and as they come; late ones are none", async () => {
  const { library, tell, clock } = setUp();
  assertEquals((await library.feeds())[0]?.lastValues, { temp_cel: 61.2, humidity: 40.1 });
  tell(temp(7, 20.5));
  tell({ kind: "json", json: '{"speed": 3, "other": 1}' });
  tell({ kind: "text", text: "x" });
  tell(temp(4, 99), true);
  await clock.advance(200);
  assertEquals((await library.feeds())[0]?.lastValues, {
    ...{ temp_cel: 61.2, humidity: 40.1, "temp_cel/7": 20.5, speed: 3 },
  });
});

Deno.test("newest values of free objects are those of each field, of whichever object had it last", async () => {
  const { library, tell, clock } = setUp();
  await library.feeds();
  tell({ kind: "json", json: '{"speed": 3}' });
  tell({ kind: "json", json: '{"other": 1}' });
  await clock.advance(200);
  assertEquals((await library.feeds())[0]?.lastValues["speed"], 3);
  tell({
    kind: "json",
    json: JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`f${n}`, n]))),
  });
  tell({ kind: "json", json: '{"speed": 4}' });
  await clock.advance(200);
  assertEquals((await library.feeds())[0]?.lastValues["speed"], 4);
});

Deno.test("the catalog is asked for feeds seldom, and sooner when events have come", async () => {
  const { library, tell, clock, asked } = setUp();
  for (let n = 0; n < 10; n++) await library.feeds();
  assertEquals(asked, ["feeds", "page"]);
  tell(temp(4, 1));
  await clock.advance(199);
  await library.feeds();
  assertEquals(asked.length, 2);
  await clock.advance(1);
  await Promise.all([library.feeds(), library.feeds()]);
  assertEquals(asked.slice(2), ["feeds"]);
  await clock.advance(1_999);
  await library.feeds();
  assertEquals(asked.length, 3);
  await clock.advance(1);
  await library.feeds();
  assertEquals(asked.length, 4);
});

Deno.test("events have short numbers and links; a cursor comes back as it went", async () => {
  const { library, queries, setPage } = setUp();
  setPage({ rows: [rowOf(3, { hasPicture: true, timeMs: 2_000.123 })], cursor: { timeMs: 2_000.123, id: 3 } });
  const { events: [event], next } = await library.events({ device: "box", order: "descending", limit: 1 });
  assertEquals([event?.tempCel, event?.humidity, event?.picture, event?.frame], [61.2, 40.1, "/events/3.jpg", null]);
  await library.events({ order: "descending", limit: 1, cursor: next! });
  assertEquals(queries.map(({ cursor }) => cursor), [undefined, { timeMs: 2_000.123, id: 3 }]);
  setPage({ rows: [], cursor: null });
  assertEquals(await library.events({ order: "descending", limit: 1 }), { events: [], next: null });
});

Deno.test("series have short numbers where they were 32 bits, and others as they are", async () => {
  const { library } = setUp();
  const query = { feedId: 1, sinceMs: 0, untilMs: 1, buckets: 2 };
  const pointsOf = async (measure: string) => (await library.series({ ...query, measure })).points;
  assertEquals(await pointsOf("temp_cel"), [{ timeMs: 0, min: 0.1, max: 61.2, mean: 21.3, count: 2, late: 1 }]);
  const [other] = await pointsOf("of an object");
  assertEquals(other, { timeMs: 0, min: 1, max: 61.2, mean: Math.fround(21.3), count: 2, late: 1 });
});

Deno.test("a frame belongs to an event of its source within a second, one question each", async () => {
  const { frames, asked } = setUp();
  const rows = [
    { device: "box", source: "cam", timeMs: 1_500 },
    { device: "box", source: "cam", timeMs: 1_499 },
    { device: "box", source: null, timeMs: 2_500 },
    { device: "box", source: "nowhere", timeMs: 2_500 },
    { device: "box", source: "cam", timeMs: 3_500 },
  ];
  assertEquals(await new FramesOfEvents(frames).of(rows), [
    ...["/frames/77.jpg", null, null, null, "/frames/77.jpg"],
  ]);
  assertEquals(asked, ["nearest 9 1500", "nearest 9 1499", "nearest 9 3500"]);
});
