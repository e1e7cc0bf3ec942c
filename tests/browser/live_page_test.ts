/** Live sources in a real browser, against a server which the test holds in its hands. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { browserMissing, type PageWatch, withPage } from "../helpers/browser.ts";
import { madeUpClip } from "../helpers/made_up_library.ts";
import { HAS_FFMPEG } from "../helpers/make_media.ts";
import { MadeUpLiveServer, madeUpSource, makePictures, withLiveServer } from "../helpers/made_up_live_server.ts";
import { waitFor } from "../helpers/wait_for.ts";

const ignore = browserMissing() || !HAS_FFMPEG;
const RED = ignore ? [] : await makePictures("color=red:size=320x180:rate=10", 1);
const BLUE = ignore ? [] : await makePictures("color=blue:size=320x180:rate=10", 1);

/** Counts ImageBitmaps which are open. */
const COUNT_BITMAPS = `
  globalThis.openBitmaps = 0;
  globalThis.openBitmapsMax = 0;
  const make = createImageBitmap;
  globalThis.createImageBitmap = async (...args) => {
    const bitmap = await make(...args);
    openBitmapsMax = Math.max(openBitmapsMax, ++openBitmaps);
    return bitmap;
  };
  const close = ImageBitmap.prototype.close;
  ImageBitmap.prototype.close = function () {
    if (this.width > 0) openBitmaps--;
    close.call(this);
  };
`;

/** A test with a page on a server with these sources. */
function liveTest(
  name: string,
  fill: (server: MadeUpLiveServer) => void,
  test: (page: Page, server: MadeUpLiveServer, watch: PageWatch) => Promise<void>,
): void {
  Deno.test({
    name: `live page: ${name}`,
    ignore,
    fn: () =>
      withLiveServer(async (server) => {
        fill(server);
        await withPage(server.url, async (page, watch) => {
          await page.addInitScript(COUNT_BITMAPS);
          await page.goto(server.url);
          await test(page, server, watch);
        });
      }),
  });
}

function twoSources(server: MadeUpLiveServer): void {
  server.sources = [
    madeUpSource(1, { source: "front" }),
    madeUpSource(2, { source: "heat", kind: "infrared" }),
  ];
  server.pictures.set(1, RED);
  server.pictures.set(2, BLUE);
}

/** Red, green, blue and alpha at a place of a canvas, as fractions of its size. */
async function pixel(page: Page, selector: string, x = 0.5, y = 0.5): Promise<number[]> {
  return await page.evaluate(`(() => {
    const canvas = document.querySelector(${JSON.stringify(selector)});
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    return [...copy.getImageData(canvas.width * ${x}, canvas.height * ${y}, 1, 1).data];
  })()`) as number[];
}

const card = (id: number) => `.source-card[data-source="${id}"]`;
const canvas = (id: number) => `${card(id)} canvas`;
const isRed = ([r = 0, g = 0, b = 0]: number[]) => r > 200 && g < 60 && b < 60;
const isBlue = ([r = 0, g = 0, b = 0]: number[]) => r < 60 && g < 60 && b > 200;
const opacityOf = async (page: Page, selector: string) =>
  Number(await page.evaluate(`getComputedStyle(document.querySelector(${JSON.stringify(selector)})).opacity`));
const openBitmaps = async (page: Page) => Number(await page.evaluate("openBitmaps"));

liveTest("live comes first, the newest picture is drawn at once, and nobody complains", (server) => {
  twoSources(server);
  // Sent before anybody watched.
  for (const id of [1, 2]) server.sendPicture(id);
}, async (page, server, watch) => {
  await waitFor(async () => isRed(await pixel(page, canvas(1))), { what: "a red picture" });
  await waitFor(async () => isBlue(await pixel(page, canvas(2))), { what: "a blue picture" });
  assertEquals(server.watched, [1, 2]);
  assertMatch(await page.locator(card(2)).innerText(), /heat[\s\S]*Live[\s\S]*Infrared/);
  assertEquals(await openBitmaps(page), 2);
  assertEquals(watch, { complaints: [], strangers: [] });
});

liveTest(
  "a frozen source turns stale by itself, and its picture says how old it is",
  twoSources,
  async (page, server) => {
    server.play(1, 20);
    server.play(2, 20);
    const badge = (id: number) => page.locator(`${card(id)} .badge`).innerText();
    await waitFor(async () => await badge(1) === "Live" && await badge(2) === "Live", { what: "both live" });
    server.freeze(1);
    await waitFor(async () => await badge(1) === "Stale", { what: "the frozen one stale" });
    assertMatch(await page.locator(`${card(1)} .picture-note`).innerText(), /Picture is \d(\.0)? s old/);
    assertEquals(await badge(2), "Live");
    await waitFor(async () => await opacityOf(page, canvas(1)) < 0.6, { what: "the picture dimmed" });
    server.play(1, 20);
    await waitFor(async () => await badge(1) === "Live", { what: "it live again" });
    server.change(1, { state: "offline" });
    await waitFor(async () => await badge(1) === "Offline", { what: "it offline" });
  },
);

liveTest(
  "a lost connection is shown on every card, whose picture is dimmed and whose text is not",
  twoSources,
  async (page, server) => {
    server.play(1, 20);
    server.play(2, 20);
    await page.locator(`${card(1)} .badge`, { hasText: "Live" }).waitFor();
    await server.stop();
    await page.locator(`${card(1)} .badge`, { hasText: "Unknown" }).waitFor();
    await page.locator(`${card(2)} .badge`, { hasText: "Unknown" }).waitFor();
    await waitFor(async () => await opacityOf(page, canvas(1)) < 0.6, { what: "the picture dimmed" });
    assertEquals(await opacityOf(page, card(1)), 1, "its text keeps its contrast");
  },
);

liveTest(
  "a hidden page watches nothing, and gets the newest picture when it is back",
  twoSources,
  async (page, server) => {
    server.sendPicture(1);
    await waitFor(() => server.watched.length === 2, { what: "both watched" });
    const hide = (hidden: boolean) =>
      page.evaluate(`Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));`);
    await hide(true);
    await waitFor(() => server.watched.length === 0, { what: "nothing watched" });
    server.pictures.set(1, BLUE);
    server.sendPicture(1);
    assert(isRed(await pixel(page, canvas(1))), "it got nothing while hidden");
    await hide(false);
    await waitFor(async () => isBlue(await pixel(page, canvas(1))), { what: "the newest picture" });
  },
);

liveTest("only cards in view are watched", (server) => {
  server.sources = Array.from({ length: 40 }, (_, i) => madeUpSource(i + 1));
}, async (page, server) => {
  await waitFor(() => server.watched.length > 0, { what: "something watched" });
  assert(server.watched.length < 20, `${server.watched.length}`);
  assert(server.watched.includes(1));
  await page.locator(card(40)).scrollIntoViewIfNeeded();
  await waitFor(() => server.watched.includes(40) && !server.watched.includes(1), { what: "those at the end watched" });
});

liveTest("boxes of a result are drawn over its picture, and its reasons are told", twoSources, async (page, server) => {
  server.sendPicture(1);
  await waitFor(async () => isRed(await pixel(page, canvas(1))), { what: "a red picture" });
  const box = { x: 0.25, y: 0.5, width: 0.5, height: 0.3, label: "", score: null };
  const result = { result: "defect" as const, reasons: ["scratch"], boxes: [box], measures: {}, tookMs: 1 };
  server.say({ type: "result", source: 1, run: server.run, sequence: server.sequence(1) + 1, result });
  await page.locator(`${card(1)} .verdict`, { hasText: "Defect" }).waitFor();
  assert(isRed(await pixel(page, canvas(1), 0.5, 0.5)), "the picture of this result is still to come");
  server.sendPicture(1);
  const isBox = ([r = 0, g = 0]: number[]) => r > 200 && g > 60;
  await waitFor(async () => isBox(await pixel(page, canvas(1), 0.5, 0.5)), { what: "the upper edge of the box" });
  assert(isRed(await pixel(page, canvas(1), 0.5, 0.65)), "nothing is drawn inside of it");
  await page.locator(`${card(1)} button.verdict`).click();
  await page.getByRole("tooltip").getByText("scratch").waitFor();
});

liveTest("opens by keyboard, closes by Escape, and the focus comes back", twoSources, async (page, server) => {
  server.play(1, 10);
  const link = page.getByRole("link", { name: "Open front of press-4" });
  await link.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "front" }).waitFor();
  assertMatch(page.url(), /#source=1$/);
  await waitFor(() => server.watched.join() === "1", { what: "this one watched alone" });
  await waitFor(async () => isRed(await pixel(page, ".screen canvas")), { what: "its picture" });
  assertMatch(await page.getByRole("complementary", { name: "Figures" }).innerText(), /Latency[\s\S]*ms/);
  await page.keyboard.press("Escape");
  await waitFor(
    async () => await page.evaluate("document.activeElement.getAttribute('aria-label')") === "Open front of press-4",
    { what: "the focus back" },
  );
});

liveTest(
  "a pair is of the same instant, its skew is told, one lies over the other",
  twoSources,
  async (page, server) => {
    const takenMs = () => Date.now();
    server.play(1, 20, () => ({ timeMs: takenMs() }));
    server.play(2, 20, () => ({ timeMs: takenMs() - 300 }));
    await page.getByRole("link", { name: "Visible and infrared of press-4 side by side" }).click();
    // The second is 300 ms behind: of the first, the picture of 300 ms ago is shown with it.
    const skew = async () => Number(/skew [+−]?(\d+) ms/.exec(await page.locator(".skew").innerText())?.[1] ?? NaN);
    await waitFor(async () => await skew() <= 60, { what: "a skew below 60 ms" });
    assert(isRed(await pixel(page, ".screen:nth-child(1) canvas")));
    assert(isBlue(await pixel(page, ".screen:nth-child(2) canvas")));
    await page.getByRole("button", { name: "Overlay" }).click();
    const isPurple = ([r = 0, g = 0, b = 0]: number[]) => r > 90 && r < 170 && g < 60 && b > 90 && b < 170;
    await waitFor(async () => isPurple(await pixel(page, ".screen canvas")), { what: "both colours" });
    const slider = page.getByRole("slider", { name: "Opacity of heat" });
    await slider.fill("100");
    await waitFor(async () => isBlue(await pixel(page, ".screen canvas")), { what: "the second alone" });
    await slider.fill("0");
    await waitFor(async () => isRed(await pixel(page, ".screen canvas")), { what: "the first alone" });
    assert(await openBitmaps(page) <= 2 * 10 + 2);
    server.freeze(1);
    await page.getByText("Not the same instant").waitFor();
    await page.keyboard.press("Escape");
    await page.locator(card(2)).waitFor();
    await waitFor(async () => await openBitmaps(page) <= 2, { what: "the kept pictures closed" });
  },
);

liveTest("after a lost connection what is looked at is asked for again", twoSources, async (page, server) => {
  server.sendPicture(1);
  await waitFor(async () => isRed(await pixel(page, canvas(1))), { what: "a red picture" });
  const asked = server.watches.length;
  server.pictures.set(1, BLUE);
  server.hangUp();
  await waitFor(() => server.watches.length > asked && server.watched.length === 2, { what: "both asked for again" });
  await waitFor(async () => isBlue(await pixel(page, canvas(1))), { what: "the newest picture" });
});

liveTest("clips have a part of their own, and the address of a clip leads to it", (server) => {
  twoSources(server);
  server.clips = [madeUpClip("abc", { name: "weld.mp4", state: "stored", size: 1 })];
}, async (page) => {
  const sections = page.getByRole("navigation", { name: "Sections" });
  assertMatch(await sections.locator("[aria-current=page]").innerText(), /^Cameras\s+2$/);
  await sections.getByRole("link", { name: "Clips" }).click();
  await page.getByRole("heading", { name: "weld.mp4" }).waitFor();
  assertEquals(await page.locator(".source-card").count(), 0);
  await page.goBack();
  await page.locator(card(1)).waitFor();
  await page.evaluate("location.hash = 'abc'");
  await page.locator("[data-id=abc][data-aimed]").waitFor();
});

Deno.test({
  name: "live page: fits a phone, is large enough to touch, and runs nothing that a box gave as a name",
  ignore,
  fn: () =>
    withLiveServer(async (server) => {
      const evil = ["<img src=x onerror=alert(1)>", "x".repeat(128), '"><script>alert(1)</script>', "\u202egpj"];
      server.sources = evil.map((source, i) =>
        madeUpSource(i + 1, { device: "box " + evil[0], source, kind: i === 1 ? "infrared" : "visible" })
      );
      for (const { id } of server.sources) {
        server.pictures.set(id, RED);
        server.sendPicture(id);
      }
      server.timeline = {
        spans: [],
        gaps: [{ fromMs: Date.now() - 60_000, toMs: null, frames: 3, reason: "camera", count: 1 }],
      };
      const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
      await withPage(server.url, async (page, watch) => {
        for (const hash of ["live", "source=1", "source=2", "pair=1,2"]) {
          await page.goto(`${server.url}/#${hash}`);
          await page.locator(hash === "live" ? ".source-card" : ".gaps").first().waitFor();
          const result = {
            result: "defect" as const,
            reasons: evil,
            boxes: [],
            measures: { [evil[0]!]: evil[0]! },
            tookMs: 1,
          };
          server.say({ type: "result", source: 1, run: server.run, sequence: 1, result });
          if (hash !== "source=2") await page.locator(".verdict[data-verdict=defect]").first().waitFor();
          assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 360, hash);
          const small = await page.evaluate(
            `[...document.querySelectorAll("main button:not(.verdict), main a, main input")]
            .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
            .filter(([, { width, height }]) => width < 43.5 || height < 43.5).map(([html]) => html)`,
          );
          assertEquals(small, [], hash);
          assertEquals(await page.locator("main img, main script").count(), 0);
        }
        assertEquals(watch, { complaints: [], strangers: [] });
      }, phone);
    }),
});
