import { assertEquals } from "@std/assert";
import { DeviceTable } from "../../lib/server/device_table.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

Deno.test("DeviceTable counts the connections of a box, and remembers when it was there last", async () => {
  const clock = new MadeUpClock(0);
  const table = new DeviceTable(clock);
  const leave = table.arrived("box", "192.0.2.1:1", "framewire/1");
  await clock.advance(1_000);
  const leaveToo = table.arrived("box", "192.0.2.2:2", "framewire/2");
  leave();
  await clock.advance(1_000);
  const [view] = table.views();
  assertEquals(view, {
    device: "box",
    connections: 1,
    address: "192.0.2.2:2",
    software: "framewire/2",
    sinceMs: 0,
    lastSeenMs: 2_000,
  });
  leaveToo();
  await clock.advance(5_000);
  assertEquals([table.views()[0]?.connections, table.views()[0]?.lastSeenMs], [0, 2_000]);
});

Deno.test("DeviceTable shows those connected first", () => {
  const table = new DeviceTable(new MadeUpClock());
  table.arrived("a", "", "")();
  table.arrived("c", "", "");
  table.arrived("b", "", "");
  assertEquals(table.views().map(({ device }) => device), ["b", "c", "a"]);
});

Deno.test("DeviceTable is bounded, and forgets no box which is connected", () => {
  const table = new DeviceTable(new MadeUpClock());
  table.arrived("here", "", "");
  for (let i = 0; i < 3_000; i++) table.arrived(`box-${i}`, "", "")();
  const views = table.views();
  assertEquals(views.length <= 1_001, true, String(views.length));
  assertEquals(views[0]?.device, "here");
  assertEquals(views.some(({ device }) => device === "box-2999"), true);
});
