import { assertEquals, assertStringIncludes } from "@std/assert";
import { metricsText } from "../../lib/viewer/metrics.ts";
import { madeUpDevice } from "../helpers/viewer_fixture.ts";

Deno.test("metricsText is Prometheus text with every figure", () => {
  const text = metricsText(
    {
      software: 'a"b\\c\n',
      startedMs: 0,
      devices: [madeUpDevice("a"), madeUpDevice("b", { connections: 0 })],
      freeBytes: 7,
    },
    { clips: { arriving: 1, interrupted: 2, stored: 3 }, heldBytes: 5 },
    { uptimeSeconds: 6.5, viewers: 8, contentRequests: 9, liveRequests: 10 },
  );
  const expected = [
    'framewire_info{version="a\\"b\\\\c\\n"} 1',
    "framewire_uptime_seconds 6.5",
    'framewire_clips{state="interrupted"} 2',
    "framewire_clip_held_bytes 5",
    "framewire_devices_connected 1",
    "framewire_viewers 8",
    "framewire_content_requests 9",
    "framewire_live_requests 10",
    "framewire_free_bytes 7",
  ];
  for (const line of expected) assertStringIncludes(text, `\n${line}\n`);
  const lines = text.trimEnd().split("\n");
  assertEquals(lines.filter((line) => !/^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? \S+)$/.test(line)), []);
});
