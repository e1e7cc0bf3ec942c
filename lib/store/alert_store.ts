/**
 * Alerts: those which hold and the last which have held in memory, all in the catalog. Changes gather while a commit runs;
 * pages and webhooks are told of what is durable only.
 */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import { errorFields, type Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";
import type { Alert, AlertCatalog, AlertQuery, AlertRow } from "./alert_catalog.ts";

/** Alerts of one commit. */
const COMMIT_ALERTS_MAX = 250;
/** Those which are over that are shown to pages from memory. */
const RECENT_MAX = 200;
/** A full disk is tried again after this time, ms. */
const RETRY_MS = 5_000;
/** New ones between two looks at how many are kept. */
const DROP_EVERY = 500;

/** What a webhook is told. */
export type AlertPost = "raised" | "ended";

export interface AlertStoreOptions {
  /** `SqliteCatalog.alerts`. */
  readonly catalog: AlertCatalog;
  readonly clock: Clock;
  readonly log: Log;
  /** A webhook is to be told; {@linkcode AlertStore.posted} says how that ended. Must be quick. */
  readonly post: (alert: AlertRow, what: AlertPost) => void;
}

export class AlertStore {
  readonly #options: AlertStoreOptions;
  /** By id: all that hold, that wait for something, and the last which are over. */
  readonly #rows = new Map<number, AlertRow>();
  /** Which of them are durable: they are shown. */
  readonly #shown = new Map<number, AlertRow>();
  /** By id: waits for its commit. */
  #changed = new Map<number, AlertRow>();
  /** Posts on their way: `7 raised`. */
  readonly #posting = new Set<string>();
  #committing: Promise<void> | undefined;
  #cancelRetry: (() => void) | undefined;
  /** Never committed, as they came too fast; of those nobody has been told yet. */
  #lost = 0;
  #sinceDrop = DROP_EVERY;

  constructor(options: AlertStoreOptions) {
    this.#options = options;
  }

  /**
   * Reads what was there before, and posts what a webhook has not been told yet. Gives those which hold, and the highest
   * id ever.
   *
   * @throws {FramewireError} `STORAGE_FAILED`.
   */
  async start(): Promise<{ readonly holding: readonly AlertRow[]; readonly lastId: number }> {
    const { catalog } = this.#options;
    const [lastId, recent, unsettled] = await Promise.all([
      catalog.lastId(),
      catalog.page({ limit: RECENT_MAX }),
      catalog.unsettled(),
    ]);
    const rows = new Map([...recent, ...unsettled].map((row) => [row.id, row]));
    for (const row of [...rows.values()].sort((a, b) => a.id - b.id)) {
      this.#rows.set(row.id, row);
      this.#shown.set(row.id, row);
    }
    for (const row of this.#rows.values()) this.#post(row);
    return { holding: unsettled.filter(({ endedMs }) => endedMs === null), lastId };
  }

  /** Makes what has changed durable; what a full disk does not take is lost. */
  async stop(): Promise<void> {
    this.#stopRetry();
    await this.#committing;
    if (this.#changed.size > 0) this.#commit();
    await this.#committing;
    this.#stopRetry();
  }

  /** Those which hold, and the last which are over; newest first. */
  alerts(): AlertRow[] {
    return [...this.#shown.values()].sort((a, b) => b.id - a.id);
  }

  /** Alerts in the catalog, newest first. */
  page(query: AlertQuery): Promise<AlertRow[]> {
    return this.#options.catalog.page(query);
  }

  /** An alert was raised, or has ended. `to`: where it is posted, null for nowhere, undefined for where it was before. */
  change(alert: Alert, to: string | null | undefined): void {
    const before = this.#rows.get(alert.id);
    const webhook = to === undefined ? before?.webhook ?? null : to;
    const raisedPost = before?.raisedPost ?? (webhook === null ? "none" : "waiting");
    const endedPost = alert.endedMs !== null && webhook !== null ? "waiting" : "none";
    if (before === undefined) this.#sinceDrop++;
    this.#set({ ...alert, webhook, raisedPost, endedPost });
  }

  /** How a post ended. */
  posted(id: number, what: AlertPost, state: "delivered" | "failed"): void {
    this.#posting.delete(`${id} ${what}`);
    const row = this.#rows.get(id);
    if (row !== undefined) this.#set({ ...row, [what === "raised" ? "raisedPost" : "endedPost"]: state });
  }

  /** Removes the oldest when there are too many. */
  async expire(): Promise<void> {
    if (this.#sinceDrop < DROP_EVERY) return;
    this.#sinceDrop = 0;
    await this.#options.catalog.drop(LIMITS.alertsKeptMax);
  }

  #set(row: AlertRow): void {
    this.#rows.set(row.id, row);
    // In the order of their ids, too: what is left out when there are too many is the oldest.
    this.#changed.set(row.id, row);
    if (this.#changed.size > LIMITS.alertsWaitingMax) this.#loseOne();
    if (this.#committing === undefined && this.#cancelRetry === undefined) this.#commit();
  }

  /** Rules which are raised and end again with every event must not fill the memory while the disk is slow. */
  #loseOne(): void {
    for (const [id, { endedMs }] of this.#changed) {
      if (endedMs === null || this.#shown.has(id)) continue;
      this.#changed.delete(id);
      this.#rows.delete(id);
      this.#lost++;
      return;
    }
  }

  #stopRetry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  #commit(): void {
    this.#committing = this.#commitAll();
  }

  async #commitAll(): Promise<void> {
    const { catalog, clock, log } = this.#options;
    // What changes in the same turn goes along.
    await Promise.resolve();
    while (this.#changed.size > 0) {
      const rows = [...this.#changed.values()].slice(0, COMMIT_ALERTS_MAX);
      for (const { id } of rows) this.#changed.delete(id);
      const error = await catalog.put(rows).then(() => null, (error) => error);
      if (error !== null) {
        log("error", "Alerts not stored", { ...errorFields(error), alerts: rows.length });
        // Otherwise the catalog is at an end, and so is the server.
        if (!(error instanceof FramewireError) || error.code !== "NO_SPACE") break;
        // What has changed since is newer.
        this.#changed = new Map([...rows.map((row) => [row.id, row] as const), ...this.#changed]);
        this.#cancelRetry = clock.timer(RETRY_MS, () => {
          this.#cancelRetry = undefined;
          this.#commit();
        });
      }
      // Without space for it, too: somebody has to know all the same.
      this.#tell(rows);
      if (error !== null) break;
      if (this.#lost > 0) log("warn", "Alerts came too fast, and were not kept", { alerts: this.#lost });
      this.#lost = 0;
    }
    // At once: a change which came in between would wait for the next one.
    this.#committing = undefined;
  }

  /** Shows rows, and posts them. */
  #tell(rows: readonly AlertRow[]): void {
    for (const row of rows) {
      this.#shown.set(row.id, row);
      this.#post(row);
    }
    this.#forget();
  }

  #post(row: AlertRow): void {
    for (const what of ["raised", "ended"] as const) {
      const key = `${row.id} ${what}`;
      const state = what === "raised" ? row.raisedPost : row.endedPost;
      if (state !== "waiting" || this.#posting.has(key)) continue;
      this.#posting.add(key);
      this.#options.post(row, what);
    }
  }

  /** What is over, durable and told is in the catalog; only what ended last stays in memory. */
  #forget(): void {
    const over = [...this.#shown.values()].filter(({ endedMs }) => endedMs !== null);
    if (over.length <= RECENT_MAX) return;
    over.sort((a, b) => a.endedMs! - b.endedMs! || a.id - b.id);
    for (const { id } of over.slice(0, over.length - RECENT_MAX)) {
      this.#shown.delete(id);
      const row = this.#rows.get(id)!;
      const isSettled = row.raisedPost !== "waiting" && row.endedPost !== "waiting" && !this.#changed.has(id);
      if (isSettled) this.#rows.delete(id);
    }
  }
}
