/** The address which `send` prints at its end leads to that clip. */
import { assert } from "@std/assert";
import { browserMissing, withPage } from "../helpers/browser.ts";
import { withViewer } from "../helpers/viewer_fixture.ts";
import { waitFor } from "../helpers/wait_for.ts";

Deno.test({
  name: "page: an address with a clip's id shows that clip among many, also when it changes",
  ignore: browserMissing(),
  fn: () =>
    withViewer(async ({ library, url }) => {
      for (let n = 0; n < 40; n++) {
        library.addStored(`c${n}`, new Uint8Array(5), { name: `clip ${n}`, createdMs: n + 1 });
      }
      await withPage(`${url}/`, async (page) => {
        const inView = (id: string) =>
          page.evaluate(`(() => {
            const card = document.querySelector('[data-id=${id}][data-aimed]');
            const box = card?.getBoundingClientRect();
            return box !== undefined && box.top >= 0 && box.bottom <= innerHeight;
          })()`) as Promise<boolean>;
        await page.goto(`${url}/#c3`);
        await waitFor(() => inView("c3"), { what: "clip c3 in view" });
        await page.evaluate("location.hash = 'c39'");
        await waitFor(() => inView("c39"), { what: "clip c39 in view" });
        assert(!await inView("c3"));
      });
    }),
});
