/**
 * Rules over live events: each is looked at in the order of time of its feed, for every sensor of it on its own. What
 * waited on a box's disk never raises anything: it is over.
 */
import { LIMITS } from "../config/limits.ts";
import { valuesOf } from "./event_values.ts";
import type { EventWatcher, FeedOrigin, LiveEvent } from "./live_event.ts";
import type { Rule } from "./rules_parser.ts";

/** A rule which holds, or has held. */
export interface Alert {
  readonly id: number;
  readonly rule: string;
  /** What it says: `temp_cel > 60 for 10s`. */
  readonly condition: string;
  readonly device: string;
  readonly feed: string;
  readonly measure: string;
  /** With which it was raised. */
  readonly value: number;
  /** When the rule began to hold, by the clock of the server. */
  readonly sinceMs: number;
  /** Null while it holds. */
  readonly endedMs: number | null;
}

/** Alerts which are remembered; the longest ago goes first. */
const ALERTS_MAX = 1_000;

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

export interface EventRulesOptions {
  readonly rules: readonly Rule[];
  /** An alert was raised, or has ended. Must be quick. */
  readonly changed: (alert: Alert, rule: Rule) => void;
}

export class EventRules implements EventWatcher {
  readonly #options: EventRulesOptions;
  /** By feed; null for one which no rule looks at. */
  readonly #feeds = new Map<number, { rules: readonly Rule[]; sensors: Map<number | null, Sensor> } | null>();
  readonly #alerts = new Map<number, Alert>();
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
    return [...this.#alerts.values()].filter(({ endedMs }) => endedMs === null).length;
  }

  /** Those which hold, and the last which have held; newest first. */
  alerts(): Alert[] {
    return [...this.#alerts.values()].reverse();
  }

  stored(origin: FeedOrigin, events: readonly LiveEvent[]): void {
    if (origin.late || this.#options.rules.length === 0) return;
    const feed = this.#feedOf(origin);
    if (feed === null) return;
    for (const { body, timeMs } of events) {
      if (body.kind === "text") continue;
      const sensor = this.#sensorOf(feed, body.kind === "temp" ? body.deviceId : null);
      // A clock that was set back: what is before has been judged.
      if (sensor === undefined || timeMs < sensor.lastMs) continue;
      sensor.lastMs = timeMs;
      const values = valuesOf(body);
      for (const [measure, value] of values) {
        if (sensor.watches.some(({ rule }) => isAbout(rule, measure))) sensor.values.set(measure, value);
      }
      for (const watch of sensor.watches) this.#judge(watch, sensor, origin, timeMs);
    }
  }

  #judge(watch: Watch, { values }: Sensor, origin: FeedOrigin, timeMs: number): void {
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
    const measure = rule.when.measures.find((one) => values.has(one))!;
    watch.alert = {
      id: ++this.#lastId,
      rule: rule.name,
      condition: rule.forMs === 0 ? rule.when.text : `${rule.when.text} for ${rule.forMs / 1_000}s`,
      device: origin.device,
      feed: origin.feed,
      measure,
      value: values.get(measure)!,
      sinceMs: watch.sinceMs,
      endedMs: null,
    };
    this.#raised++;
    this.#alerts.set(watch.alert.id, watch.alert);
    this.#forgetOldest();
    this.#options.changed(watch.alert, rule);
  }

  #end(watch: Watch, alert: Alert, endedMs: number): void {
    const ended = { ...alert, endedMs };
    watch.alert = null;
    // With `clear` it may go on to hold: raised again when it has held for so long anew.
    watch.sinceMs = null;
    if (this.#alerts.has(alert.id)) this.#alerts.set(alert.id, ended);
    this.#options.changed(ended, watch.rule);
  }

  #feedOf({ feedId, device, feed }: FeedOrigin) {
    let known = this.#feeds.get(feedId);
    if (known === undefined) {
      const rules = this.#options.rules.filter((rule) => matches(rule.device, device) && matches(rule.feed, feed));
      known = rules.length === 0 ? null : { rules, sensors: new Map() };
      this.#feeds.set(feedId, known);
    }
    return known;
  }

  /** Undefined when the feed has too many: a box could make any number of them. */
  #sensorOf(
    { rules, sensors }: { rules: readonly Rule[]; sensors: Map<number | null, Sensor> },
    deviceId: number | null,
  ): Sensor | undefined {
    const known = sensors.get(deviceId);
    if (known !== undefined || sensors.size >= LIMITS.measuresPerFeedMax) return known;
    const watches = rules.map((rule): Watch => ({ rule, sinceMs: null, alert: null }));
    const sensor: Sensor = { values: new Map(), watches, lastMs: -Infinity };
    sensors.set(deviceId, sensor);
    return sensor;
  }

  #forgetOldest(): void {
    if (this.#alerts.size <= ALERTS_MAX) return;
    const all = [...this.#alerts.values()];
    this.#alerts.delete((all.find(({ endedMs }) => endedMs !== null) ?? all[0]!).id);
  }
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
