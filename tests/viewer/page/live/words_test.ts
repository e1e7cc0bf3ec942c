import { assertEquals } from "@std/assert";
import { exportUrl, progressWords } from "../../../../lib/viewer/page/live/export_links.ts";
import { placeOf, readingsAddress } from "../../../../lib/viewer/page/live/address.ts";
import { formatRate, formatShort, gapText, lostLines } from "../../../../lib/viewer/page/live/words.ts";
import { madeUpSource } from "../../../helpers/made_up_live_server.ts";

Deno.test("short times and rates have the digits that one reads", () => {
  assertEquals([0, 0.4, -0.4, 41.6, 999.4, 999.5].map(formatShort), [
    "0 ms",
    "0 ms",
    "0 ms",
    "42 ms",
    "999 ms",
    "1.0 s",
  ]);
  assertEquals([1_420, -1_420, 14_000, 200_000].map(formatShort), ["1.4 s", "−1.4 s", "14 s", "3 min"]);
  assertEquals([0, 0.1, 29.97, 120].map(formatRate), ["0", "0.10", "30.0", "120"]);
});

Deno.test("every loss has its reason, and none is told where there is none", () => {
  assertEquals(lostLines(madeUpSource(1), 0), []);
  const view = madeUpSource(1, { dropped: { link: 1, offline: 2, disk: 0, camera: 3 }, skipped: 4 });
  assertEquals(lostLines(view, 5).map(({ count }) => count), [1, 2, 3, 4, 5]);
  assertEquals(lostLines(view, 0)[0]?.reason, "dropped by the box: link too slow");
});

Deno.test("an address says what to show; what it does not know is a clip", () => {
  assertEquals(placeOf(""), { name: "start" });
  assertEquals(placeOf("#live"), { name: "live" });
  assertEquals(placeOf("#clips"), { name: "clips", clipId: null });
  assertEquals(placeOf("#source=12"), { name: "source", ids: [12], atMs: null });
  assertEquals(placeOf("#source=12@1700000000123"), { name: "source", ids: [12], atMs: 1700000000123 });
  assertEquals(placeOf("#readings"), { name: "readings", feeds: null, span: null });
  assertEquals(placeOf("#events"), { name: "readings", feeds: null, span: null });
  assertEquals(placeOf("#feed=3,14"), { name: "readings", feeds: [3, 14], span: null });
  assertEquals(placeOf("#feed="), { name: "readings", feeds: [], span: null });
  assertEquals(placeOf("#readings@3600000"), { name: "readings", feeds: null, span: { lastMs: 3_600_000 } });
  const span = { fromMs: 1_700_000_000_000, toMs: 1_700_000_060_000 };
  assertEquals(placeOf("#feed=3@1700000000000-1700000060000"), { name: "readings", feeds: [3], span });
  for (const text of ["#readings@", "#readings@-5", "#feed=3@1-2-3", "#readings@1e5"]) {
    assertEquals(placeOf(text), { name: "start" }, text);
  }
  assertEquals(placeOf("#boxes"), { name: "boxes" });
  assertEquals(placeOf("#pair=3,4"), { name: "pair", ids: [3, 4] });
  assertEquals(placeOf("#533d19f3-_"), { name: "clips", clipId: "533d19f3-_" });
  assertEquals(placeOf('#"><img>'), { name: "start" });
});

Deno.test("the address of readings is read as it was written", () => {
  for (const ids of [null, [], [3, 14]]) {
    for (const span of [null, { lastMs: 5_000 }, { fromMs: 10, toMs: 20 }]) {
      assertEquals(placeOf(readingsAddress(ids, span)), { name: "readings", feeds: ids, span });
    }
  }
});

Deno.test("an export holds the whole span, and names which survive an address", () => {
  const url = new URL(
    exportUrl({ device: "a&b", source: "ü/ +" }, { fromMs: 1_000.7, toMs: 2_000.2 }, "zip"),
    "http://x",
  );
  assertEquals(Object.fromEntries(url.searchParams), {
    device: "a&b",
    source: "ü/ +",
    since: "1970-01-01T00:00:01.000Z",
    until: "1970-01-01T00:00:02.001Z",
    format: "zip",
  });
  assertEquals(progressWords({ state: "working", frames: 300, framesDone: 100 }), "MP4: 33 %");
});

Deno.test("gaps which are shown as one say how many they are", () => {
  const gap = { fromMs: 0, toMs: 1, frames: 1_500, reason: "link", count: 1 } as const;
  assertEquals(gapText(gap), "Dropped: link too slow: 1,500 pictures");
  assertEquals(gapText({ ...gap, count: 1_240, frames: 0 }), "Dropped: link too slow (1,240 gaps)");
});
