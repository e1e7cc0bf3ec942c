/** Events inside the server: store, rules, webhooks and printing, put together. */
import { EventCounts, eventMetrics } from "../events/event_counts.ts";
import { eventJsonLine, eventLine } from "../events/event_line.ts";
import { EventPrinter } from "../events/event_printer.ts";
import { EventRules } from "../events/event_rules.ts";
import { EventWatchers } from "../events/event_watchers.ts";
import type { Rule } from "../events/rules_parser.ts";
import { Webhooks } from "../events/webhooks.ts";
import { sleep } from "../platform/clock.ts";
import type { Alert, AlertCatalog, AlertRow } from "../store/alert_catalog.ts";
import { type AlertPost, AlertStore } from "../store/alert_store.ts";
import { DiskSpace } from "../store/disk_space.ts";
import type { EventCatalog } from "../store/event_catalog.ts";
import { EventStore } from "../store/event_store.ts";
import type { BoxConnectionOptions } from "./box_connection.ts";
import type { ServerOutside } from "./framewire_server.ts";
import type { NearestFrames } from "./frames_of_events.ts";
import type { ServeOptions } from "./serve_options.ts";
import { StoredEventLibrary } from "./stored_event_library.ts";

/** Where events and alerts are kept: `SqliteCatalog`. */
export interface EventCatalogs {
  readonly events: EventCatalog;
  readonly alerts: AlertCatalog;
}

/** What waits to be printed has this long when the server stops, ms. */
const PRINT_STOP_MS = 500;

export class EventSide {
  readonly store: EventStore;
  /** What pages and programs see of it. */
  readonly library: StoredEventLibrary;
  readonly #outside: ServerOutside;
  readonly #options: ServeOptions;
  readonly #alerts: AlertStore;
  readonly #rules: EventRules;
  readonly #webhooks: Webhooks;
  readonly #printer: EventPrinter | undefined;
  readonly #watchers: EventWatchers;
  readonly #counts = new EventCounts();

  constructor(outside: ServerOutside, options: ServeOptions, catalogs: EventCatalogs, frames: NearestFrames) {
    const { disk, clock, log, post } = outside;
    this.#outside = outside;
    this.#options = options;
    // Readings are small, and stop last: clips are refused at the whole reserve, frames at half of it.
    const space = new DiskSpace(disk, options.data, Math.floor(options.reserveBytes / 4));
    const retention = { keepMs: options.keepEventsMs };
    this.store = new EventStore({ catalog: catalogs.events, clock, log, space, retention });
    this.#alerts = new AlertStore({ catalog: catalogs.alerts, clock, log, post: (row, what) => this.#post(row, what) });
    this.#webhooks = new Webhooks({
      ...{ post, clock, log },
      done: (alertId, what, state) => this.#alerts.posted(alertId, what, state),
    });
    this.#rules = new EventRules({
      rules: options.rules.rules,
      now: () => clock.now(),
      changed: (...change) => this.#alertChanged(...change),
    });
    const { store } = this;
    this.library = new StoredEventLibrary({ store, frames, rules: options.rules, alerts: this.#alerts, clock });
    this.#printer = options.print ? makePrinter(outside, options.json) : undefined;
    const printers = this.#printer === undefined ? [] : [this.#printer];
    this.#watchers = new EventWatchers([this.library, this.#rules, ...printers]);
  }

  async start(): Promise<void> {
    await this.store.start();
    this.#rules.resume(await this.#alerts.start(), this.#outside.clock.wallMs());
  }

  /** Removes what is not to be kept any longer. */
  async expire(): Promise<void> {
    await this.store.expire();
    await this.#alerts.expire();
  }

  /** To be called when no box is connected any more. */
  async stop(): Promise<void> {
    await this.#webhooks.stop();
    await this.#alerts.stop();
    const given = new AbortController();
    await this.#printer?.stop(sleep(this.#outside.clock, PRINT_STOP_MS, given.signal));
    given.abort();
    await this.store.stop();
  }

  /** What connections put events into. */
  get receiving(): BoxConnectionOptions["events"] {
    return { recorder: this.store, watcher: this.#watchers, totals: this.#counts };
  }

  /** In Prometheus' text format. */
  metrics(): string {
    const { raised, holding } = this.#rules;
    return eventMetrics(this.#counts) + [
      "# TYPE framewire_alerts gauge",
      `framewire_alerts ${holding}`,
      "# TYPE framewire_alerts_raised_total counter",
      `framewire_alerts_raised_total ${raised}`,
      "",
    ].join("\n");
  }

  #alertChanged(alert: Alert, rule: Rule | undefined): void {
    const { device, feed, value, endedMs } = alert;
    if (endedMs === null) this.#outside.log("warn", "Alert raised", { rule: alert.rule, device, feed, value });
    else this.#outside.log("info", "Alert ended", { rule: alert.rule, device, feed });
    this.#alerts.change(alert, rule?.webhook);
  }

  /** Where its rule says by now, as an address may have been corrected. */
  #post(alert: AlertRow, what: AlertPost): void {
    const rule = this.#options.rules.rules.find(({ name }) => name === alert.rule);
    const url = rule === undefined ? alert.webhook : rule.webhook;
    if (url === null) this.#alerts.posted(alert.id, what, "failed");
    else this.#webhooks.send(url, alert, what);
  }
}

function makePrinter({ program }: ServerOutside, json: boolean): EventPrinter {
  return new EventPrinter({
    line: json ? eventJsonLine : eventLine,
    missed: (events) => json ? JSON.stringify({ event: "missed", events }) : `… ${events} events not printed`,
    write: (bytes) => program.writeOutput(bytes),
  });
}
