import { assertEquals } from "@std/assert";
import type { ClipView } from "../../../lib/viewer/clip_library.ts";
import {
  addOlder,
  announcement,
  applyMessage,
  clipCounts,
  filterDevice,
  filterText,
  more,
  olderClips,
  shownClips,
} from "../../../lib/viewer/page/state.ts";
import { madeUpClip } from "../../helpers/made_up_library.ts";

const NOW = { nowMs: 1, freeBytes: null };

function snapshot(clips: ClipView[], isMore = false): void {
  const server = { serverId: "s", pageHash: "h", software: "v" };
  applyMessage({
    type: "snapshot",
    ...server,
    ...NOW,
    clips,
    more: isMore,
    devices: [],
    sources: [],
    feeds: [],
    alerts: [],
  });
}

const shown = () => shownClips.value.map((clip) => clip.peek().id);
const clip = (id: string, createdMs: number, patch: Partial<ClipView> = {}) => madeUpClip(id, { createdMs, ...patch });

Deno.test("a snapshot forgets everything that it does not name", () => {
  snapshot([clip("b", 2), clip("a", 1)]);
  assertEquals([shown(), olderClips()], [["b", "a"], []]);
  snapshot([clip("c", 3), clip("a", 1)]);
  assertEquals(shown(), ["c", "a"]);
  snapshot([]);
  assertEquals([shown(), clipCounts.value.all], [[], 0]);
});

Deno.test("updates change, add and remove clips, newest first", () => {
  snapshot([clip("a", 1)]);
  applyMessage({ type: "update", ...NOW, clips: [clip("c", 3, { state: "stored" }), clip("b", 2)], removed: [] });
  assertEquals([shown(), clipCounts.value], [["c", "b", "a"], { all: 3, arriving: 2 }]);
  applyMessage({ type: "update", ...NOW, clips: [clip("b", 2, { state: "stored" })], removed: ["a"] });
  assertEquals([shown(), clipCounts.value], [["c", "b"], { all: 2, arriving: 0 }]);
  assertEquals(announcement.value, "b.mp4 has arrived whole");
});

Deno.test("older clips stay over a snapshot as long as there are older ones", () => {
  snapshot([clip("c", 3)], true);
  addOlder([clip("b", 2), clip("a", 1)], false);
  assertEquals([shown(), more.value], [["c", "b", "a"], false]);
  snapshot([clip("d", 4), clip("c", 3)], true);
  assertEquals([shown(), more.value], [["d", "c", "b", "a"], false]);
  assertEquals(olderClips().map(({ id }) => id), ["b", "a"]);
  snapshot([clip("d", 4)], false);
  assertEquals(shown(), ["d"]);
});

Deno.test("filters by text and by device", () => {
  snapshot([clip("x", 2, { device: "one" }), clip("y", 1, { device: "two" })]);
  filterText.value = "two";
  assertEquals(shown(), ["y"]);
  filterText.value = "";
  filterDevice.value = "one";
  assertEquals(shown(), ["x"]);
  filterDevice.value = null;
  assertEquals(shown(), ["x", "y"]);
});
