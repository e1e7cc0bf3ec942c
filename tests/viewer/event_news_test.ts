import { assert, assertEquals, assertRejects } from "@std/assert";
import { EventNews } from "../../lib/viewer/event_news.ts";
import { madeUpAlert, madeUpEvent, MadeUpEventLibrary, madeUpFeed } from "../helpers/made_up_event_library.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

const START_MS = 1_700_000_100_000;

/** Event `id` of a feed, which comes after the start. */
function eventOf(id: number, feedId = 1, patch: Parameters<typeof madeUpEvent>[1] = {}) {
  const timeMs = START_MS + id * 1_000;
  return madeUpEvent(id, { feedId, feed: `feed${feedId}`, timeMs, receivedMs: timeMs, ...patch });
}

function setUp(feeds = 1) {
  const library = new MadeUpEventLibrary();
  library.shownFeeds = Array.from({ length: feeds }, (_, index) => madeUpFeed(index + 1));
  return { library, news: new EventNews(library, new MadeUpClock(START_MS)) };
}

Deno.test("what was there at the beginning is no news; what comes is told once, oldest first", async () => {
  const { library, news } = setUp();
  library.add(madeUpEvent(1), madeUpEvent(2));
  await news.begin();
  assertEquals(news.feeds.map(({ events }) => events), [2]);
  assertEquals(await news.next(), { feeds: [], alerts: [], events: [], skipped: [] });
  library.add(eventOf(3), eventOf(4));
  const { feeds, events, skipped } = await news.next();
  assertEquals([feeds.map(({ events }) => events), events.map(({ id }) => id), skipped], [[4], [3, 4], []]);
  assertEquals(await news.next(), { feeds: [], alerts: [], events: [], skipped: [] });
  library.add(eventOf(5));
  assertEquals((await news.next()).events.map(({ id }) => id), [5]);
});

Deno.test("of too many at once the newest are told, and how many were not", async () => {
  const { library, news } = setUp();
  await news.begin();
  library.add(...Array.from({ length: 120 }, (_, index) => eventOf(index + 1)));
  const { events, skipped } = await news.next();
  assertEquals([events.length, events[0]?.id, events.at(-1)?.id], [50, 71, 120]);
  assertEquals(skipped, [{ feed: 1, events: 70 }]);
});

Deno.test("late events hide none that are new", async () => {
  const { library, news } = setUp();
  await news.begin();
  library.add(eventOf(1));
  await news.next();
  const late = Array.from(
    { length: 10 },
    (_, index) => eventOf(index + 2, 1, { timeMs: START_MS - 100_000 + index, late: true }),
  );
  library.add(...late, eventOf(12));
  const { events, skipped } = await news.next();
  assertEquals(events.at(-1)?.id, 12);
  assertEquals(events.length + (skipped[0]?.events ?? 0), 11);
});

Deno.test("a feed which is new is told with its events", async () => {
  const { library, news } = setUp(0);
  await news.begin();
  library.shownFeeds = [madeUpFeed(1)];
  library.add(eventOf(1));
  const { feeds, events } = await news.next();
  assertEquals([feeds.map(({ id }) => id), events.map(({ id }) => id)], [[1], [1]]);
});

Deno.test("many feeds take turns, and none is forgotten", async () => {
  const { library, news } = setUp(40);
  await news.begin();
  library.add(...Array.from({ length: 40 }, (_, index) => eventOf(index + 1, index + 1)));
  const told = new Set<number>();
  for (let round = 0; round < 3; round++) {
    const asked = library.asked.length;
    for (const { feedId } of (await news.next()).events) told.add(feedId);
    assert(library.asked.length - asked <= 16, "no more than a few questions a round");
  }
  assertEquals(told.size, 40);
});

Deno.test("feeds which all go on take turns", async () => {
  const { library, news } = setUp(40);
  await news.begin();
  const told = new Set<number>();
  for (let round = 0; round < 3; round++) {
    library.add(...Array.from({ length: 40 }, (_, index) => eventOf(round * 40 + index + 1, index + 1)));
    for (const { feedId } of (await news.next()).events) told.add(feedId);
  }
  assertEquals(told.size, 40);
});

Deno.test("an event that was there before is no news, whatever its time says", async () => {
  const { library, news } = setUp();
  library.add(eventOf(1, 1, { timeMs: START_MS + 900_000, receivedMs: START_MS - 1 }));
  await news.begin();
  library.add(eventOf(2));
  const { events, skipped } = await news.next();
  assertEquals([events, skipped], [[], [{ feed: 1, events: 1 }]]);
});

Deno.test("of a round that fails nothing is lost", async () => {
  const { library, news } = setUp();
  await news.begin();
  library.add(eventOf(1));
  library.shownAlerts = [madeUpAlert(1)];
  library.error = new Error("no");
  await assertRejects(() => news.next());
  library.error = undefined;
  const { feeds, alerts, events } = await news.next();
  assertEquals([feeds.length, alerts.length, events.length], [1, 1, 1]);
});

Deno.test("what retention removes makes no event come again, nor hides a new one", async () => {
  const { library, news } = setUp();
  await news.begin();
  library.add(eventOf(1), eventOf(2), eventOf(3));
  await news.next();
  library.stored.splice(0, 2);
  library.add();
  assertEquals((await news.next()).events, []);
  library.add(eventOf(4));
  assertEquals((await news.next()).events.map(({ id }) => id), [4]);
});

Deno.test("alerts are told when they are raised and when they end", async () => {
  const { library, news } = setUp();
  library.shownAlerts = [madeUpAlert(1)];
  await news.begin();
  assertEquals([(await news.next()).alerts, news.alerts.length], [[], 1]);
  library.shownAlerts = [madeUpAlert(2), madeUpAlert(1, { endedMs: 5 })];
  assertEquals((await news.next()).alerts.map(({ id, endedMs }) => [id, endedMs]), [[2, null], [1, 5]]);
  assertEquals((await news.next()).alerts, []);
  const ended = Array.from({ length: 400 }, (_, index) => madeUpAlert(900 - index, { endedMs: 5 }));
  library.shownAlerts = [...ended, madeUpAlert(1)];
  assertEquals([news.alerts.length, news.alerts.at(-1)?.id], [201, 1], "those which hold are all there");
});
