import { assert, assertEquals } from "@std/assert";
import { madeUpAlert, madeUpEvent, madeUpFeed } from "../helpers/made_up_event_library.ts";
import { type ViewerFixture, withViewer } from "../helpers/viewer_fixture.ts";
import { numberedJpeg } from "../helpers/made_up_frame_library.ts";

// deno-lint-ignore no-explicit-any -- what a test looks into
async function json(fixture: ViewerFixture, path: string, status = 200): Promise<any> {
  const response = await fetch(`${fixture.url}${path}`);
  assertEquals(response.status, status, path);
  return await response.json();
}

Deno.test("/api/feeds gives feeds, with their measures and newest values", () =>
  withViewer(async (fixture) => {
    fixture.events.shownFeeds = [madeUpFeed(1, { lastEventMs: 1_700_000_000_000, lastValues: { temp_cel: 61.25 } })];
    const { feeds } = await json(fixture, "/api/feeds");
    assertEquals(feeds, [{
      ...{ id: 1, device: "press-4", feed: "feed1", events: 0, firstEventAt: null },
      lastEventAt: "2023-11-14T22:13:20.000Z",
      measures: [{ name: "temp_cel", unit: "°C", min: null, max: null }],
      lastValues: { temp_cel: 61.25 },
    }]);
  }));

Deno.test("/api/events gives what is asked for, page by page", () =>
  withViewer(async (fixture) => {
    fixture.events.stored.push(...[1, 2, 3, 4, 5].map((id) => madeUpEvent(id)));
    const first = await json(fixture, "/api/events?limit=2");
    assertEquals(first.events.map(({ id }: { id: number }) => id), [5, 4]);
    const second = await json(fixture, `/api/events?limit=2&cursor=${first.next}`);
    assertEquals(second.events.map(({ id }: { id: number }) => id), [3, 2]);
    const query = "device=a%2Fb&feed=f&since=1000&until=2026-01-01T00:00:00Z&kind=text&search=door&order=ascending";
    await json(fixture, `/api/events?${query}&limit=7`);
    assertEquals(fixture.events.asked.at(-1), {
      ...{ device: "a/b", feed: "f", sinceMs: 1_000, untilMs: Date.UTC(2026, 0, 1), kind: "text", search: "door" },
      ...{ order: "ascending", limit: 7 },
    });
  }));

Deno.test("/api/events has free objects in it as they were sent, to the last digit", () =>
  withViewer(async (fixture) => {
    const exact = { kind: "json", deviceId: null, json: '{"n": 9007199254740993,\n "x": 1.10}' } as const;
    fixture.events.stored.push(madeUpEvent(1, exact), madeUpEvent(2, { kind: "text", text: '"\u2028\\' }));
    const text = await (await fetch(`${fixture.url}/api/events?order=ascending`)).text();
    assert(text.includes('"json":{"n": 9007199254740993,  "x": 1.10}'), text);
    const { events } = JSON.parse(text);
    assertEquals([events[0].text, events[0].json.x, events[1].text, events[1].json], [null, 1.1, '"\u2028\\', null]);
  }));

Deno.test("what is asked wrongly is refused, with what it may be", () =>
  withViewer(async (fixture) => {
    fixture.events.shownFeeds = [madeUpFeed(1)];
    const series = "/api/series?device=press-4&feed=feed1&measure=temp_cel";
    const cases: [string, string][] = [
      ["/api/events?limit=0", "limit"],
      ["/api/events?limit=1001", "limit"],
      ["/api/events?kind=frame", "kind"],
      ["/api/events?order=up", "order"],
      ["/api/events?cursor=12", "cursor"],
      ["/api/events?cursor=1e9-1", "cursor"],
      ["/api/events?since=yesterday", "since"],
      ["/api/events?since=2000&until=1000", "until"],
      [`/api/events?search=${"x".repeat(1_001)}`, "search"],
      ["/api/events.csv?kind=frame", "kind"],
      [`${series}&buckets=1`, "buckets"],
      [`${series}&buckets=2001`, "buckets"],
      ["/api/series?device=press-4&feed=feed1", "measure"],
      ["/api/series?device=press-4&measure=temp_cel", "feed"],
    ];
    for (const [path, parameter] of cases) {
      const { error } = await json(fixture, path, 400);
      assertEquals([error.code, error.parameter], ["BAD_PARAMETER", parameter], path);
    }
  }));

Deno.test("/api/series gives the parts of a span, and 404 for what is not there", () =>
  withViewer(async (fixture) => {
    fixture.events.shownFeeds = [madeUpFeed(3)];
    const path = "/api/series?device=press-4&feed=feed3&measure=temp_cel";
    const series = await json(fixture, `${path}&since=1000&until=9000&buckets=10`);
    assertEquals(fixture.events.asked, [{
      ...{ feedId: 3, measure: "temp_cel", sinceMs: 1_000, untilMs: 9_000, buckets: 10 },
    }]);
    assertEquals(series, {
      ...{ measure: "temp_cel", unit: "°C", since: "1970-01-01T00:00:01.000Z", until: "1970-01-01T00:00:09.000Z" },
      ...{
        bucketMs: 1_000,
        points: [{ time: "1970-01-01T00:00:01.000Z", min: 1.5, max: 2.5, mean: 2, count: 3, late: 1 }],
      },
    });
    await json(fixture, path);
    const { sinceMs, untilMs } = fixture.events.asked.at(-1) as { sinceMs: number; untilMs: number };
    assertEquals(untilMs - sinceMs, 3_600_000, "the last hour");
    for (const other of [path.replace("feed3", "feed4"), path.replace("temp_cel", "speed")]) {
      assertEquals((await json(fixture, other, 404)).error.code, "UNKNOWN_FEED");
    }
  }));

Deno.test("/events/{id}.jpg is the picture, which never changes; what is no picture is shown as nothing", () =>
  withViewer(async (fixture) => {
    fixture.events.pictures.set(7, numberedJpeg(7)).set(8, new TextEncoder().encode("<script>"));
    const path = `${fixture.url}/events/7.jpg`;
    const response = await fetch(path);
    assertEquals([response.headers.get("content-type"), await response.bytes()], ["image/jpeg", numberedJpeg(7)]);
    const again = await fetch(path, { headers: { "if-none-match": response.headers.get("etag")! } });
    assertEquals([again.status, await again.text()], [304, ""]);
    const other = await fetch(`${fixture.url}/events/8.jpg`);
    assertEquals(other.headers.get("content-type"), "application/octet-stream");
    assertEquals(other.headers.get("x-content-type-options"), "nosniff");
    await other.body?.cancel();
    for (const id of ["9", "x", "-1"]) {
      assertEquals((await json(fixture, `/events/${id}.jpg`, 404)).error.code, "UNKNOWN_EVENT");
    }
  }));

Deno.test("/api/alerts gives what holds and what has held, page by page", () =>
  withViewer(async (fixture) => {
    const ended = { endedMs: 1_700_000_015_000, webhook: { raised: "delivered", ended: "waiting" } } as const;
    fixture.events.shownAlerts = [madeUpAlert(2), madeUpAlert(1, ended)];
    const { alerts, next } = await json(fixture, "/api/alerts?limit=1");
    assertEquals([alerts.map(({ id }: { id: number }) => id), next], [[2], 2]);
    const rest = await json(fixture, "/api/alerts?limit=1&cursor=2");
    assertEquals(rest, {
      alerts: [{
        ...{ id: 1, rule: "hot", condition: "temp_cel > 60", device: "press-4", feed: "feed1", deviceId: 1 },
        ...{ measure: "temp_cel", value: 61.25, since: "2023-11-14T22:13:20.000Z", raised: "2023-11-14T22:13:30.000Z" },
        ...{ ended: "2023-11-14T22:13:35.000Z", webhook: { raised: "delivered", ended: "waiting" } },
      }],
      next: null,
    });
  }));

Deno.test("/api/alerts takes a device, a span and a state, and says what is wrong", () =>
  withViewer(async (fixture) => {
    await json(fixture, "/api/alerts?device=a&since=1000&until=2000&state=holds&limit=7");
    await json(fixture, "/api/alerts?state=ended&cursor=12");
    assertEquals(fixture.events.asked, [
      { device: "a", sinceMs: 1_000, untilMs: 2_000, holds: true, limit: 7 },
      { holds: false, cursor: 12, limit: 100 },
    ]);
    for (const [query, parameter] of [["state=open", "state"], ["cursor=x", "cursor"], ["limit=0", "limit"]]) {
      const { error } = await json(fixture, `/api/alerts?${query}`, 400);
      assertEquals([error.code, error.parameter], ["BAD_PARAMETER", parameter]);
    }
  }));
