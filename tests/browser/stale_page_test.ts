import { assert, assertEquals, assertMatch } from "@std/assert";
import { browserMissing, withPage } from "../helpers/browser.ts";
import { madeUpClip } from "../helpers/made_up_library.ts";
import { madeUpDevice, withViewer } from "../helpers/viewer_fixture.ts";
import { waitFor } from "../helpers/wait_for.ts";

const ignore = browserMissing();

Deno.test({
  name: "page: a stopped server is told at once, and after a restart the page is right again",
  ignore,
  fn: () =>
    withViewer(async (fixture) => {
      const held = [{ start: 0, end: 400 }];
      fixture.library.add(madeUpClip("a", { size: 1_000, held, rate: 100, createdMs: Date.now() }));
      fixture.devices = [madeUpDevice("press-4")];
      await withPage(fixture.url, async (page, watch) => {
        await page.goto(fixture.url);
        const card = page.locator("[data-id=a]");
        await card.getByText("100 B/s").waitFor();
        assertEquals(watch.complaints, []);
        await fixture.stop();
        const banner = page.getByRole("alert");
        await banner.waitFor();
        assertMatch(await banner.innerText(), /Not connected to the server since \d\d:\d\d:\d\d[\s\S]*may be old/);
        const text = await card.innerText();
        assert(!/B\/s|left|^Arriving/m.test(text), `rate, time left and live badge are gone: ${text}`);
        assertEquals(await page.locator(".link").innerText(), "Not connected");
        assertEquals(await page.locator('.chip [data-online="unknown"]').count(), 1);
        const opacity = () => page.evaluate("Number(getComputedStyle(document.querySelector('.card')).opacity)");
        await waitFor(async () => Number(await opacity()) < 0.7, { what: "dimmed cards" });
        fixture.library.change("a", { state: "interrupted", rate: 0 });
        fixture.library.add(madeUpClip("b", { name: "later.mp4", size: 5, createdMs: Date.now() }));
        await fixture.start();
        await page.getByRole("heading", { name: "later.mp4" }).waitFor();
        await card.getByText("Interrupted").waitFor();
        assertEquals(await banner.count(), 0);
        assertEquals(watch.strangers, []);
      });
    }),
});

Deno.test({
  name: "page: a connection which says nothing any more is told as lost",
  ignore,
  fn: () =>
    withViewer(async (fixture) => {
      fixture.library.add(madeUpClip("a", { size: 1_000, createdMs: Date.now() }));
      await withPage(fixture.url, async (page) => {
        await page.clock.install();
        // The server goes on talking, but nothing reaches the page after its first snapshot.
        let silent = false;
        await page.routeWebSocket(/\/ws$/, (socket) => {
          if (silent) return;
          const server = socket.connectToServer();
          server.onMessage((message) => {
            if (!silent) socket.send(message);
            silent = true;
          });
        });
        await page.goto(fixture.url);
        await page.locator("[data-id=a]").waitFor();
        await page.clock.runFor(13_000);
        assertEquals(await page.getByRole("alert").count(), 0);
        await page.clock.runFor(4_000);
        await page.getByRole("alert").waitFor();
      });
    }),
});

Deno.test({
  name: "page: one made by another version of the server loads itself anew, once",
  ignore,
  fn: () =>
    withViewer(async (fixture) => {
      fixture.library.add(madeUpClip("a", { size: 1_000, createdMs: Date.now() }));
      await withPage(fixture.url, async (page) => {
        let loads = 0;
        page.on("request", (request) => {
          if (request.url() === `${fixture.url}/`) loads++;
        });
        await page.addInitScript(`document.addEventListener("readystatechange", () => {
          document.documentElement.dataset.pageHash = "of-old";
        })`);
        await page.goto(fixture.url);
        await page.getByText("newer version of this page").waitFor();
        assertEquals(loads, 2);
      });
    }),
});
