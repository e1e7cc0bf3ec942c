/** Which events are found, and in which order. */
import { assert, assertEquals } from "@std/assert";
import type { EventCursor, EventQuery, EventRow } from "../../lib/store/event_catalog.ts";
import { ROWS_LOOKED_MAX } from "../../lib/store/event_queries.ts";
import { eventContract, type EventFixture, reading, withRealEvents } from "../helpers/event_store_fixture.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const text = (text: string) => ({ kind: "text", text }) as const;
const json = (json: string) => ({ kind: "json", json }) as const;
const texts = (rows: readonly EventRow[]) => rows.map((row) => row.text ?? row.json ?? row.tempCel);

/** All pages of a query, put together. */
async function paged(fixture: EventFixture, query: EventQuery): Promise<EventRow[]> {
  const rows: EventRow[] = [];
  for (let cursor: EventCursor | null = null;;) {
    const page = await fixture.store.page({ ...query, ...(cursor === null ? {} : { cursor }) });
    assert(page.rows.length <= query.limit);
    rows.push(...page.rows);
    if (page.cursor === null) return rows;
    cursor = page.cursor;
  }
}

eventContract("finds what is searched for as it is written, whatever its letters' case", async (fixture) => {
  const feed = await fixture.open();
  const all = ["100% sure", "100 sure", "a_b", "axb", "C:\\temp", 'it\'s "it"', "Ärger im Büro", "*.mp4 [x]"];
  await feed.append([...all.map(text), json('{"Note": "50%_of", "n": 1}'), reading(5)]);
  const find = async (search: string) => texts(await fixture.all({ search }));
  assertEquals(await find("100%"), ["100% sure"]);
  assertEquals(await find("a_b"), ["a_b"]);
  assertEquals(await find("%"), ["100% sure", '{"Note": "50%_of", "n": 1}']);
  assertEquals(await find("_"), ["a_b", '{"Note": "50%_of", "n": 1}']);
  assertEquals(await find("\\"), ["C:\\temp"]);
  assertEquals(await find("'s \""), ['it\'s "it"']);
  assertEquals(await find("ärger IM bÜRO"), ["Ärger im Büro"]);
  assertEquals(await find("[x]"), ["*.mp4 [x]"]);
  assertEquals(await find("note"), ['{"Note": "50%_of", "n": 1}']);
  assertEquals(await find("nothing of it"), []);
  assertEquals((await find("")).length, 10);
});

eventContract("finds events by device, feed, kind, time and picture, in pages of any size", async (fixture) => {
  const random = new SeededRandom(5);
  const nowMs = fixture.clock.wallMs();
  for (const [device, name] of [["a", "x"], ["a", "y"], ["b", "x"]] as const) {
    const feed = await fixture.open(name, { device });
    for (let first = 1; first < 60; first += 10) {
      const bodies = Array.from({ length: 10 }, (_, index) =>
        random.pick([
          text(`text ${first + index}`),
          json(`{"v": ${index}}`),
          reading(index),
          reading(index, { picture: new Uint8Array([1, index]) }),
        ]));
      // Late ones come behind younger ones; some have the same time.
      await feed.append(bodies, { first, endMs: nowMs - random.int(20) * 1_000, stepMs: random.pick([0, 500]) });
    }
  }
  const all = await fixture.all();
  assertEquals(all.length, 180);
  const inOrder = all.toSorted((a, b) => a.timeMs - b.timeMs || a.id - b.id);
  assertEquals(all, inOrder);
  const filters: Partial<EventQuery>[] = [
    {},
    { device: "a" },
    { feed: "x" },
    { device: "b", feed: "x" },
    { device: "b", feed: "y" },
    { kind: "temp" },
    { kind: "text", device: "a" },
    { hasPicture: true },
    { hasPicture: false, kind: "temp" },
    { sinceMs: nowMs - 9_000, untilMs: nowMs - 4_000 },
    { sinceMs: nowMs - 9_000, hasPicture: true, feed: "y" },
    { untilMs: nowMs - 8_500, kind: "json", search: "7" },
  ];
  for (const filter of filters) {
    const { sinceMs = -Infinity, untilMs = Infinity, search = "", ...fields } = filter;
    const expected = inOrder.filter((row) =>
      Object.entries(fields).every(([key, value]) => row[key as keyof EventRow] === value) &&
      row.timeMs >= sinceMs && row.timeMs <= untilMs && (row.text ?? row.json ?? "").includes(search)
    );
    for (const limit of [1, 7, 60, 1_000]) {
      assertEquals(await paged(fixture, { ...filter, order: "ascending", limit }), expected);
      const backwards = await paged(fixture, { ...filter, order: "descending", limit });
      assertEquals(backwards, expected.toReversed());
    }
  }
});

Deno.test("EventStore looks at some rows of a search at a time, and goes on from there", () =>
  withRealEvents(async (fixture) => {
    const feed = await fixture.open();
    const rows = 2 * ROWS_LOOKED_MAX + 5;
    for (let first = 1; first <= rows; first += 1_000) {
      const count = Math.min(1_000, rows - first + 1);
      const nowMs = fixture.clock.wallMs() - rows + first;
      await feed.append(Array.from({ length: count }, () => text(first === 1 ? "needle" : "hay")), {
        first,
        endMs: nowMs + count,
        stepMs: 1,
      });
    }
    const query = { order: "descending", limit: 10, search: "NEEDLE" } as const;
    const first = await fixture.store.page(query);
    assertEquals([first.rows.length, first.cursor === null], [0, false]);
    const second = await fixture.store.page({ ...query, cursor: first.cursor! });
    assert(second.rows.length > 0 || second.cursor !== null);
    assertEquals((await fixture.store.events(query)).length, 10);
  }));

Deno.test("EventStore gives long texts whole, and not too many of them at once", () =>
  withRealEvents(async (fixture) => {
    const feed = await fixture.open();
    const long = (index: number) => text(`${index} ${"x".repeat(900_000)}`);
    for (let first = 1; first <= 20; first++) await feed.append([long(first)], { first });
    const page = await fixture.store.page({ order: "ascending", limit: 100 });
    assert(page.rows.length >= 5 && page.rows.length < 15, `${page.rows.length} rows`);
    assert(page.cursor !== null);
    assertEquals(
      (await fixture.all()).map(({ text }) => text!.length),
      Array.from({ length: 20 }, (_, index) => {
        return long(index + 1).text.length;
      }),
    );
  }));
