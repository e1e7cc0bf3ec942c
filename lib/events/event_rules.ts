/**
 * Rules over live events: each is looked at in the order of time of its feed, for every sensor of it on its own. What
 * waited on a box's disk never raises anything: it is over.
 */
import { LIMITS } from "../config/limits.ts";
import type { Alert } from "../store/alert_catalog.ts";
import { AlertBudget } from "./alert_budget.ts";
import { valuesOf } from "./event_values.ts";
import type { EventWatcher, FeedOrigin, LiveEvent } from "./live_event.ts";
import type { Rule } from "./rules_parser.ts";

/** An event of so long before the last one says that a clock was set back: what it said before counts no more. */
const CLOCK_SET_BACK_MS = 3_600_000;

/** One rule at one sensor. */
interface Watch {
  readonly rule: Rule;
  /** Since when `when` has held without a break; null while it does not. */
  sinceMs: number | null;
  /** The alert that is raised. */
  alert: Alert | null;
}

/** One sensor of a feed: a `device_id`, or all free objects together. */
interface Sensor {
  readonly values: Map<string, number>;
  readonly watches: readonly Watch[];
  lastMs: number;
}

/** What rules look at of a feed. */
interface Feed {
  readonly rules: readonly Rule[];
  /** By `device_id`; null for free objects. */
  readonly sensors: Map<number | null, Sensor>;
}

/** What was raised before a restart of the server. */
export interface AlertsBefore {
  /** Those which hold. */
  readonly holding: readonly Alert[];
  /** Highest id ever. */
  readonly lastId: number;
}

export interface EventRulesOptions {
  readonly rules: readonly Rule[];
  /** Monotonic, ms. */
  readonly now: () => number;
  /** An alert was raised, or has ended; the rule is undefined when it is not there any more. Must be quick. */
  readonly changed: (alert: Alert, rule: Rule | undefined) => void;
}

export class EventRules implements EventWatcher {
  readonly #options: EventRulesOptions;
  /** By feed; null for one which no rule looks at. */
  readonly #feeds = new Map<number, Feed | null>();
  readonly #budget = new AlertBudget();
  /** Raised before a restart, by device and feed, until the feed is heard of. */
  readonly #before = new Map<string, Alert[]>();
  #lastId = 0;
  #raised = 0;

  constructor(options: EventRulesOptions) {
    this.#options = options;
  }

  /** Raised since the start. */
  get raised(): number {
    return this.#raised;
  }

  /** Those which hold at the moment. */
  get holding(): number {
    return this.#budget.holding;
  }

  /** Goes on with what was raised before a restart; what no rule is about any more ends. Before the first event. */
  resume({ holding, lastId }: AlertsBefore, nowMs: number): void {
    this.#lastId = lastId;
    for (const alert of holding) {
      if (!this.#rulesOf(alert).some(({ name }) => name === alert.rule)) {
        this.#options.changed({ ...alert, endedMs: nowMs }, undefined);
        continue;
      }
      this.#budget.keep(alert.device, this.#options.now());
      const key = keyOf(alert);
      this.#before.set(key, [...this.#before.get(key) ?? [], alert]);
    }
  }

  stored(origin: FeedOrigin, events: readonly LiveEvent[]): void {
    if (origin.late || this.#options.rules.length === 0) return;
    const feed = this.#feedOf(origin);
    if (feed === null) return;
    for (const { body, timeMs } of events) {
      if (body.kind === "text") continue;
      const deviceId = body.kind === "temp" ? body.deviceId : null;
      const sensor = this.#sensorOf(feed, deviceId);
      if (sensor === undefined) continue;
      // What is a little before has been judged.
      if (timeMs < sensor.lastMs && sensor.lastMs - timeMs < CLOCK_SET_BACK_MS) continue;
      if (timeMs < sensor.lastMs) { for (const watch of sensor.watches) watch.sinceMs = null; }
      sensor.lastMs = timeMs;
      const values = valuesOf(body);
      for (const [measure, value] of values) {
        if (sensor.watches.some(({ rule }) => isAbout(rule, measure))) sensor.values.set(measure, value);
      }
      for (const watch of sensor.watches) this.#judge(watch, deviceId, sensor, origin, timeMs);
    }
  }

  #judge(watch: Watch, sensor: number | null, { values }: Sensor, origin: FeedOrigin, timeMs: number): void {
    const { rule, alert } = watch;
    const holds = rule.when.holds((measure) => values.get(measure));
    if (holds === true) watch.sinceMs ??= timeMs;
    if (holds === false) watch.sinceMs = null;
    if (alert !== null) {
      const isOver = rule.clear === null
        ? holds === false
        : rule.clear.holds((measure) => values.get(measure)) === true;
      if (isOver) this.#end(watch, alert, timeMs);
      return;
    }
    if (watch.sinceMs === null || holds !== true || timeMs - watch.sinceMs < rule.forMs) return;
    // What a device has too many of waits for its turn: it takes nobody else's.
    if (!this.#budget.take(origin.device, this.#options.now())) return;
    const measure = rule.when.measures.find((one) => values.has(one))!;
    watch.alert = {
      id: ++this.#lastId,
      rule: rule.name,
      condition: rule.forMs === 0 ? rule.when.text : `${rule.when.text} for ${rule.forMs / 1_000}s`,
      device: origin.device,
      feed: origin.feed,
      sensor,
      measure,
      value: values.get(measure)!,
      sinceMs: watch.sinceMs,
      raisedMs: timeMs,
      endedMs: null,
    };
    this.#raised++;
    this.#options.changed(watch.alert, rule);
  }

  #end(watch: Watch, alert: Alert, endedMs: number): void {
    watch.alert = null;
    // With `clear` it may go on to hold: raised again when it has held for so long anew.
    watch.sinceMs = null;
    this.#budget.give(alert.device, this.#options.now());
    this.#options.changed({ ...alert, endedMs }, watch.rule);
  }

  #rulesOf({ device, feed }: { readonly device: string; readonly feed: string }): Rule[] {
    return this.#options.rules.filter((rule) => matches(rule.device, device) && matches(rule.feed, feed));
  }

  #feedOf(origin: FeedOrigin): Feed | null {
    let known = this.#feeds.get(origin.feedId);
    if (known === undefined) {
      const rules = this.#rulesOf(origin);
      known = rules.length === 0 ? null : { rules, sensors: new Map() };
      this.#feeds.set(origin.feedId, known);
      if (known !== null) this.#takeUp(known, keyOf(origin));
    }
    return known;
  }

  /** The alerts of before a restart: what comes from now on may end them. */
  #takeUp({ rules, sensors }: Feed, key: string): void {
    for (const alert of this.#before.get(key) ?? []) {
      const sensor = sensors.get(alert.sensor) ?? newSensor(rules);
      sensors.set(alert.sensor, sensor);
      const watch = sensor.watches.find(({ rule }) => rule.name === alert.rule)!;
      Object.assign(watch, { alert, sinceMs: alert.sinceMs });
      sensor.lastMs = Math.max(sensor.lastMs, alert.raisedMs);
    }
    this.#before.delete(key);
  }

  /** Undefined when the feed has too many: a box could make any number of them. */
  #sensorOf({ rules, sensors }: Feed, deviceId: number | null): Sensor | undefined {
    const known = sensors.get(deviceId);
    if (known !== undefined || sensors.size >= LIMITS.measuresPerFeedMax) return known;
    const sensor = newSensor(rules);
    sensors.set(deviceId, sensor);
    return sensor;
  }
}

function newSensor(rules: readonly Rule[]): Sensor {
  const watches = rules.map((rule): Watch => ({ rule, sinceMs: null, alert: null }));
  return { values: new Map(), watches, lastMs: -Infinity };
}

function keyOf({ device, feed }: { readonly device: string; readonly feed: string }): string {
  return JSON.stringify([device, feed]);
}

function isAbout({ when, clear }: Rule, measure: string): boolean {
  return when.measures.includes(measure) || (clear?.measures.includes(measure) ?? false);
}

/** `*` stands for anything. */
function matches(pattern: string, name: string): boolean {
  if (!pattern.includes("*")) return pattern === name;
  const parts = pattern.split("*");
  const [first, last] = [parts[0]!, parts.at(-1)!];
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > name.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
