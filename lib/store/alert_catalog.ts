/** What is remembered of alerts: the seam to SQLite. */

/** A rule which holds at one sensor, or has held. Times: ms since 1970 by the clock of the server. */
export interface Alert {
  /** Rising in the order in which they were raised. */
  readonly id: number;
  /** Name of the rule. */
  readonly rule: string;
  /** What it says: `temp_cel > 60 for 10s`. */
  readonly condition: string;
  readonly device: string;
  readonly feed: string;
  /** The `device_id` of the readings; null for free objects. */
  readonly sensor: number | null;
  readonly measure: string;
  /** With which it was raised. */
  readonly value: number;
  /** When the rule began to hold. */
  readonly sinceMs: number;
  /** When it had held for as long as it has to. */
  readonly raisedMs: number;
  /** Null while it holds. */
  readonly endedMs: number | null;
}

/** Whether a webhook was told: `none` has to be; `failed` was given up. */
export type PostState = "none" | "waiting" | "delivered" | "failed";

/** An alert as it was committed. */
export interface AlertRow extends Alert {
  /** Where it is posted; null: nowhere. */
  readonly webhook: string | null;
  /** That it was raised. */
  readonly raisedPost: PostState;
  /** That it is over. */
  readonly endedPost: PostState;
}

/** Which alerts, newest first; all fields but the last optional. */
export interface AlertQuery {
  readonly device?: string;
  /** Those of which any part is in the span; bounds inclusive. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** Only those which hold, or only those which are over. */
  readonly holds?: boolean;
  /** Only those which were raised before the one with this id. */
  readonly beforeId?: number;
  readonly limit: number;
}

/**
 * Alerts in the catalog. As with `Catalog`, a change is durable when its promise resolves, changes of the same time share
 * a commit, and the errors are the same.
 */
export interface AlertCatalog {
  /** Inserts them, or changes end and posts of those that are there. */
  put(rows: readonly AlertRow[]): Promise<void>;
  /** Removes the oldest until `keptMax` are left, but none that holds or of which a webhook has to be told. */
  drop(keptMax: number): Promise<number>;
  /** Highest id ever; 0 for none. */
  lastId(): Promise<number>;
  /** Those which hold, and those of which a webhook has to be told; oldest first. */
  unsettled(): Promise<AlertRow[]>;
  page(query: AlertQuery): Promise<AlertRow[]>;
}

/** The methods that change something. */
export const ALERT_WRITES = ["put", "drop"] as const;
