import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { browserMissing, withPage } from "../helpers/browser.ts";
import { madeUpClip } from "../helpers/made_up_library.ts";
import { type ViewerFixture, withViewer } from "../helpers/viewer_fixture.ts";
import { waitFor } from "../helpers/wait_for.ts";

const ignore = browserMissing();
/** 60 seconds, its index at the end. */
const MP4 = await Deno.readFile(new URL("../../assets/demo.mp4", import.meta.url));

function playerTest(name: string, test: (fixture: ViewerFixture) => Promise<void>): void {
  Deno.test({ name: `player: ${name}`, ignore, fn: () => withViewer(test) });
}

/** Lets `part` of the clip be there, besides its last 96 KiB, which hold the index. */
function held(part: number) {
  return [{ start: 0, end: Math.floor(MP4.length * part) }, { start: MP4.length - 98_304, end: MP4.length }];
}

const timeOf = (page: Page) => page.evaluate("document.querySelector('video')?.currentTime ?? -1") as Promise<number>;

async function playsPast(page: Page, seconds: number): Promise<void> {
  await waitFor(async () => await timeOf(page) > seconds, { what: `playback past ${seconds} s` });
}

playerTest("plays a clip while it arrives, says what it waits for, and goes on", async (fixture) => {
  const { library, url } = fixture;
  library.add(madeUpClip("a", { name: "demo.mp4", size: MP4.length, held: held(0.3), createdMs: Date.now() }), MP4);
  await withPage(url, async (page, watch) => {
    await page.goto(url);
    await page.getByRole("button", { name: "Play demo.mp4" }).focus();
    await page.keyboard.press("Enter");
    await playsPast(page, 1);
    assertEquals(await page.evaluate("document.activeElement.tagName"), "VIDEO", "the keyboard is not lost");
    await page.evaluate("document.querySelector('video').currentTime = 16");
    const note = page.getByText("Waiting for bytes from the box");
    await page.evaluate("document.querySelector('video').playbackRate = 4");
    await note.waitFor();
    library.change("a", { held: held(1) });
    await note.waitFor({ state: "detached" });
    await playsPast(page, 22);
    assertEquals(watch, { complaints: [], strangers: [] });
  });
  await waitFor(() => library.openReaders === 0, { what: "all readers closed after the page is gone" });
});

playerTest("one clip plays at a time, and the other gives its connection back", async (fixture) => {
  const { library, url } = fixture;
  library.add(madeUpClip("a", { name: "a.mp4", size: MP4.length, held: held(0.3), createdMs: 2 }), MP4);
  library.addStored("b", MP4, { name: "b.mp4", createdMs: 1 });
  await withPage(url, async (page) => {
    await page.goto(url);
    await page.getByRole("button", { name: "Play a.mp4" }).click();
    await playsPast(page, 0.2);
    assert(library.openReaders > 0);
    await page.getByRole("button", { name: "Play b.mp4" }).click();
    await page.locator("[data-id=b] video").waitFor();
    await playsPast(page, 0.2);
    assertEquals(await page.locator("video").count(), 1);
    await waitFor(() => library.openReaders <= 1, { what: "the connection of the first clip given back" });
  });
});

playerTest("goes on from the same position after the server was restarted", async (fixture) => {
  const { library, url } = fixture;
  library.add(madeUpClip("a", { name: "a.mp4", size: MP4.length, held: held(0.3), createdMs: 2 }), MP4);
  await withPage(url, async (page) => {
    await page.goto(url);
    await page.getByRole("button", { name: "Play a.mp4" }).click();
    await playsPast(page, 0.5);
    await page.evaluate("document.querySelector('video').currentTime = 17");
    await page.evaluate("document.querySelector('video').playbackRate = 4");
    await page.getByText("Waiting for bytes from the box").waitFor();
    await fixture.stop();
    await page.getByText("playback goes on when it is back").waitFor();
    library.change("a", { held: held(1) });
    await fixture.start();
    await playsPast(page, 24);
  });
});

playerTest("says of a whole clip which this browser cannot play that it cannot, and offers it", async (fixture) => {
  const { library, url } = fixture;
  library.addStored("a", new Uint8Array(5_000), { name: "odd.mp4" });
  await withPage(url, async (page) => {
    await page.goto(url);
    await page.getByRole("button", { name: "Play odd.mp4" }).click();
    await page.getByText("This browser cannot play this clip").waitFor();
    await page.getByRole("link", { name: "Download odd.mp4" }).waitFor();
  });
});
