import { assertEquals } from "@std/assert";
import { shownState, staleAfterMs } from "../../../../lib/viewer/page/live/staleness.ts";

const NOW = 1_000_000;
const LIVE = { state: "live", isConnected: true, pictureMs: NOW - 100, intervalMs: 40, nowMs: NOW } as const;

Deno.test("a frozen picture turns stale though the server still says live", () => {
  assertEquals(shownState(LIVE), "live");
  assertEquals(shownState({ ...LIVE, pictureMs: NOW - 3_000 }), "live");
  assertEquals(shownState({ ...LIVE, pictureMs: NOW - 3_001 }), "stale");
});

Deno.test("a slow source has three of its own intervals", () => {
  assertEquals([staleAfterMs(null), staleAfterMs(40), staleAfterMs(5_000)], [3_000, 3_000, 15_000]);
  assertEquals(staleAfterMs(Infinity), 180_000);
  assertEquals(shownState({ ...LIVE, intervalMs: 5_000, pictureMs: NOW - 14_000 }), "live");
  assertEquals(shownState({ ...LIVE, intervalMs: 5_000, pictureMs: NOW - 16_000 }), "stale");
});

Deno.test("a new picture is live before the server says so, but not when the source has ended", () => {
  assertEquals(shownState({ ...LIVE, state: "stale" }), "live");
  assertEquals(shownState({ ...LIVE, state: "stopped" }), "stopped");
  assertEquals(shownState({ ...LIVE, state: "offline" }), "offline");
});

Deno.test("without a connection nothing is known, without a picture the server's word counts", () => {
  assertEquals(shownState({ ...LIVE, isConnected: false }), "unknown");
  assertEquals(shownState({ ...LIVE, isConnected: false, state: "offline" }), "unknown");
  assertEquals(shownState({ ...LIVE, pictureMs: null }), "live");
  assertEquals(shownState({ ...LIVE, pictureMs: null, state: "stale" }), "stale");
});
