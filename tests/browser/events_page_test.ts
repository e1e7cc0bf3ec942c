/** Log, boxes and alerts in a real browser, against a server which the test holds in its hands. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { browserMissing, type PageWatch, withPage } from "../helpers/browser.ts";
import { madeUpAlert, madeUpEvent, madeUpFeed } from "../helpers/made_up_events.ts";
import { type MadeUpLiveServer, madeUpSource, withLiveServer } from "../helpers/made_up_live_server.ts";
import { madeUpDevice } from "../helpers/viewer_fixture.ts";
import { waitFor } from "../helpers/wait_for.ts";

const ignore = browserMissing();
const NOTHING_WAITS = { events: 0, bytes: 0, frames: 0, frameBytes: 0, clips: 0, clipBytes: 0, oldestMs: null };
const EXACT =
  '{"order":9007199254740993,"torque":[12.50,1e3],"station":{"name":"A","bay":12},"note":"it stays as it was"}';

function pageTest(
  name: string,
  { hash, fill }: { hash: string; fill: (server: MadeUpLiveServer) => void },
  test: (page: Page, server: MadeUpLiveServer, watch: PageWatch) => Promise<void>,
): void {
  Deno.test({
    name: `events page: ${name}`,
    ignore,
    fn: () =>
      withLiveServer(async (server) => {
        fill(server);
        await withPage(server.url, async (page, watch) => {
          await page.goto(`${server.url}/#${hash}`);
          await test(page, server, watch);
          assertEquals(watch, { complaints: [], strangers: [] });
        });
      }),
  });
}

/** A hundred texts, one object, one reading that was late. */
function someEvents(server: MadeUpLiveServer): void {
  const nowMs = Date.now();
  server.events.feeds = [madeUpFeed(1), madeUpFeed(2, { feed: "door", measures: [] })];
  server.events.stored = Array.from(
    { length: 100 },
    (_, i) => madeUpEvent(i + 1, { text: `text ${i + 1}`, timeMs: nowMs - 250_000 + i * 1000 }),
  );
  server.events.stored.push(
    madeUpEvent(200, { kind: "json", json: EXACT, timeMs: nowMs - 100_000, feedId: 2, feed: "door" }),
    madeUpEvent(201, {
      kind: "temp",
      tempCel: 21.5,
      humidity: 40,
      timeMs: nowMs - 90_000,
      receivedMs: nowMs,
      late: true,
    }),
    madeUpEvent(202, { text: "from long ago", timeMs: nowMs - 86_400_000 }),
  );
}

const update = { type: "update", freeBytes: null, clips: [], removed: [] } as const;

pageTest(
  "the log is searched, filtered, paged, and exported as it is shown",
  { hash: "readings", fill: someEvents },
  async (page, server) => {
    const rows = page.locator(".log-row");
    await waitFor(async () => await rows.count() === 50, { what: "the first page" });
    assertMatch(await rows.first().innerText(), /21.5 °C, 40 %[^]*late/);
    await page.getByRole("button", { name: "Show older events" }).click();
    await waitFor(async () => await rows.count() === 100, { what: "the next page" });
    await page.locator("summary", { hasText: "9007199254740993" }).click();
    await page.locator("pre", { hasText: '"order": 9007199254740993,' }).waitFor();
    await page.locator("pre", { hasText: "12.50," }).waitFor();

    const before = server.events.eventsAsked.length;
    await page.getByRole("searchbox", { name: "Search texts and JSON" }).pressSequentially("text 7", { delay: 20 });
    await waitFor(async () => await rows.count() === 11, { what: "7 and 70 to 79" });
    const searches = server.events.eventsAsked.slice(before).filter((query) => query.has("search"));
    assert(searches.length <= 2, `asked ${searches.length} times while typing`);
    const csv = await page.getByRole("link", { name: "CSV", exact: true }).getAttribute("href") ?? "";
    const query = new URL(csv, server.url).searchParams;
    assertEquals([query.get("search"), query.has("since"), csv.split("?")[0]], ["text 7", true, "/api/events.csv"]);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "JSON", exact: true }).click();
    await waitFor(async () => await rows.count() === 1, { what: "the one object" });
    await page.getByRole("button", { name: "All", exact: true }).click();
    await page.getByLabel("Feed", { exact: true }).selectOption({ label: "press-4, door" });
    await waitFor(async () => await rows.count() === 1, { what: "the one event of the other feed" });
    await page.getByLabel("Feed", { exact: true }).selectOption("");
    await page.getByRole("searchbox").fill("long ago");
    await page.getByRole("button", { name: "Look at all times" }).click();
    await page.getByText("from long ago").waitFor();
  },
);

pageTest(
  "live events come on top, and wait there while one reads further down",
  { hash: "readings", fill: someEvents },
  async (page, server) => {
    const rows = page.locator(".log-row");
    await waitFor(async () => await rows.count() === 50, { what: "the first page" });
    const say = (id: number, text: string) => {
      server.say({ type: "events", events: [madeUpEvent(id, { text, timeMs: Date.now() })], skipped: [] });
    };
    say(300, "live one");
    await waitFor(async () => (await rows.first().innerText()).includes("live one"), { what: "the live one on top" });
    await rows.nth(30).scrollIntoViewIfNeeded();
    await page.evaluate("scrollBy(0, 400)");
    const read = rows.filter({ hasText: "text 60" });
    const place = (await read.boundingBox())!.y;
    say(301, "live two");
    say(302, "live three");
    await page.getByRole("button", { name: "2 new events" }).waitFor();
    assertEquals(await rows.filter({ hasText: "live two" }).count(), 0);
    assert(Math.abs((await read.boundingBox())!.y - place) < 60, "what one reads has moved");
    await page.getByRole("button", { name: "2 new events" }).click();
    await waitFor(async () => (await rows.first().innerText()).includes("live three"), { what: "the newest on top" });
  },
);

pageTest("a box shows how it is, its backlog shrinks, and its troubles are told", {
  hash: "boxes",
  fill: (server) => {
    server.sources = [madeUpSource(1, { device: "oven-2", source: "front" })];
    server.events.feeds = [madeUpFeed(7, { device: "oven-2", feed: "climate" })];
    server.devices = [
      madeUpDevice("oven-2", {
        ...{
          clockOffsetMs: -1_830,
          dropped: 12,
          troubles: ["camera front: unplugged"],
          disk: { freeBytes: 8e8, bytes: 31e9 },
        },
        backlog: { ...NOTHING_WAITS, events: 1000, bytes: 56_000, oldestMs: Date.now() - 86_400_000 },
      }),
      madeUpDevice("press-4", { connections: 0 }),
    ];
  },
}, async (page, server) => {
  const card = page.locator("[data-device=oven-2]");
  for (const text of ["Online", "camera front: unplugged", "1.8 s slow", "800 MB of 31.0 GB free", "12 events"]) {
    await card.getByText(text).first().waitFor();
  }
  await page.locator("[data-device=press-4]").getByText("Offline").waitFor();
  assertEquals(await card.getByRole("link", { name: "climate" }).getAttribute("href"), "#feed=7");
  assertEquals(await card.getByRole("link", { name: "front" }).getAttribute("href"), "#source=1");
  await page.locator("[data-device=press-4]").getByText("not known").first().waitFor();
  const bar = card.getByRole("progressbar", { name: "events still to be sent" });
  assertEquals(await bar.getAttribute("aria-valuenow"), "100");
  const tell = (events: number, inMs: number, frames = 0, clips = 0) => {
    const backlog = {
      ...{ events, bytes: events * 56, frames, frameBytes: frames * 45_000, clips, clipBytes: clips * 2e6 },
      oldestMs: Date.now(),
    };
    const devices = server.devices.map((device) => device.device === "oven-2" ? { ...device, backlog } : device);
    server.say({ ...update, nowMs: Date.now() + inMs, devices });
  };
  tell(400, 2_000);
  await waitFor(async () => await bar.getAttribute("aria-valuenow") === "40", { what: "a shorter bar" });
  assertMatch(await card.locator(".backlog-trend").innerText(), /^sending \d+ a second, done in about \d/);
  tell(450, 20_000);
  tell(500, 21_000);
  await card.getByText(/^growing by/).waitFor();
  tell(0, 22_000, 200, 2);
  await card.getByText("200 pictures").waitFor();
  await card.getByText("2 clips").waitFor();
  tell(0, 24_000, 50, 1);
  const pictures = card.getByRole("progressbar", { name: "pictures still to be sent" });
  await waitFor(async () => await pictures.getAttribute("aria-valuenow") === "25", { what: "fewer pictures" });
  await card.getByText("1 clip", { exact: true }).waitFor();
  tell(0, 25_000);
  await card.getByText("All sent").waitFor();
  const gone = server.devices.map((device) => ({ ...device, connections: 0, backlog: NOTHING_WAITS }));
  server.say({ ...update, nowMs: Date.now() + 26_000, devices: gone });
  await card.getByText("All was sent when it was last heard of").waitFor();
});

pageTest("an alert is shown, said, listed, and cleared", {
  hash: "readings",
  fill: (server) => server.events.feeds = [madeUpFeed(1)],
}, async (page, server) => {
  await page.locator(".chart").first().waitFor();
  assertEquals(await page.locator(".alert-bar").count(), 0);
  const top = (await page.locator(".span-bar").boundingBox())!.y;
  server.say({ ...update, nowMs: Date.now(), alerts: [madeUpAlert(1)] });
  const bar = page.locator(".alert-bar");
  await bar.getByText("too hot").waitFor();
  assertMatch(await bar.innerText(), /press-4, 63.2 °C, since [^]*1 alert/);
  assertEquals(await page.locator("p[aria-live=polite]").innerText(), "Alert: too hot, press-4, Temperature 63.2 °C");
  const height = (await bar.boundingBox())!.height;
  assertEquals((await page.locator(".span-bar").boundingBox())!.y, top + height, "it hides nothing");
  await bar.click();
  const holding = page.getByRole("list", { name: "Alerts which hold" });
  await holding.getByText("temp_cel > 60 for 10s").waitFor();
  server.say({ ...update, nowMs: Date.now(), alerts: [madeUpAlert(1, { endedMs: Date.now() })] });
  await page.getByText("No alert at the moment").waitFor();
  await page.getByRole("list", { name: "Alerts which are over" }).getByText("too hot").waitFor();
  assertEquals(await page.locator("p[aria-live=polite]").innerText(), "Alert over: too hot, press-4");
});

pageTest("alerts which hold come first, then all of the history, page by page, each with its readings and webhook", {
  hash: "alerts",
  fill: (server) => {
    const endedMs = Date.now() - 3_600_000;
    const webhook = { raised: "delivered", ended: "failed" } as const;
    server.events.feeds = [madeUpFeed(1)];
    server.events.alerts = [madeUpAlert(150, { rule: "holds" }), madeUpAlert(149, { endedMs, webhook })];
    server.events.olderAlerts = Array.from(
      { length: 140 },
      (_, i) => madeUpAlert(i + 1, { rule: `old ${i + 1}`, sinceMs: endedMs - 60_000, endedMs }),
    );
  },
}, async (page) => {
  const rows = page.locator(".alert-row");
  await waitFor(async () => await rows.count() === 101, { what: "the first page" });
  assertMatch(await rows.nth(0).innerText(), /holds[^]*box offline/);
  assertMatch(await rows.nth(1).innerText(), /webhook could not be told/);
  await page.getByRole("button", { name: "Show older alerts" }).click();
  await waitFor(async () => await rows.count() === 142, { what: "all of them" });
  await page.getByRole("button", { name: "Show older alerts" }).waitFor({ state: "detached" });
  await page.getByText("old 7", { exact: true }).waitFor();
  const link = await rows.last().getByRole("link").getAttribute("href");
  const [, from, to] = /^#feed=1@(\d+)-(\d+)$/.exec(link!)!;
  assertEquals(Number(to) - Number(from), 180_000, "a minute more on each side");
});

Deno.test({
  name: "events page: fits a phone, is large enough to touch, and runs nothing that a box gave as a name",
  ignore,
  fn: () =>
    withLiveServer(async (server) => {
      const evil = ["<img src=x onerror=alert(1)>", "x".repeat(128), '"><script>alert(1)</script>'];
      const nowMs = Date.now();
      server.sources = [madeUpSource(1)];
      server.events.feeds = evil.map((feed, i) =>
        madeUpFeed(i + 1, {
          device: `box ${evil[1]}`,
          feed,
          measures: [{ name: evil[i]!, unit: evil[0]!, min: -1, max: 1 }],
        })
      );
      server.events.valueAt = () => 1;
      server.events.stored = evil.map((text, i) =>
        madeUpEvent(i + 1, { text, device: evil[1]!, timeMs: nowMs - i * 1000 })
      );
      server.events.stored.push(
        madeUpEvent(9, {
          kind: "json",
          json: JSON.stringify({ [evil[0]!]: evil[1] + evil[2]! }),
          timeMs: nowMs - 9_000,
        }),
      );
      server.events.alerts = [
        madeUpAlert(1, { rule: evil[1]!, device: evil[0]!, condition: evil[1]! }),
        madeUpAlert(2, { endedMs: nowMs }),
      ];
      server.devices = [
        madeUpDevice(`box ${evil[1]}`, {
          troubles: evil,
          software: evil[1]!,
          backlog: { ...NOTHING_WAITS, events: 5, bytes: 5, oldestMs: nowMs },
        }),
      ];
      const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
      await withPage(server.url, async (page, watch) => {
        for (
          const [hash, place] of [["readings", ".log-row"], ["boxes", ".box-card"], ["alerts", ".alert-row"]] as const
        ) {
          await page.goto(`${server.url}/#${hash}`);
          await page.locator(place).first().waitFor();
          assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 390, hash);
          const small = await page.evaluate(
            `[...document.querySelectorAll("main button, main a, main select, main label, main summary, .sections a, .alert-bar")]
            .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
            .filter(([, { width, height }]) => width < 39.5 || height < 39.5).map(([html]) => html)`,
          );
          assertEquals(small, [], hash);
          assertEquals(await page.locator("main img, main script").count(), 0);
        }
        assertEquals(watch, { complaints: [], strangers: [] });
      }, phone);
    }),
});
