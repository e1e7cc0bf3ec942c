/** Alerts, as SQL; synchronous, in the catalog's worker. What the calls promise: `alert_catalog.ts`. */
import type { AlertQuery, AlertRow, PostState } from "./alert_catalog.ts";
import type { SqlRow, Statements } from "./statements.ts";

export class AlertTables {
  readonly #sql: Statements;

  constructor(statements: Statements) {
    this.#sql = statements;
  }

  put(rows: readonly AlertRow[]): void {
    for (const row of rows) {
      this.#sql.run(
        `INSERT INTO alert (id, rule, condition, device, feed, sensor, measure, value, since_ms, raised_ms, ended_ms,
           webhook, raised_post, ended_post) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET ended_ms = excluded.ended_ms, webhook = excluded.webhook,
           raised_post = excluded.raised_post, ended_post = excluded.ended_post`,
        ...[row.id, row.rule, row.condition, row.device, row.feed, row.sensor, row.measure, row.value],
        ...[row.sinceMs, row.raisedMs, row.endedMs, row.webhook, row.raisedPost, row.endedPost],
      );
    }
  }

  drop(keptMax: number): number {
    return this.#sql.run(
      `DELETE FROM alert WHERE id <= (SELECT id FROM alert ORDER BY id DESC LIMIT 1 OFFSET ?)
         AND ended_ms IS NOT NULL AND raised_post <> 'waiting' AND ended_post <> 'waiting'`,
      keptMax,
    ).changes;
  }

  lastId(): number {
    return (this.#sql.get("SELECT seq FROM sqlite_sequence WHERE name = 'alert'")?.["seq"] ?? 0) as number;
  }

  unsettled(): AlertRow[] {
    return this.#sql.all(
      `SELECT * FROM alert WHERE ended_ms IS NULL
       UNION SELECT * FROM alert WHERE raised_post = 'waiting' OR ended_post = 'waiting' ORDER BY id`,
    ).map(toRow);
  }

  /** All that are kept may be looked at: some ten thousand. */
  page({ device, sinceMs, untilMs, holds, beforeId, limit }: AlertQuery): AlertRow[] {
    return this.#sql.all(
      `SELECT * FROM alert WHERE (?1 IS NULL OR device = ?1) AND (?2 IS NULL OR ended_ms IS NULL OR ended_ms >= ?2)
         AND (?3 IS NULL OR since_ms <= ?3) AND (?4 IS NULL OR (ended_ms IS NULL) = ?4) AND (?5 IS NULL OR id < ?5)
       ORDER BY id DESC LIMIT ?6`,
      device ?? null,
      sinceMs ?? null,
      untilMs ?? null,
      holds === undefined ? null : Number(holds),
      beforeId ?? null,
      limit,
    ).map(toRow);
  }
}

function toRow(row: SqlRow): AlertRow {
  return {
    id: row["id"] as number,
    rule: row["rule"] as string,
    condition: row["condition"] as string,
    device: row["device"] as string,
    feed: row["feed"] as string,
    sensor: row["sensor"] as number | null,
    measure: row["measure"] as string,
    value: row["value"] as number,
    sinceMs: row["since_ms"] as number,
    raisedMs: row["raised_ms"] as number,
    endedMs: row["ended_ms"] as number | null,
    webhook: row["webhook"] as string | null,
    raisedPost: row["raised_post"] as PostState,
    endedPost: row["ended_post"] as PostState,
  };
}
