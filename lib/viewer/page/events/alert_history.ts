/// <reference lib="dom" />
/** Alerts which are over: from the JSON API, page by page, and as they end. */
import { type Signal, signal } from "@preact/signals";
import type { AlertView } from "../../event_library.ts";
import { alerts as recentAlerts, onAlerts } from "./event_state.ts";

const PAGE_ALERTS = 100;
/** When so many have ended since the first page was loaded, it is loaded anew: a page may be open for weeks. */
const HEARD_MAX = 500;

/** An alert as the API shows it; see `event_json.ts`. */
type ApiAlert = Omit<AlertView, "sinceMs" | "raisedMs" | "endedMs"> & {
  readonly since: string;
  readonly raised: string;
  readonly ended: string | null;
};

/**
 * Nothing is missing between the newest and the last that was loaded: what ends is taken in as it is heard of, and after a
 * cut, when nobody knows what was not heard, the first page is loaded anew.
 */
export class AlertHistory {
  /** What was loaded and what has ended since; the last to be raised first. */
  readonly alerts: Signal<readonly AlertView[]> = signal([]);
  readonly state: Signal<"idle" | "loading" | "failed"> = signal("idle");
  /** There are older ones. */
  readonly hasMore: Signal<boolean> = signal(true);
  #cursor: number | null = null;
  #loaded: readonly AlertView[] = [];
  /** Those heard of since the first page was asked for, by id. */
  #heard = new Map<number, AlertView>();
  #loading = new AbortController();

  /** Loads the first page, and follows what ends; the returned function ends that. */
  start(): () => void {
    const deaf = onAlerts((alerts, isAll) => this.#take(alerts, isAll));
    this.#take(recentAlerts.peek(), true);
    return () => {
      deaf();
      this.#loading.abort();
    };
  }

  /** Loads the next page. */
  async load(): Promise<void> {
    if (this.state.peek() !== "loading") await this.#loadPage();
  }

  #take(alerts: readonly AlertView[], isAll: boolean): void {
    const isAnew = isAll || this.#heard.size > HEARD_MAX;
    if (isAnew) {
      // They are shown until the first page is there.
      this.#loaded = this.alerts.peek();
      this.#heard.clear();
      this.#cursor = null;
    }
    for (const alert of alerts) if (alert.endedMs !== null) this.#heard.set(alert.id, alert);
    this.#show();
    if (isAnew) void this.#loadPage();
  }

  #show(): void {
    const byId = new Map(this.#loaded.map((alert) => [alert.id, alert]));
    // They are as they are now.
    for (const [id, alert] of this.#heard) byId.set(id, alert);
    this.alerts.value = [...byId.values()].sort((a, b) => b.id - a.id);
  }

  /** The first one, if there is no cursor. One which is still on its way is given up. */
  async #loadPage(): Promise<void> {
    this.#loading.abort();
    const { signal } = this.#loading = new AbortController();
    this.state.value = "loading";
    const cursor = this.#cursor;
    const query = new URLSearchParams({ state: "ended", limit: String(PAGE_ALERTS) });
    if (cursor !== null) query.set("cursor", String(cursor));
    try {
      const response = await fetch(`/api/alerts?${query}`, { signal });
      if (!response.ok) throw new Error(`Cannot load alerts: the server answered ${response.status}`);
      const { alerts, next } = await response.json() as { alerts: readonly ApiAlert[]; next: number | null };
      if (signal.aborted) return;
      this.#loaded = [...cursor === null ? [] : this.#loaded, ...alerts.map(fromApi)];
      this.#show();
      this.#cursor = next;
      this.hasMore.value = next !== null;
      this.state.value = "idle";
    } catch {
      if (signal.aborted) return;
      // The button says so, and tries again.
      this.hasMore.value = true;
      this.state.value = "failed";
    }
  }
}

function fromApi({ since, raised, ended, ...same }: ApiAlert): AlertView {
  return {
    ...same,
    sinceMs: Date.parse(since),
    raisedMs: Date.parse(raised),
    endedMs: ended === null ? null : Date.parse(ended),
  };
}
