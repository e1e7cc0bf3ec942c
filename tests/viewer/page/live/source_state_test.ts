import { assertEquals } from "@std/assert";
import type { SourceView } from "../../../../lib/viewer/frame_library.ts";
import {
  applySources,
  pairOfGroup,
  sourceCount,
  sourceGroups,
  sourceSignal,
} from "../../../../lib/viewer/page/live/source_state.ts";
import { madeUpSource } from "../../../helpers/made_up_live_server.ts";

const NOW = { nowMs: 1, freeBytes: null, clips: [] };

function snapshot(sources: SourceView[]): void {
  const server = { serverId: "s", pageHash: "h", software: "v" };
  applySources({ type: "snapshot", ...server, ...NOW, more: false, devices: [], sources, feeds: [], alerts: [] });
}

const names = () =>
  sourceGroups.value.map(({ device, sources }) => [device, ...sources.map((one) => one.peek().source)]);

Deno.test("sources are in groups, numbers in the order of their values", () => {
  snapshot([
    madeUpSource(1, { device: "box-10", source: "a" }),
    madeUpSource(2, { device: "box-9", source: "camera 10" }),
    madeUpSource(3, { device: "box-9", source: "camera 2" }),
  ]);
  assertEquals(names(), [["box-9", "camera 2", "camera 10"], ["box-10", "a"]]);
  assertEquals(sourceCount.value, 3);
});

Deno.test("updates change, add and remove sources; a snapshot forgets what it does not name", () => {
  snapshot([madeUpSource(1, { source: "a" }), madeUpSource(2, { source: "b" })]);
  const change = { sources: [madeUpSource(1, { source: "a", fps: 3 }), madeUpSource(4, { source: "d" })] };
  applySources({ type: "update", ...NOW, removed: [], ...change, removedSources: [2] });
  assertEquals(names(), [["press-4", "a", "d"]]);
  assertEquals(sourceSignal(1)?.value.fps, 3);
  snapshot([]);
  assertEquals([sourceCount.value, sourceSignal(1)], [0, undefined]);
});

Deno.test("a pair is a visible and an infrared source of one device", () => {
  const [visible, infrared] = [madeUpSource(1, { source: "z" }), madeUpSource(2, { source: "a", kind: "infrared" })];
  snapshot([infrared, visible, madeUpSource(3, { kind: "other" })]);
  assertEquals(pairOfGroup(sourceGroups.value[0]!)?.map(({ id }) => id), [1, 2]);
  snapshot([visible, { ...infrared, device: "another" }]);
  assertEquals(sourceGroups.value.map(pairOfGroup), [null, null]);
});
