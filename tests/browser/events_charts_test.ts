/** Readings as charts in a real browser, against a server which the test holds in its hands. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { browserMissing, type PageWatch, withPage } from "../helpers/browser.ts";
import { madeUpEvent, madeUpFeed } from "../helpers/made_up_events.ts";
import { type MadeUpLiveServer, makePictures, withLiveServer } from "../helpers/made_up_live_server.ts";
import { HAS_FFMPEG } from "../helpers/make_media.ts";
import { waitFor } from "../helpers/wait_for.ts";

const ignore = browserMissing() || !HAS_FFMPEG;
const DAY_MS = 86_400_000;
const TEMPERATURE = { name: "temp_cel", unit: "°C", min: null, max: null };

/** Two feeds of two boxes; the first has nothing from 100 to 200 days ago. */
function twoFeeds(server: MadeUpLiveServer): void {
  server.events.feeds = [
    madeUpFeed(1, { measures: [{ ...TEMPERATURE, max: 60 }], lastValues: { temp_cel: 20 } }),
    madeUpFeed(2, { device: "oven-2", measures: [TEMPERATURE, { name: "rpm", unit: null, min: null, max: null }] }),
  ];
  server.events.valueAt = ({ id }, _, ms) => {
    const days = (Date.now() - ms) / DAY_MS;
    return id === 1 && days > 100 && days < 200 ? null : 20 * id + 5 * Math.sin(ms / DAY_MS);
  };
}

function chartTest(
  name: string,
  test: (page: Page, server: MadeUpLiveServer, watch: PageWatch) => Promise<void>,
): void {
  Deno.test({
    name: `charts: ${name}`,
    ignore,
    fn: () =>
      withLiveServer(async (server) => {
        twoFeeds(server);
        await withPage(server.url, async (page, watch) => {
          await page.goto(`${server.url}/#readings`);
          await page.locator(".chart canvas").first().waitFor();
          await test(page, server, watch);
          assertEquals(watch, { complaints: [], strangers: [] });
        });
      }),
  });
}

/** For a hundred places from the left to the right of the first chart: whether the line of this colour is there. */
async function lineAt(page: Page, colour: number): Promise<boolean[]> {
  return await page.evaluate(`(() => {
    const canvas = document.querySelector(".chart canvas");
    const over = document.querySelector(".chart .u-over");
    const ratio = devicePixelRatio;
    const [left, top] = [parseFloat(over.style.left) * ratio, parseFloat(over.style.top) * ratio];
    const [width, height] = [over.clientWidth * ratio, over.clientHeight * ratio];
    const text = getComputedStyle(canvas).getPropertyValue("--line-${colour}").trim();
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(left, top, width, height);
    return Array.from({ length: 100 }, (_, part) => {
      const from = Math.floor(part * width / 100);
      for (let x = from; x < from + width / 100 && x < width; x++) {
        for (let y = 0; y < height; y++) {
          const at = 4 * (Math.floor(y) * Math.floor(width) + Math.floor(x));
          if (Math.abs(data[at] - r) + Math.abs(data[at + 1] - g) + Math.abs(data[at + 2] - b) < 24) return true;
        }
      }
      return false;
    });
  })()`) as boolean[];
}

const part = (there: readonly boolean[]) => there.filter(Boolean).length;

chartTest("a year draws in a few hundred points a line, and a gap of one line is a gap", async (page, server) => {
  await page.getByRole("button", { name: "1 y", exact: true }).click();
  const asked = await waitFor(
    () => server.events.seriesAsked.find((query) => spanOf(query) > 360 * DAY_MS && query.get("feed") === "sensor-1"),
    { what: "the year asked for" },
  );
  assert(Number(asked.get("buckets")) <= 1_000 && Number(asked.get("buckets")) >= 100, `${asked}`);
  const line = await waitFor(async () => {
    const there = await lineAt(page, 0);
    return part(there) > 50 && !there[60] ? there : null;
  }, { what: "the line with its gap" });
  // 200 to 100 days ago of 365.
  assertEquals(line.slice(48, 70), line.slice(48, 70).map(() => false));
  assert(part(line.slice(1, 43)) > 38 && part(line.slice(75, 98)) > 20, line.map(Number).join(""));
  assert(part((await lineAt(page, 1)).slice(2, 98)) > 60, "the other line is drawn through");
});

chartTest("live readings move on, and are drawn at most four times a second", async (page, server) => {
  server.events.valueAt = () => null;
  await page.evaluate("location.hash = 'feed=1'");
  await page.reload();
  await page.locator(".chart canvas").first().waitFor();
  const say = (value: number) => {
    const nowMs = Date.now();
    const event = madeUpEvent(nowMs, { kind: "temp", tempCel: value, humidity: 1, timeMs: nowMs });
    server.say({ type: "events", events: [event], skipped: [] });
  };
  await waitFor(() => server.events.seriesAsked.length > 1, { what: "the history" });
  await page.evaluate(`
    globalThis.draws = 0;
    const clear = CanvasRenderingContext2D.prototype.clearRect;
    CanvasRenderingContext2D.prototype.clearRect = function (...args) { draws++; clear.apply(this, args); };
    globalThis.startMs = performance.now();
  `);
  let value = 20;
  const timer = setInterval(() => say(value++), 40);
  try {
    await waitFor(async () => part(await lineAt(page, 0)) > 0 && value > 60, { what: "live readings in the chart" });
    const [draws, ms] = await page.evaluate("[draws, performance.now() - startMs]") as [number, number];
    assert(draws > 0 && draws <= 4 * ms / 1000 + 4, `${draws} draws in ${ms} ms`);
    await page.evaluate(`
      Object.defineProperty(document, "hidden", { value: true, configurable: true });
      draws = 0;
    `);
    const before = value;
    await waitFor(() => value > before + 30, { what: "readings while the page is hidden" });
    assertEquals(await page.evaluate("draws"), 0);
  } finally {
    clearInterval(timer);
  }
});

chartTest("zooming by drag and by key asks for finer buckets, and leads back to live", async (page, server) => {
  await page.getByRole("button", { name: "24 h", exact: true }).click();
  await waitFor(() => server.events.seriesAsked.some((query) => spanOf(query) > DAY_MS), { what: "a day asked for" });
  const box = (await page.locator(".u-over").first().boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 4 });
  await page.mouse.up();
  const zoomed = await waitFor(() => server.events.seriesAsked.find((query) => near(spanOf(query), DAY_MS / 4)), {
    what: "a quarter of the day asked for",
  });
  assert(near(Date.parse(zoomed.get("since")!), Date.now() - 0.755 * DAY_MS, 0.02 * DAY_MS), `${zoomed}`);
  await page.getByText("Back to live").waitFor();
  await page.locator(".chart").first().focus();
  await page.keyboard.press("+");
  await waitFor(() => server.events.seriesAsked.some((query) => near(spanOf(query), DAY_MS / 8)), {
    what: "an eighth of the day asked for",
  });
  await page.keyboard.press("ArrowLeft");
  await page.locator(".legend-time").first().waitFor();
  await page.getByRole("button", { name: "Back to live" }).click();
  assertMatch(await page.locator(".position").innerText(), /^Live, the last 3 h$/);
});

chartTest(
  "readings which waited on their box are marked at the foot of the chart at any zoom",
  async (page, server) => {
    const nowMs = Date.now();
    // Of the last five minutes, and of the last year.
    server.events.lateAt = (ms) =>
      (nowMs - ms) / 1_000 > 59 && (nowMs - ms) / 1_000 < 63 || (nowMs - ms) / DAY_MS > 300;
    await page.reload();
    await page.getByText("came late").first().waitFor();
    const marked = async () =>
      await page.evaluate(`(() => {
    const canvas = document.querySelector(".chart canvas");
    const over = document.querySelector(".chart .u-over");
    const y = (parseFloat(over.style.top) + over.clientHeight - 3) * devicePixelRatio;
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(parseFloat(over.style.left) * devicePixelRatio, y, over.clientWidth, 1);
    const text = getComputedStyle(canvas).getPropertyValue("--warn").trim();
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
    return Array.from({ length: over.clientWidth }, (_, x) => x)
      .filter((x) => Math.abs(data[4 * x] - r) + Math.abs(data[4 * x + 1] - g) + Math.abs(data[4 * x + 2] - b) < 12)
      .map((x) => x / over.clientWidth);
  })()`) as number[];
    const line = await waitFor(async () => {
      const found = await marked();
      return found.length > 3 && found;
    }, { what: "the mark" });
    assert(line.every((at) => near(at, 1 - 61 / 300, 0.03)), line.join());
    await page.getByRole("button", { name: "1 y", exact: true }).click();
    await waitFor(async () => {
      const found = await marked();
      return found.length > 50 && found.every((at) => at < 1 - 299 / 365);
    }, { what: "the mark of the year" });
  },
);

type Span = readonly [fromMs: number, toMs: number];

/** The span that the address says once it is as wanted. */
async function spanInAddress(page: Page, what: string, isWanted: (span: Span) => boolean): Promise<Span> {
  return await waitFor(() => {
    const [, from, to] = /@(\d+)-(\d+)$/.exec(page.url()) ?? [];
    const span = [Number(from), Number(to)] as const;
    return from !== undefined && isWanted(span) && span;
  }, { what: `${what} in the address` });
}

chartTest("the wheel zooms at the pointer, a double click goes back", async (page) => {
  const start: Span = [Date.now() - 20_000_000, Date.now() - 10_000_000];
  await page.evaluate(`location.hash = "readings@${start.join("-")}"`);
  const box = (await page.locator(".u-over").first().boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
  await page.mouse.wheel(0, -200);
  await page.mouse.wheel(0, -200);
  const zoomed = await spanInAddress(page, "a narrower span", ([from, to]) => near(to - from, 1e7 / Math.E, 1e4));
  assert(near(zoomed[0] + 0.25e7 / Math.E, start[0] + 0.25e7, 2e4), "the time under the pointer stays");
  await page.locator(".u-over").first().dblclick({ position: { x: 100, y: 50 } });
  await spanInAddress(page, "the span of before", ([from, to]) => near(from, start[0], 1) && near(to, start[1], 1));
});

chartTest("a drag with shift or the middle button, and arrows, move the span; a link shows the same", async (page) => {
  const start: Span = [Date.now() - 50_000_000, Date.now() - 40_000_000];
  await page.goto(`${new URL("/", page.url())}#readings@${start.join("-")}`);
  await page.reload();
  const over = page.locator(".u-over").first();
  let fromMs = start[0];
  for (const button of ["left", "middle"] as const) {
    const box = (await over.boundingBox())!;
    if (button === "left") await page.keyboard.down("Shift");
    await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
    await page.mouse.down({ button });
    await page.mouse.move(box.x + box.width * 0.75, box.y + 60, { steps: 5 });
    await page.mouse.up({ button });
    await page.keyboard.up("Shift");
    fromMs -= 5_000_000;
    const isMoved = ([from, to]: Span) => near(from, fromMs, 5e4) && near(to - from, 1e7, 2);
    [fromMs] = await spanInAddress(page, `what a drag with ${button} shows`, isMoved);
  }
  await page.reload();
  await page.locator(".chart").first().focus();
  await page.keyboard.press("Shift+ArrowLeft");
  const isMoved = ([from, to]: Span) => near(from, fromMs - 1e6, 2) && near(to - from, 1e7, 2);
  await spanInAddress(page, "a tenth earlier", isMoved);
});

Deno.test({
  name: "charts: two fingers zoom and move, one finger moves the cursor",
  ignore,
  fn: () =>
    withLiveServer(async (server) => {
      twoFeeds(server);
      await withPage(server.url, async (page) => {
        const before: Span = [Date.now() - 2e7, Date.now() - 1e7];
        await page.goto(`${server.url}/#readings@${before.join("-")}`);
        await page.locator(".chart canvas").first().waitFor();
        const box = (await page.locator(".u-over").first().boundingBox())!;
        const session = await page.context().newCDPSession(page);
        const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...parts: number[]) => {
          const touchPoints = parts.map((part, id) => ({ x: box.x + part * box.width, y: box.y + 50, id }));
          return session.send("Input.dispatchTouchEvent", { type, touchPoints });
        };
        await touch("touchStart", 0.3);
        await touch("touchMove", 0.4);
        await touch("touchMove", 0.5);
        await touch("touchEnd");
        await page.locator(".legend-time").first().waitFor();
        assert(page.url().endsWith(before.join("-")), "it has not moved");
        await touch("touchStart", 0.4, 0.6);
        for (const by of [0.05, 0.1, 0.15, 0.2]) await touch("touchMove", 0.4 - by, 0.6 + by);
        await touch("touchEnd");
        const span = await spanInAddress(page, "a narrower span", ([from, to]) => near(to - from, 1e7 / 3, 3e5));
        assert(near((span[0] + span[1]) / 2, (before[0] + before[1]) / 2, 2e5), "its middle stays");
      }, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    }),
});

chartTest("chips choose lines, the address keeps them, and feeds with the same measure share a chart", async (page) => {
  assertEquals(await page.locator(".chart-card").count(), 2);
  const temperature = page.getByRole("region", { name: "Temperature" });
  assertEquals(await temperature.locator(".legend-line").count(), 2);
  await temperature.getByText("range up to").waitFor({ state: "detached" });
  await page.getByRole("button", { name: /oven-2/ }).click();
  await waitFor(async () => await page.locator(".chart-card").count() === 1, { what: "one chart" });
  assertMatch(page.url(), /#feed=1$/);
  await page.getByText("range up to 60 °C").waitFor();
  await page.reload();
  await page.locator(".legend-line").waitFor();
  assertEquals(await page.getByRole("button", { name: /oven-2/ }).getAttribute("aria-pressed"), "false");
});

chartTest(
  "pictures stand at their moment and open with their reading; the way to the camera is there",
  async (page, server) => {
    server.events.jpeg = (await makePictures("color=red:size=160x90:rate=10", 1))[0];
    const timeMs = Date.now() - 60_000;
    server.events.stored = [1, 2].map((id) =>
      madeUpEvent(id, {
        ...{ kind: "temp" as const, tempCel: 20 + id, humidity: 50, timeMs: timeMs - id * 100_000, late: id === 2 },
        ...{ picture: `/events/${id}.jpg`, source: "front", frame: `/frames/${id}.jpg` },
      })
    );
    await page.reload();
    const marks = page.locator(".strip-picture");
    await waitFor(async () => await marks.count() === 2, { what: "two pictures" });
    const over = (await page.locator(".u-over").first().boundingBox())!;
    const mark = (await marks.last().boundingBox())!;
    assert(near(mark.x + mark.width / 2, over.x + over.width * (1 - 160 / 300), 20), JSON.stringify({ mark, over }));
    await marks.last().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("21 °C, 50 %").waitFor();
    await page.keyboard.press("ArrowLeft");
    await dialog.getByText("22 °C, 50 %").waitFor();
    await dialog.getByText("late").waitFor();
    assertEquals(await dialog.getByRole("link", { name: "Camera" }).getAttribute("href"), "/frames/2.jpg");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  },
);

Deno.test({
  name: "charts: without feeds the page says how to get some",
  ignore,
  fn: () =>
    withLiveServer(async (server) => {
      await withPage(server.url, async (page) => {
        await page.goto(`${server.url}/#readings`);
        await page.getByRole("heading", { name: "No readings yet" }).waitFor();
        await page.getByText("deno task send --sensor demo").waitFor();
      });
    }),
});

function spanOf(query: URLSearchParams): number {
  return Date.parse(query.get("until")!) - Date.parse(query.get("since")!);
}

function near(value: number, wanted: number, by = wanted * 0.06): boolean {
  return Math.abs(value - wanted) <= by;
}
