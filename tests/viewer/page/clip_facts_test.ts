import { assert, assertEquals } from "@std/assert";
import {
  clipKind,
  deviceHue,
  fileEnding,
  matchesFilter,
  newestFirst,
  rangePlace,
  secondsLeft,
} from "../../../lib/viewer/page/clip_facts.ts";
import { madeUpClip } from "../../helpers/made_up_library.ts";

Deno.test("secondsLeft counts what is held anywhere, and says nothing of what stands still", () => {
  const clip = madeUpClip("a", { size: 1000, held: [{ start: 0, end: 400 }, { start: 900, end: 1000 }], rate: 50 });
  assertEquals(secondsLeft(clip), 10);
  assertEquals(secondsLeft({ ...clip, rate: 0 }), null);
  assertEquals(secondsLeft({ ...clip, size: null }), null);
  assertEquals(secondsLeft({ ...clip, state: "interrupted" }), null);
});

Deno.test("rangePlace shows a range where it lies, never outside of the bar", () => {
  assertEquals(rangePlace({ start: 25, end: 50 }, 100), { left: 25, width: 25 });
  const tiny = rangePlace({ start: 999_999, end: 1_000_000 }, 1_000_000);
  assert(tiny.width > 0.5 && tiny.left + tiny.width <= 100);
  assertEquals(rangePlace({ start: 0, end: 0 }, 0), { left: 0, width: 100 });
});

Deno.test("newestFirst is an order, also among clips of one instant", () => {
  const clips = ["b", "a", "c"].map((id) => madeUpClip(id, { createdMs: 5 }));
  assertEquals(clips.sort(newestFirst).map(({ id }) => id), ["c", "b", "a"]);
  assertEquals(newestFirst(clips[0]!, clips[0]!), 0);
  assert(newestFirst(madeUpClip("a", { createdMs: 9 }), madeUpClip("z", { createdMs: 1 })) < 0);
});

Deno.test("matchesFilter wants every word in name or device", () => {
  const clip = madeUpClip("a", { name: "Weld-Seam.mp4", device: "press-4" });
  for (const filter of ["", "weld", "PRESS seam", " mp4 "]) assert(matchesFilter(clip, filter.trim()), filter);
  for (const filter of ["welt", "press-5", "weld truck"]) assert(!matchesFilter(clip, filter), filter);
});

Deno.test("clipKind, fileEnding and deviceHue", () => {
  const kind = (mediaType: string) => clipKind(madeUpClip("a", { mediaType }));
  assertEquals([kind("video/mp4"), kind("audio/ogg"), kind("image/png"), kind("image/svg+xml"), kind("text/html")], [
    "playable",
    "playable",
    "picture",
    "file",
    "file",
  ]);
  assertEquals([fileEnding("a.csv"), fileEnding("a"), fileEnding("a.<b>"), fileEnding("a.toolong")], [
    "CSV",
    "FILE",
    "FILE",
    "FILE",
  ]);
  assertEquals(deviceHue("press-4"), deviceHue("press-4"));
});
