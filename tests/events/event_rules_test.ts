import { assert, assertEquals } from "@std/assert";
import { type Alert, EventRules } from "../../lib/events/event_rules.ts";
import type { FeedOrigin, LiveBody } from "../../lib/events/live_event.ts";
import { parseRules } from "../../lib/events/rules_parser.ts";

const ORIGIN: FeedOrigin = { feedId: 1, device: "van-7", feed: "line1", run: "r", late: false };

/** Rules, and readings for them: each `at` seconds. */
class Setting {
  readonly changes: Alert[] = [];
  readonly rules: EventRules;
  #sequence = 0;

  constructor(...rules: object[]) {
    const parsed = parseRules(
      JSON.stringify({ rules: rules.map((rule, index) => ({ name: `rule${index}`, ...rule })) }),
    );
    this.rules = new EventRules({ rules: parsed.rules, changed: (alert) => this.changes.push(alert) });
  }

  temp(atS: number, tempCel: number, more: { deviceId?: number; origin?: Partial<FeedOrigin> } = {}): void {
    const { deviceId = 1, origin = {} } = more;
    this.body(atS, { kind: "temp", deviceId, eventId: 0, humidity: 40, tempCel: Math.fround(tempCel) }, origin);
  }

  body(atS: number, body: LiveBody, origin: Partial<FeedOrigin> = {}): void {
    const event = { sequence: ++this.#sequence, timeMs: atS * 1_000, body };
    this.rules.stored({ ...ORIGIN, ...origin }, [event]);
  }

  /** What has changed since the last look: `+` raised, `-` ended, at its second. */
  take(): string[] {
    return this.changes.splice(0).map(({ id, sinceMs, endedMs }) =>
      endedMs === null ? `+${id} since ${sinceMs / 1_000}` : `-${id} at ${endedMs / 1_000}`
    );
  }
}

Deno.test("an alert is raised when its rule holds, and ends when it does not", () => {
  const setting = new Setting({ when: "temp_cel > 60" });
  setting.temp(1, 60);
  assertEquals(setting.take(), []);
  setting.temp(2, 60.1);
  setting.temp(3, 70);
  assertEquals(setting.rules.alerts(), [{
    ...{ id: 1, rule: "rule0", condition: "temp_cel > 60", device: "van-7", feed: "line1" },
    ...{ measure: "temp_cel", value: 60.1, sinceMs: 2_000, endedMs: null },
  }]);
  assertEquals([setting.take(), setting.rules.holding], [["+1 since 2"], 1]);
  setting.temp(4, 60);
  assertEquals([setting.take(), setting.rules.holding], [["-1 at 4"], 0]);
  setting.temp(5, 61);
  assertEquals(setting.take(), ["+2 since 5"]);
  assertEquals(setting.rules.alerts().map(({ id }) => id), [2, 1], "newest first");
});

Deno.test("for: it must hold so long without a break", () => {
  const setting = new Setting({ when: "temp_cel > 60", for: "10s" });
  for (const [atS, temp] of [[0, 61], [5, 62], [9, 60], [10, 61], [19.9, 61]] as const) setting.temp(atS, temp);
  assertEquals(setting.take(), []);
  setting.temp(20, 61);
  assertEquals(setting.rules.alerts()[0]?.condition, "temp_cel > 60 for 10s");
  assertEquals(setting.take(), ["+1 since 10"]);
});

Deno.test("clear: it ends only when that holds", () => {
  const setting = new Setting({ when: "temp_cel > 60", clear: "temp_cel < 55" });
  for (const [atS, temp] of [[1, 61], [2, 58], [3, 61], [4, 55]] as const) setting.temp(atS, temp);
  assertEquals(setting.take(), ["+1 since 1"]);
  setting.temp(5, 54.9);
  setting.temp(6, 58);
  assertEquals(setting.take(), ["-1 at 5"]);
});

Deno.test("what is late raises nothing and ends nothing, and what is before has been judged", () => {
  const setting = new Setting({ when: "temp_cel > 60" });
  setting.temp(1, 99, { origin: { late: true } });
  assertEquals(setting.take(), []);
  setting.temp(10, 61);
  setting.temp(5, 20, { origin: { late: true } });
  setting.temp(9, 20);
  assertEquals(setting.take(), ["+1 since 10"]);
});

Deno.test("each sensor of a feed, and each feed, is looked at on its own", () => {
  const setting = new Setting({ when: "temp_cel > 60" });
  setting.temp(1, 61, { deviceId: 1 });
  setting.temp(2, 20, { deviceId: 2 });
  setting.temp(3, 20, { origin: { feedId: 2, feed: "line2" } });
  assertEquals(setting.take(), ["+1 since 1"]);
  setting.temp(4, 61, { deviceId: 2 });
  assertEquals(setting.take(), ["+2 since 4"]);
});

Deno.test("a rule counts for the devices and feeds that it names", () => {
  const cases: [object, boolean][] = [
    [{}, true],
    [{ device: "van-7" }, true],
    [{ device: "van-8" }, false],
    [{ device: "van-*", feed: "*1" }, true],
    [{ feed: "l*n*1" }, true],
    [{ feed: "line1*1" }, false],
    [{ feed: "li*ni*1" }, false],
    [{ feed: "line" }, false],
  ];
  for (const [names, expected] of cases) {
    const setting = new Setting({ when: "temp_cel > 60", ...names });
    setting.temp(1, 61);
    assertEquals(setting.changes.length === 1, expected, JSON.stringify(names));
  }
});

Deno.test("of free objects the newest value of each field counts, whatever an event is silent of", () => {
  const setting = new Setting({ when: '"belt speed" > 2 and load < 1' });
  setting.body(1, { kind: "json", json: '{"belt speed": 3}' });
  setting.body(2, { kind: "json", json: '{"load": "none", "other": 1}' });
  setting.body(3, { kind: "text", text: "load 0" });
  assertEquals(setting.take(), []);
  setting.body(4, { kind: "json", json: '{"load": 0.5}' });
  assertEquals(setting.take(), ["+1 since 4"]);
  setting.body(5, { kind: "json", json: '{"belt speed": 1}' });
  assertEquals(setting.take(), ["-1 at 5"]);
});

Deno.test("alerts and sensors are bounded, and none that holds is forgotten before those which have ended", () => {
  const setting = new Setting({ when: "temp_cel > 60" });
  setting.temp(0, 61, { origin: { feedId: 9, feed: "first" } });
  for (let n = 1; n <= 1_500; n++) {
    setting.temp(2 * n, 61);
    setting.temp(2 * n + 1, 20);
  }
  const alerts = setting.rules.alerts();
  assertEquals([alerts.length, setting.rules.raised], [1_000, 1_501]);
  assertEquals(alerts.at(-1)?.id, 1, "it still holds");
  for (let deviceId = 2; deviceId < 1_000; deviceId++) setting.temp(10_000, 61, { deviceId });
  assert(setting.rules.raised < 1_501 + 100, `${setting.rules.raised}`);
});
