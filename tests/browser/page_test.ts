import { assert, assertEquals, assertMatch } from "@std/assert";
import { browserMissing, withPage } from "../helpers/browser.ts";
import { madeUpClip } from "../helpers/made_up_library.ts";
import { madeUpDevice, type ViewerFixture, withViewer } from "../helpers/viewer_fixture.ts";

const ignore = browserMissing();

/** A test with a server and a page on it. */
function pageTest(name: string, test: (fixture: ViewerFixture) => Promise<void>): void {
  Deno.test({ name: `page: ${name}`, ignore, fn: () => withViewer(test) });
}

function fill({ library }: ViewerFixture): void {
  const now = Date.now();
  const held = [{ start: 0, end: 300_000 }, { start: 900_000, end: 1_000_000 }];
  library.add(madeUpClip("arr", { name: "line.mp4", size: 1_000_000, held, rate: 100_000, createdMs: now - 1_000 }));
  const since = { createdMs: now - 2_000, updatedMs: now };
  library.add(
    madeUpClip("int", { name: "dash.mov", device: "truck", state: "interrupted", size: 1_000, held, ...since }),
  );
  library.addStored("sto", new Uint8Array(5), { name: "dir/weld.mp4", createdMs: now - 3_000 });
  const file = { name: "log.csv", mediaType: "application/octet-stream", createdMs: now - 4_000 };
  library.addStored("csv", new Uint8Array(5), file);
  library.add(madeUpClip("mis", { name: "gone.mp4", state: "missing", size: 5, createdMs: now - 5_000 }));
}

pageTest(
  "shows every state for what it is, newest first, without a complaint or a strange request",
  async (fixture) => {
    fill(fixture);
    fixture.devices = [madeUpDevice("press-4"), madeUpDevice("truck", { connections: 0 })];
    await withPage(fixture.url, async (page, watch) => {
      await page.goto(fixture.url);
      await page.waitForSelector(".card");
      const names = await page.locator(".card h2").allTextContents();
      assertEquals(names, ["line.mp4", "dash.mov", "weld.mp4", "log.csv", "gone.mp4"]);
      const card = (id: string) => page.locator(`[data-id=${id}]`).innerText();
      assertMatch(await card("arr"), /Arriving[\s\S]*40 %[\s\S]*100 kB\/s[\s\S]*6 s left/);
      assertMatch(await card("int"), /Interrupted[\s\S]*Waiting for the box: .* kept, since \d\d:\d\d/);
      assertMatch(await card("sto"), /Whole[\s\S]*Verified[\s\S]*abababab…[\s\S]*Download/);
      assertMatch(await card("csv"), /CSV[\s\S]*Download/);
      assertMatch(await card("mis"), /Missing[\s\S]*gone/);
      const ranges = page.locator("[data-id=arr] .bar-range");
      assertEquals(await ranges.count(), 2);
      assertMatch(await ranges.nth(1).getAttribute("style") ?? "", /left: 90%/);
      assertEquals(await page.locator("video").count(), 0, "no player, so no connection, before it is asked for");
      assertEquals(await page.locator('.chip [data-online="true"]').count(), 1);
      assertEquals(watch, { complaints: [], strangers: [] });
    });
  },
);

pageTest("moves while a clip arrives, and says when it is whole", async (fixture) => {
  fill(fixture);
  await withPage(fixture.url, async (page) => {
    await page.goto(fixture.url);
    const card = page.locator("[data-id=arr]");
    await card.getByText("40 %").waitFor();
    fixture.library.change("arr", { held: [{ start: 0, end: 750_000 }] });
    await card.getByText("75 %").waitFor();
    assertEquals(await card.getByRole("progressbar").getAttribute("aria-valuenow"), "75");
    const before = await card.boundingBox();
    fixture.library.change("arr", { state: "stored", sha256: "cd".repeat(32), held: [{ start: 0, end: 1_000_000 }] });
    await card.getByText("Whole").waitFor();
    assertEquals(await card.boundingBox(), before, "nothing moves when an upload ends");
    await page.getByText("line.mp4 has arrived whole").waitFor({ state: "attached" });
    fixture.library.add(madeUpClip("new", { name: "new.mp4", size: 5, createdMs: Date.now() }));
    await page.locator(".card:first-child", { hasText: "new.mp4" }).waitFor();
    fixture.library.remove("new");
    await page.locator("[data-id=new]").waitFor({ state: "detached" });
  });
});

pageTest("filters by name and box, by mouse and keyboard", async (fixture) => {
  fill(fixture);
  fixture.devices = [madeUpDevice("press-4"), madeUpDevice("truck")];
  await withPage(fixture.url, async (page) => {
    await page.goto(fixture.url);
    await page.waitForSelector(".card");
    await page.keyboard.press("/");
    await page.keyboard.type("WELD");
    assertEquals(await page.locator(".card h2").allTextContents(), ["weld.mp4"]);
    await page.getByText("1 of 5 clips").waitFor();
    await page.keyboard.press("Escape");
    assertEquals(await page.locator(".card").count(), 5);
    await page.getByRole("button", { name: "truck" }).click();
    assertEquals(await page.locator(".card h2").allTextContents(), ["dash.mov"]);
    await page.locator("input").fill("nothing like that");
    await page.getByRole("button", { name: "Show all clips" }).click();
    assertEquals(await page.locator(".card").count(), 5);
  });
});

pageTest("runs nothing that a box gave as a name", async (fixture) => {
  const corpus = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "</title><script src=https://evil.example/x.js></script>",
    "&lt;b&gt;",
    "\u202egpj.exe",
    "a\nb\tc\u0000d",
    "x".repeat(1024),
  ];
  fixture.devices = corpus.slice(0, 6).map((name) => madeUpDevice(name, { address: name, software: name }));
  for (const [i, name] of corpus.entries()) {
    fixture.library.addStored(`x${i}`, new Uint8Array(5), { name, device: name, mediaType: name, createdMs: i });
  }
  await withPage(fixture.url, async (page, watch) => {
    await page.goto(fixture.url);
    await page.waitForSelector(".card");
    assertEquals(await page.locator(".card").count(), corpus.length);
    assertEquals(await page.locator(".card script, .card img, .chip svg, main script").count(), 0);
    assertEquals(await page.locator("[data-id=x0] .fact-device").textContent(), corpus[0]);
    assertEquals(await page.locator("[data-id=x6] h2").textContent(), "&lt;b&gt;");
    fixture.library.change("x0", { state: "missing" });
    await page.locator("[data-id=x0]").getByText("Missing").waitFor();
    const download = page.waitForEvent("download");
    await page.locator("[data-id=x1] a").click();
    assertEquals((await download).suggestedFilename().includes("/"), false);
    const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
    assert(Number(overflow) <= 0, `${overflow} px too wide`);
    assertEquals(watch, { complaints: [], strangers: [] });
  });
});

pageTest("downloads with the original name", async (fixture) => {
  fill(fixture);
  await withPage(fixture.url, async (page) => {
    await page.goto(fixture.url);
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download dir/weld.mp4" }).click();
    assertEquals((await download).suggestedFilename(), "weld.mp4");
  });
});

pageTest("loads older clips, and keeps them right", async (fixture) => {
  for (let i = 0; i < 250; i++) fixture.library.add(madeUpClip(`c${i}`, { state: "interrupted", createdMs: i }));
  await withPage(fixture.url, async (page) => {
    await page.goto(fixture.url);
    await page.waitForSelector(".card");
    assertEquals(await page.locator(".card").count(), 200);
    await page.getByRole("button", { name: "Show older clips" }).click();
    await page.locator("[data-id=c0]").waitFor();
    assertEquals(await page.locator(".card").count(), 250);
    assertEquals(await page.locator(".older").count(), 0);
  });
});

pageTest("says what to type when there is nothing yet", async (fixture) => {
  await withPage(fixture.url, async (page, watch) => {
    await page.goto(fixture.url);
    await page.getByText("deno task send --file clip.mp4").waitFor();
    fixture.library.add(madeUpClip("a", { name: "first.mp4", size: 5 }));
    await page.getByRole("heading", { name: "first.mp4" }).waitFor();
    assertEquals(watch, { complaints: [], strangers: [] });
  });
});

pageTest("fits a phone 360 px wide, and everything is large enough to touch", async (fixture) => {
  fill(fixture);
  fixture.devices = [madeUpDevice("press-4"), madeUpDevice("a".repeat(128)), madeUpDevice("truck")];
  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
  await withPage(fixture.url, async (page) => {
    await page.goto(fixture.url);
    await page.waitForSelector(".card");
    assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 360);
    const small = await page.evaluate(`[...document.querySelectorAll("button, a, input")]
      .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
      .filter(([, { width, height }]) => width < 43.5 || height < 43.5).map(([html]) => html)`);
    assertEquals(small, []);
    const outside = await page.evaluate(`[...document.querySelectorAll(".card *")]
      .filter((element) => element.getBoundingClientRect().right > element.closest(".card").getBoundingClientRect().right + 1)
      .map((element) => element.outerHTML.slice(0, 80))`);
    assertEquals(outside, []);
  }, phone);
});
