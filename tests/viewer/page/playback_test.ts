import { assertEquals, assertMatch } from "@std/assert";
import {
  MEDIA_ERROR,
  retryPlaybackMs,
  troubleAfterError,
  troubleAfterStall,
  troubleText,
} from "../../../lib/viewer/page/playback.ts";

Deno.test("troubleAfterError tells a broken connection from a clip which cannot be played", () => {
  assertEquals(troubleAfterError(MEDIA_ERROR.network, "stored", true), "broken");
  assertEquals(troubleAfterError(MEDIA_ERROR.notSupported, "stored", false), "broken");
  assertEquals(troubleAfterError(MEDIA_ERROR.notSupported, "stored", true), "unplayable");
  assertEquals(troubleAfterError(MEDIA_ERROR.decode, "stored", true), "unplayable");
  assertEquals(troubleAfterError(MEDIA_ERROR.notSupported, "arriving", true), "not-yet");
  assertEquals(troubleAfterError(MEDIA_ERROR.decode, "interrupted", true), "not-yet");
});

Deno.test("troubleText says who is waited for", () => {
  assertEquals(troubleAfterStall("stored"), "loading");
  assertEquals(troubleText("none", "arriving", true), null);
  assertMatch(troubleText("waiting", "arriving", true) ?? "", /Waiting for bytes from the box/);
  assertMatch(troubleText("waiting", "interrupted", true) ?? "", /box is not connected/);
  assertMatch(troubleText("waiting", "arriving", false) ?? "", /Not connected to the server/);
  assertMatch(troubleText("unplayable", "stored", true) ?? "", /Download/);
});

Deno.test("retryPlaybackMs grows up to 10 seconds", () => {
  assertEquals([1, 2, 3, 50].map(retryPlaybackMs), [500, 1_000, 2_000, 10_000]);
});
