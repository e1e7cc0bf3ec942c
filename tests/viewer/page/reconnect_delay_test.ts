import { assert, assertEquals } from "@std/assert";
import { reconnectDelayMs } from "../../../lib/viewer/page/reconnect_delay.ts";

Deno.test("reconnectDelayMs grows, is bounded, and is spread over all of its range", () => {
  assertEquals([reconnectDelayMs(1, 0), reconnectDelayMs(1000, 0)], [200, 200]);
  assert(reconnectDelayMs(1, 0.999) <= 1_000);
  for (let failures = 1; failures < 100; failures++) {
    assert(reconnectDelayMs(failures + 1, 0.999) >= reconnectDelayMs(failures, 0.999));
    assert(reconnectDelayMs(failures, 0.999) < 10_000);
  }
});
