/// <reference lib="dom" />
/** Alerts which are over, from the JSON API, page by page. */
import { type Signal, signal } from "@preact/signals";
import type { AlertView } from "../../event_library.ts";

const PAGE_ALERTS = 100;

/** An alert as the API shows it; see `event_json.ts`. */
type ApiAlert = Omit<AlertView, "sinceMs" | "raisedMs" | "endedMs"> & {
  readonly since: string;
  readonly raised: string;
  readonly ended: string | null;
};

export class AlertHistory {
  /** What was loaded, newest first. */
  readonly alerts: Signal<readonly AlertView[]> = signal([]);
  readonly state: Signal<"idle" | "loading" | "failed"> = signal("idle");
  /** There are older ones. */
  readonly hasMore: Signal<boolean> = signal(true);
  #cursor: number | null = null;

  /** Loads the next page. */
  async load(): Promise<void> {
    if (this.state.peek() === "loading") return;
    this.state.value = "loading";
    const query = new URLSearchParams({ state: "ended", limit: String(PAGE_ALERTS) });
    if (this.#cursor !== null) query.set("cursor", String(this.#cursor));
    try {
      const response = await fetch(`/api/alerts?${query}`);
      if (!response.ok) throw new Error(`Cannot load alerts: the server answered ${response.status}`);
      const { alerts, next } = await response.json() as { alerts: readonly ApiAlert[]; next: number | null };
      this.#cursor = next;
      this.alerts.value = [...this.alerts.peek(), ...alerts.map(fromApi)];
      this.hasMore.value = next !== null;
      this.state.value = "idle";
    } catch {
      this.state.value = "failed";
    }
  }
}

/** Those which were loaded and those which ended meanwhile; the last to be raised first. */
export function allEnded(loaded: readonly AlertView[], live: readonly AlertView[]): AlertView[] {
  const byId = new Map(loaded.map((alert) => [alert.id, alert]));
  for (const alert of live) if (alert.endedMs !== null) byId.set(alert.id, alert);
  return [...byId.values()].sort((a, b) => b.id - a.id);
}

function fromApi({ since, raised, ended, ...same }: ApiAlert): AlertView {
  return {
    ...same,
    sinceMs: Date.parse(since),
    raisedMs: Date.parse(raised),
    endedMs: ended === null ? null : Date.parse(ended),
  };
}
