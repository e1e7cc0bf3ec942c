import { assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { EventRules } from "../../lib/events/event_rules.ts";
import type { FeedOrigin, LiveBody } from "../../lib/events/live_event.ts";
import { parseRules } from "../../lib/events/rules_parser.ts";
import type { Alert } from "../../lib/store/alert_catalog.ts";

const ORIGIN: FeedOrigin = { feedId: 1, device: "van-7", feed: "line1", run: "r", late: false };

/** Rules, and readings for them: each `at` seconds. */
class Setting {
  readonly changes: Alert[] = [];
  readonly rules: EventRules;
  nowMs = 0;
  #sequence = 0;

  constructor(...rules: object[]) {
    const parsed = parseRules(
      JSON.stringify({ rules: rules.map((rule, index) => ({ name: `rule${index}`, ...rule })) }),
    );
    const changed = (alert: Alert) => this.changes.push(alert);
    this.rules = new EventRules({ rules: parsed.rules, now: () => this.nowMs, changed });
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
  assertEquals(setting.changes, [{
    ...{ id: 1, rule: "rule0", condition: "temp_cel > 60", device: "van-7", feed: "line1", sensor: 1 },
    ...{ measure: "temp_cel", value: 60.1, sinceMs: 2_000, raisedMs: 2_000, endedMs: null },
  }]);
  assertEquals([setting.take(), setting.rules.holding], [["+1 since 2"], 1]);
  setting.temp(4, 60);
  assertEquals([setting.take(), setting.rules.holding], [["-1 at 4"], 0]);
  setting.temp(5, 61);
  assertEquals(setting.take(), ["+2 since 5"]);
});

Deno.test("for: it must hold so long without a break", () => {
  const setting = new Setting({ when: "temp_cel > 60", for: "10s" });
  for (const [atS, temp] of [[0, 61], [5, 62], [9, 60], [10, 61], [19.9, 61]] as const) setting.temp(atS, temp);
  assertEquals(setting.take(), []);
  setting.temp(20, 61);
  const [{ condition, raisedMs } = {}] = setting.changes;
  assertEquals([condition, raisedMs], ["temp_cel > 60 for 10s", 20_000]);
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

Deno.test("sensors of a feed are bounded", () => {
  const setting = new Setting({ when: "temp_cel > 60" });
  for (let deviceId = 1; deviceId < 1_000; deviceId++) setting.temp(1, 61, { deviceId });
  assertEquals(setting.rules.raised, LIMITS.measuresPerFeedMax);
});

Deno.test("alerts of a device are bounded: one more is raised once another has ended, and other devices have their own", () => {
  const setting = new Setting({ when: "temp_cel > 60" });
  const most = LIMITS.alertsHoldingPerDeviceMax;
  for (let feedId = 1; feedId <= most + 1; feedId++) setting.temp(1, 61, { origin: { feedId, feed: `feed${feedId}` } });
  assertEquals([setting.rules.raised, setting.rules.holding], [most, most]);
  setting.temp(1, 61, { origin: { feedId: 9_999, device: "other" } });
  assertEquals(setting.rules.holding, most + 1);
  setting.temp(2, 20, { origin: { feedId: 1, feed: "feed1" } });
  setting.temp(2, 61, { origin: { feedId: most + 1, feed: `feed${most + 1}` } });
  assertEquals([setting.rules.raised, setting.rules.holding], [most + 2, most + 1]);
});

Deno.test("a rule which flaps raises so many alerts in a minute and no more, and goes on a minute later", () => {
  const setting = new Setting({ when: "temp_cel > 60" });
  const flap = (times: number) => {
    for (let n = 0; n < times; n++) setting.temp(n, n % 2 === 0 ? 61 : 20);
  };
  flap(10_000);
  assertEquals([setting.rules.raised, setting.rules.holding], [LIMITS.alertsPerMinuteMax, 0]);
  setting.temp(20_000, 61, { origin: { feedId: 2, device: "other" } });
  assertEquals(setting.rules.raised, LIMITS.alertsPerMinuteMax + 1, "others have their own");
  setting.nowMs = 59_999;
  setting.temp(30_000, 61);
  assertEquals(setting.rules.holding, 1);
  setting.nowMs = 60_000;
  setting.temp(30_001, 61);
  assertEquals(setting.rules.holding, 2, "it still holds");
});

/** What a server remembers of an alert that holds. */
function before(patch: Partial<Alert> = {}): Alert {
  return {
    ...{ id: 7, rule: "rule0", condition: "temp_cel > 60", device: "van-7", feed: "line1", sensor: 1 },
    ...{ measure: "temp_cel", value: 61, sinceMs: 10_000, raisedMs: 20_000, endedMs: null, ...patch },
  };
}

Deno.test("an alert of before a restart is not raised again, and ends when its rule does not hold any more", () => {
  const setting = new Setting({ when: "temp_cel > 60" });
  setting.rules.resume({ holding: [before(), before({ id: 6, sensor: 2 })], lastId: 9 }, 30_000);
  assertEquals(setting.rules.holding, 2);
  setting.temp(31, 62);
  setting.temp(31, 20, { deviceId: 3 });
  setting.temp(32, 20, { origin: { feedId: 2, feed: "line2" } });
  assertEquals(setting.take(), []);
  setting.temp(33, 59);
  assertEquals([setting.changes[0]?.sinceMs, setting.take()], [10_000, ["-7 at 33"]]);
  setting.temp(34, 61);
  assertEquals(setting.take(), ["+10 since 34"], "ids go on behind the highest");
  setting.temp(35, 20, { deviceId: 2 });
  assertEquals([setting.take(), setting.rules.holding], [["-6 at 35"], 1]);
});

Deno.test("an alert of before a restart waits for its `clear`, also of free objects", () => {
  const setting = new Setting({ when: "load > 1", clear: "load < 0.5" });
  setting.rules.resume({ holding: [before({ sensor: null, measure: "load" })], lastId: 7 }, 30_000);
  setting.body(31, { kind: "json", json: '{"other": 1}' });
  setting.body(32, { kind: "json", json: '{"load": 0.9}' });
  assertEquals(setting.take(), []);
  setting.body(33, { kind: "json", json: '{"load": 0.4}' });
  assertEquals(setting.take(), ["-7 at 33"]);
});

Deno.test("an alert of before a restart ends at once when there is no such rule for its feed any more", () => {
  const setting = new Setting({ when: "temp_cel > 60", device: "van-*" });
  const holding = [before({ rule: "gone" }), before({ id: 8, device: "truck-1" }), before({ id: 9 })];
  setting.rules.resume({ holding, lastId: 9 }, 30_000);
  assertEquals([setting.take(), setting.rules.holding], [["-7 at 30", "-8 at 30"], 1]);
});

Deno.test("a clock that is set back by hours does not end the watch", () => {
  const setting = new Setting({ when: "temp_cel > 60", for: "10s" });
  setting.temp(1_000_000, 61);
  setting.temp(500, 61);
  assertEquals(setting.take(), [], "it has not held for ten seconds by the new clock");
  setting.temp(510, 61);
  setting.temp(511, 20);
  assertEquals(setting.take(), ["+1 since 500", "-1 at 511"]);
});
