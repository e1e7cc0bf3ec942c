/** The timeline of a source, in a real browser. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { FrameView } from "../../lib/viewer/frame_library.ts";
import { browserMissing, withPage } from "../helpers/browser.ts";
import { HAS_FFMPEG } from "../helpers/make_media.ts";
import { type MadeUpLiveServer, madeUpSource, makePictures, withLiveServer } from "../helpers/made_up_live_server.ts";
import { waitFor } from "../helpers/wait_for.ts";

const ignore = browserMissing() || !HAS_FFMPEG;
const FRAMES = 10;
const STEP_MS = 10_000;

/** Frames of two sources, ten seconds apart, and a gap of each kind of reason. */
async function fill(server: MadeUpLiveServer): Promise<number> {
  const startMs = Date.now() - FRAMES * STEP_MS;
  server.sources = [madeUpSource(1, { source: "front" }), madeUpSource(2, { source: "heat", kind: "infrared" })];
  const pictures = await makePictures("color=red:size=320x180:rate=10", 1);
  for (const id of [1, 2]) server.pictures.set(id, pictures);
  for (let i = 0; i < FRAMES; i++) {
    for (const sourceId of [1, 2]) {
      const timeMs = startMs + i * STEP_MS + sourceId * 7;
      const isDefect = i === 3;
      const frame: FrameView = {
        ...{
          id: 2 * i + sourceId,
          sourceId,
          device: "press-4",
          source: sourceId === 1 ? "front" : "heat",
          sequence: i,
        },
        ...{ name: `${i}.jpg`, capturedMs: timeMs, timeMs, receivedMs: timeMs, bytes: 100 },
        verdict: isDefect ? "defect" : "ok",
        result: {
          result: isDefect ? "defect" : "ok",
          reasons: isDefect ? ["dent"] : [],
          boxes: [],
          measures: {},
          tookMs: 1,
        },
      };
      server.frames.push(frame);
    }
  }
  server.timeline = {
    spans: [{ fromMs: startMs, toMs: Date.now(), frames: FRAMES, defects: 1 }],
    gaps: [
      { fromMs: startMs - 60_000, toMs: startMs - 40_000, frames: 12, reason: "link", count: 3 },
      { fromMs: startMs - 40_000, toMs: startMs, frames: 0, reason: "offline", count: 1 },
    ],
  };
  return startMs;
}

Deno.test({
  name: "timeline: scrubs by pointer and key, frame by frame, jumps to a defect, and goes back to live",
  ignore,
  fn: () =>
    withLiveServer(async (server) => {
      const startMs = await fill(server);
      server.play(1, 5);
      await withPage(server.url, async (page, watch) => {
        await page.goto(`${server.url}/#source=1`);
        const track = page.getByRole("slider", { name: "Time of front" });
        assertEquals(await track.getAttribute("aria-valuetext"), "Live");
        await page.locator("rect.defect-mark").waitFor({ state: "attached" });
        const position = page.locator(".position");
        const shows = (name: string) => position.getByText(`frame ${name}`).waitFor();

        await page.getByRole("button", { name: "dent" }).click();
        await shows("3.jpg");
        await page.getByText("Verdict of this frame").waitFor();
        await waitFor(() => server.watched.length === 0, { what: "nothing watched while one looks at the past" });
        await track.focus();
        await page.keyboard.press("ArrowRight");
        await shows("4.jpg");
        await page.keyboard.press("ArrowLeft");
        await shows("3.jpg");
        assertMatch(await track.getAttribute("aria-valuetext") ?? "", /^\d\d:\d\d:\d\d\.\d{3}, recorded$/);

        const box = (await track.boundingBox())!;
        await track.click({ position: { x: box.width - 1, y: 10 } });
        await shows("9.jpg");
        assert(server.requests.some((path) => path === `/frames/${2 * 9 + 1}.jpg`));

        await page.getByText("4 gaps of front").click();
        await page.getByRole("button", { name: /Dropped: link too slow.*3 gaps in 20 s, 12 pictures/ }).waitFor();
        await page.getByRole("button", { name: /Box offline/ }).click();
        await shows("0.jpg");
        assertMatch(await track.getAttribute("aria-valuetext") ?? "", /Box offline|Dropped/);

        await page.getByRole("button", { name: "Export what is shown" }).click();
        const href = await page.getByRole("link", { name: "ZIP of JPEGs" }).getAttribute("href") ?? "";
        const query = new URL(href, server.url).searchParams;
        assert(Date.parse(query.get("since")!) < startMs && query.get("format") === "zip", href);

        await page.getByRole("button", { name: "Back to live" }).click();
        await page.getByText("Showing what is live").waitFor();
        await waitFor(() => server.watched.join() === "1", { what: "the live picture again" });
        assertEquals(watch, { complaints: [], strangers: [] });
      });
    }),
});

Deno.test({
  name: "timeline: both sources of a pair go in step, and the skew of what was recorded is told",
  ignore,
  fn: () =>
    withLiveServer(async (server) => {
      await fill(server);
      await withPage(server.url, async (page) => {
        await page.goto(`${server.url}/#pair=1,2`);
        const track = page.getByRole("slider", { name: /Time of front .* and heat/ });
        await page.locator(".lane").nth(1).waitFor({ state: "attached" });
        assertEquals(await page.locator(".lane").count(), 2);
        await track.focus();
        await page.keyboard.press("ArrowLeft");
        await page.locator(".skew", { hasText: "Same instant, skew +7 ms" }).waitFor();
        const pictures = () => server.requests.filter((path) => path.startsWith("/frames/")).toSorted();
        await waitFor(() => pictures().length === 2, { what: "a picture of each" });
        assertEquals(pictures(), ["/frames/19.jpg", "/frames/20.jpg"]);
        await page.keyboard.press("ArrowLeft");
        await waitFor(() => pictures().join() === "/frames/17.jpg,/frames/18.jpg,/frames/19.jpg,/frames/20.jpg", {
          what: "the pictures before",
        });
      });
    }),
});
