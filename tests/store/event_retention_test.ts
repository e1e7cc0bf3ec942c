/** What is removed by itself, and what stays. */
import { assert, assertEquals } from "@std/assert";
import { eventContract, MemoryEventFixture, reading } from "../helpers/event_store_fixture.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const KEEP = { keepMs: DAY };

eventContract("removes events which arrived too long ago, and counts what is left", async (fixture) => {
  const feed = await fixture.open("a");
  const other = await fixture.open("b");
  await feed.read(Array.from({ length: 1_000 }, () => 1));
  await feed.read(Array.from({ length: 700 }, () => 1), { first: 1_001 });
  await other.read([1, 2, 3]);
  await fixture.store.expire();
  await fixture.clock.advance(DAY / 2);
  // The readings are old, but they have just come.
  await feed.read([5, 6], { first: 2_001, endMs: fixture.clock.wallMs() - 3 * DAY });
  await fixture.store.expire();
  assertEquals((await fixture.all()).length, 1_705);
  await fixture.clock.advance(DAY / 2 + 1);
  await Promise.all([fixture.store.expire(), fixture.store.expire()]);
  assertEquals((await fixture.all()).map(({ tempCel }) => tempCel), [5, 6]);
  assertEquals((await fixture.store.feeds()).map(({ events }) => events), [2, 0]);
  await fixture.clock.advance(DAY);
  await fixture.store.expire();
  assertEquals(await fixture.all(), []);
  assertEquals((await feed.read([1, 2], { first: 1_700 })).stored, 1, "what was removed is held all the same");
  assertEquals((await fixture.all())[0]!.id, 1_706, "an id is never used again");
}, KEEP);

eventContract("draws what was removed from the minutes, and later from the hours", async (fixture) => {
  const feed = await fixture.open();
  const startMs = Math.floor(fixture.clock.wallMs() / DAY) * DAY + DAY;
  await fixture.clock.advance(startMs + HOUR - fixture.clock.wallMs());
  await feed.read(Array.from({ length: 360 }, (_, index) => index), { stepMs: 10_000, endMs: startMs + HOUR - 10_000 });
  await fixture.store.expire();
  const draw = () =>
    fixture.store.series({
      ...{ feedId: feed.feedId, measure: "temp_cel", sinceMs: startMs, untilMs: startMs + HOUR, buckets: 2_000 },
    });
  assertEquals((await draw()).points.length, 360);
  await fixture.clock.advance(2 * DAY);
  await fixture.store.expire();
  assertEquals(await fixture.all(), []);
  const minutes = await draw();
  assertEquals([minutes.bucketMs, minutes.points.length], [60_000, 60]);
  assertEquals(minutes.points[1], { timeMs: startMs + 60_000, min: 6, max: 11, mean: 8.5, count: 6, late: 0 });
  await fixture.clock.advance(10 * DAY);
  await fixture.store.expire();
  const part = { feedId: feed.feedId, measure: "temp_cel", sinceMs: startMs + HOUR / 4, untilMs: startMs + HOUR / 2 };
  assertEquals((await fixture.store.series({ ...part, buckets: 10 })).points.length, 1, "of a part of an hour, too");
  const hours = await draw();
  assertEquals([hours.bucketMs, hours.points], [HOUR, [{
    ...{ timeMs: startMs, min: 0, max: 359, mean: 179.5, count: 360, late: 0 },
  }]]);
}, KEEP);

eventContract("keeps what has just come when the server's clock jumps", async (fixture) => {
  const feed = await fixture.open();
  await feed.read([1]);
  await fixture.store.expire();
  fixture.clock.setWall(fixture.clock.wallMs() + 400 * DAY);
  await feed.read([2], { first: 2 });
  await fixture.store.expire();
  assertEquals((await fixture.all()).length, 2);
  await fixture.clock.advance(DAY / 2);
  await feed.read([3], { first: 3 });
  await fixture.store.expire();
  await fixture.clock.advance(DAY / 2 + 1);
  await fixture.store.expire();
  assertEquals((await fixture.all()).map(({ tempCel }) => tempCel), [2, 3], "a day has passed since the first one");
}, KEEP);

eventContract(
  "keeps what was there before a start with a wrong clock, until that has been steady for an hour",
  async (fixture) => {
    const feed = await fixture.open();
    await feed.read([1]);
    const rightMs = fixture.clock.wallMs();
    fixture.clock.setWall(rightMs + 40_000 * DAY);
    await fixture.again();
    await fixture.store.expire();
    await fixture.clock.advance(HOUR / 2);
    await fixture.store.expire();
    fixture.clock.setWall(rightMs + 2 * DAY);
    await fixture.store.expire();
    assertEquals((await fixture.all()).length, 1);
    await fixture.clock.advance(HOUR);
    await fixture.store.expire();
    assertEquals(await fixture.all(), []);
  },
  KEEP,
);

eventContract("keeps everything when nothing is said", async (fixture) => {
  const feed = await fixture.open();
  await feed.read([1]);
  await fixture.clock.advance(1_000 * DAY);
  await fixture.store.expire();
  assertEquals((await fixture.all()).length, 1);
});

Deno.test("EventStore lets commits through while it removes a lot, and stops when it is told to", async () => {
  const fixture = new MemoryEventFixture({ keepMs: DAY });
  await fixture.store.start();
  const feed = await fixture.open();
  for (let first = 1; first <= 20_000; first += 1_000) {
    await feed.append(Array.from({ length: 1_000 }, () => reading(1)), { first });
  }
  await fixture.store.expire();
  await fixture.clock.advance(2 * DAY);
  const order: string[] = [];
  const expired = fixture.store.expire().then(() => order.push("expired"));
  await feed.read([1], { first: 30_000 });
  order.push("stored");
  await expired;
  assertEquals(order, ["stored", "expired"]);
  assertEquals((await fixture.all()).length, 1);
  for (let first = 40_001; first <= 60_000; first += 1_000) {
    await feed.append(Array.from({ length: 1_000 }, () => reading(1)), { first });
  }
  await fixture.clock.advance(DAY / 2);
  await fixture.store.expire();
  await fixture.clock.advance(2 * DAY);
  const stopped = fixture.store.expire();
  await fixture.store.stop();
  await stopped;
  const left = (await fixture.all()).length;
  assert(left > 10_000, `${left} are left`);
  await fixture.again();
  await fixture.clock.advance(HOUR);
  await fixture.store.expire();
  assertEquals(await fixture.all(), []);
});
