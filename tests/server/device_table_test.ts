import { assertEquals } from "@std/assert";
import { DeviceTable } from "../../lib/server/device_table.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

Deno.test("DeviceTable counts the connections of a box, and remembers when it was there last", async () => {
  const clock = new MadeUpClock(0);
  const table = new DeviceTable(clock);
  const first = table.arrived("box", "192.0.2.1:1", "framewire/1", () => 12.4);
  await clock.advance(1_000);
  const second = table.arrived("box", "192.0.2.2:2", "framewire/2", () => -3.6);
  first.left();
  await clock.advance(1_000);
  const [view] = table.views();
  assertEquals(view, {
    device: "box",
    connections: 1,
    address: "192.0.2.2:2",
    software: "framewire/2",
    sinceMs: 0,
    lastSeenMs: 2_000,
    clockOffsetMs: -4,
    backlog: null,
    droppedFrames: 0,
    dropped: 0,
    disk: null,
    troubles: [],
  });
  second.left();
  await clock.advance(5_000);
  assertEquals([table.views()[0]?.connections, table.views()[0]?.lastSeenMs], [0, 2_000]);
});

Deno.test("DeviceTable shows those connected first", () => {
  const table = new DeviceTable(new MadeUpClock());
  table.arrived("a", "", "", () => 0).left();
  table.arrived("c", "", "", () => 0);
  table.arrived("b", "", "", () => 0);
  assertEquals(table.views().map(({ device }) => device), ["b", "c", "a"]);
});

Deno.test("DeviceTable is bounded, and forgets no box which is connected", () => {
  const table = new DeviceTable(new MadeUpClock());
  table.arrived("here", "", "", () => 0);
  for (let i = 0; i < 3_000; i++) table.arrived(`box-${i}`, "", "", () => 0).left();
  const views = table.views();
  assertEquals(views.length <= 1_001, true, String(views.length));
  assertEquals(views[0]?.device, "here");
  assertEquals(views.some(({ device }) => device === "box-2999"), true);
});

Deno.test("DeviceTable keeps what a box says of itself, bounded, until it comes back", () => {
  const table = new DeviceTable(new MadeUpClock(10_000));
  const connection = table.arrived("box", "", "", () => 500);
  connection.tell({
    ...{ kind: "boxStatus", spooledEvents: 7, spooledBytes: 700, oldestMs: 2_000.4, droppedEvents: 3 },
    ...{ spooledFrames: 4, spooledFrameBytes: 400, spooledClips: 2, spooledClipBytes: 200, droppedFrames: 5 },
    ...{ diskFreeBytes: 10, diskBytes: 20, troubles: Array(40).fill("x".repeat(1_000)) },
  });
  const told = table.views()[0]!;
  const others = { frames: 4, frameBytes: 400, clips: 2, clipBytes: 200 };
  assertEquals(told.backlog, { events: 7, bytes: 700, oldestMs: 1_500, ...others }, "by the clock of the server");
  assertEquals([told.dropped, told.droppedFrames, told.disk], [3, 5, { freeBytes: 10, bytes: 20 }]);
  assertEquals([told.troubles.length, told.troubles[0]?.length], [32, 500]);
  connection.left();
  assertEquals(table.views()[0]?.backlog?.events, 7, "what was last heard of a box that is away");
  table.arrived("box", "", "", () => 500);
  assertEquals(table.views()[0]?.backlog, null);
});
