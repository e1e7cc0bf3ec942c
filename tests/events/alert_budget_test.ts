import { assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { AlertBudget } from "../../lib/events/alert_budget.ts";

Deno.test("a device has so many alerts at once; one that ends makes room, and what was there before counts", () => {
  const budget = new AlertBudget();
  budget.keep("a", 0);
  for (let n = 1; n < LIMITS.alertsHoldingPerDeviceMax; n++) assertEquals(budget.take("a", 0), true);
  assertEquals([budget.take("a", 0), budget.take("b", 0)], [false, true]);
  budget.give("a", 0);
  assertEquals([budget.take("a", 0), budget.take("a", 0)], [true, false]);
  assertEquals(budget.holding, LIMITS.alertsHoldingPerDeviceMax + 1);
});

Deno.test("all devices together have so many", () => {
  const budget = new AlertBudget();
  let taken = 0;
  for (let n = 0; n < 2 * LIMITS.alertsHoldingMax; n++) if (budget.take(`device ${n}`, 0)) taken++;
  assertEquals([taken, budget.holding], [LIMITS.alertsHoldingMax, LIMITS.alertsHoldingMax]);
});

Deno.test("a device raises so many in a minute, also when there were thousands of others meanwhile", () => {
  const budget = new AlertBudget();
  const flap = (device: string, times: number, nowMs: number) => {
    let raised = 0;
    for (let n = 0; n < times; n++) {
      if (!budget.take(device, nowMs)) continue;
      raised++;
      budget.give(device, nowMs);
    }
    return raised;
  };
  assertEquals(flap("a", 1_000, 0), LIMITS.alertsPerMinuteMax);
  for (let n = 0; n < 3_000; n++) flap(`device ${n}`, 1, 10);
  assertEquals([flap("a", 1_000, 59_000), flap("a", 1_000, 60_000)], [0, LIMITS.alertsPerMinuteMax]);
});
