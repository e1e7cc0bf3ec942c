import type { AlertCatalog, AlertQuery, AlertRow } from "../../lib/store/alert_catalog.ts";

/** A row of an alert that holds. */
export function madeUpAlertRow(id: number, patch: Partial<AlertRow> = {}): AlertRow {
  return {
    ...{ id, rule: "hot", condition: "temp_cel > 60", device: "van-7", feed: "line1", sensor: 1, measure: "temp_cel" },
    ...{ value: 61.5, sinceMs: 1_000 * id, raisedMs: 1_000 * id, endedMs: null },
    ...{ webhook: null, raisedPost: "none", endedPost: "none" },
    ...patch,
  };
}

/** Alerts in memory. A commit takes one turn of the loop, or as long as `commit` says. */
export class MadeUpAlertCatalog implements AlertCatalog {
  readonly rows = new Map<number, AlertRow>();
  /** Sizes of the commits. */
  readonly commits: number[] = [];
  /** Waited for before each commit, which fails when it rejects. */
  commit: () => Promise<void> = () => Promise.resolve();

  async put(rows: readonly AlertRow[]): Promise<void> {
    await this.commit();
    this.commits.push(rows.length);
    for (const row of rows) this.rows.set(row.id, row);
  }

  drop(keptMax: number): Promise<number> {
    const oldest = this.#sorted().slice(keptMax).filter(({ endedMs }) => endedMs !== null);
    for (const { id } of oldest) this.rows.delete(id);
    return Promise.resolve(oldest.length);
  }

  lastId(): Promise<number> {
    return Promise.resolve(this.#sorted()[0]?.id ?? 0);
  }

  unsettled(): Promise<AlertRow[]> {
    const rows = this.#sorted().toReversed().filter(({ endedMs, raisedPost, endedPost }) =>
      endedMs === null || raisedPost === "waiting" || endedPost === "waiting"
    );
    return Promise.resolve(rows);
  }

  page({ limit }: AlertQuery): Promise<AlertRow[]> {
    return Promise.resolve(this.#sorted().slice(0, limit));
  }

  #sorted(): AlertRow[] {
    return [...this.rows.values()].sort((a, b) => b.id - a.id);
  }
}
