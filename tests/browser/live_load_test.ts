/** Eight cameras at once. */
import { assert } from "@std/assert";
import { browserMissing, withPage } from "../helpers/browser.ts";
import { HAS_FFMPEG } from "../helpers/make_media.ts";
import { madeUpSource, makePictures, withLiveServer } from "../helpers/made_up_live_server.ts";
import { waitFor } from "../helpers/wait_for.ts";

const SOURCES = 8;
const FPS = 30;
/** Pictures of each source: twenty seconds. */
const PICTURES = 20 * FPS;

const COUNT = `
  globalThis.bitmaps = { open: 0, most: 0, made: 0 };
  const make = createImageBitmap;
  globalThis.createImageBitmap = async (...args) => {
    const bitmap = await make(...args);
    bitmaps.made++;
    bitmaps.most = Math.max(bitmaps.most, ++bitmaps.open);
    return bitmap;
  };
  const close = ImageBitmap.prototype.close;
  ImageBitmap.prototype.close = function () {
    if (this.width > 0) bitmaps.open--;
    close.call(this);
  };
`;

Deno.test({
  name: "live page: eight sources at 30 a second leave no picture open but the newest of each",
  ignore: browserMissing() || !HAS_FFMPEG,
  fn: () =>
    withLiveServer(async (server) => {
      const pictures = await makePictures("testsrc2=size=640x360:rate=30", 30);
      for (let id = 1; id <= SOURCES; id++) {
        server.sources.push(madeUpSource(id));
        server.pictures.set(id, pictures);
      }
      const viewport = { width: 1600, height: 1100 };
      await withPage(server.url, async (page, watch) => {
        await page.addInitScript(COUNT);
        await page.goto(server.url);
        await waitFor(() => server.watched.length === SOURCES, { what: "all of them watched" });
        for (let id = 1; id <= SOURCES; id++) server.play(id, FPS);
        await waitFor(() => server.sequence(SOURCES) >= PICTURES, { what: "all pictures sent", deadlineMs: 120_000 });
        for (let id = 1; id <= SOURCES; id++) server.freeze(id);
        const counts = async () => await page.evaluate("bitmaps") as { open: number; most: number; made: number };
        await waitFor(async () => (await counts()).open === SOURCES, { what: "one picture open for each" });
        const { most, made } = await counts();
        // One drawn and one just decoded; never one for each picture.
        assert(most <= 2 * SOURCES, `${most} pictures open at once`);
        assert(made > 10 * SOURCES, `${made} pictures drawn`);
        assert(watch.complaints.length === 0, watch.complaints.join());
      }, { viewport });
    }),
});
