/** Whole clips show a picture of themselves, over one connection, and only those that are looked at. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { browserMissing, withPage } from "../helpers/browser.ts";
import { madeUpClip } from "../helpers/made_up_library.ts";
import { withViewer } from "../helpers/viewer_fixture.ts";
import { waitFor } from "../helpers/wait_for.ts";

const MP4 = await Deno.readFile(new URL("../../assets/demo.mp4", import.meta.url));

Deno.test({
  name: "page: cards in view get a picture, one after the other; those out of view and those not whole ask for nothing",
  ignore: browserMissing(),
  fn: () =>
    withViewer(async ({ library, url }) => {
      for (let n = 0; n < 40; n++) library.addStored(`c${n}`, MP4, { name: `clip ${n}.mp4`, createdMs: n + 1 });
      library.add(madeUpClip("part", { name: "part.mp4", size: MP4.length, createdMs: 100 }), MP4);
      await withPage(url, async (page, watch) => {
        let open = 0;
        let openMax = 0;
        const asked = new Set<string>();
        page.on("request", (request) => {
          const id = /clips\/(\w+)\/content/.exec(request.url())?.[1];
          if (id !== undefined) asked.add(id), openMax = Math.max(openMax, ++open);
        });
        page.on("requestfinished", (request) => void (request.url().includes("/content") && open--));
        page.on("requestfailed", (request) => void (request.url().includes("/content") && open--));
        await page.goto(url);
        const drawn = () => page.locator("canvas[data-drawn]").count();
        await waitFor(async () => await drawn() >= 4, { what: "pictures of the clips in view" });
        const colors = await page.evaluate(`(() => {
          const canvas = document.querySelector('canvas[data-drawn]');
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          return new Set(new Uint32Array(data.buffer)).size;
        })()`) as number;
        assert(colors > 8, `a picture has more than ${colors} colours`);
        assert(!asked.has("part"), "what is not whole is not asked for");
        assertLess(asked.size, 25, "nor is what is far out of view");
        assertLess(openMax, 4, "one clip at a time");
        assertEquals(watch, { complaints: [], strangers: [] });
      });
      await waitFor(() => library.openReaders === 0, { what: "all readers to be closed" });
    }),
});
