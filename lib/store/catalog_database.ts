/** The catalog's SQL, synchronous; runs in the worker, so that a slow sync stops nobody else. */
import { DatabaseSync } from "node:sqlite";
import type { ByteRange } from "../protocol/ranges.ts";
import { ALERT_SCHEMA } from "./alert_schema.ts";
import { AlertTables } from "./alert_tables.ts";
import type { CatalogTotals, ClipRow, StoredFacts } from "./catalog.ts";
import { EventQueries } from "./event_queries.ts";
import { EVENT_LATE_SCHEMA, EVENT_RUN_SCHEMA, EVENT_SCHEMA } from "./event_schema.ts";
import { EventTables } from "./event_tables.ts";
import { FrameQueries } from "./frame_queries.ts";
import { FRAME_CONTENT_SCHEMA, FRAME_RUN_SCHEMA, FRAME_SCHEMA } from "./frame_schema.ts";
import { FrameTables } from "./frame_tables.ts";
import { nameKey } from "./safe_name.ts";
import { type SqlValue, Statements } from "./statements.ts";

/** One step a version; never changed once released, only added to. */
const MIGRATIONS = [
  `CREATE TABLE clip (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     device TEXT NOT NULL,
     folder TEXT NOT NULL,
     name TEXT NOT NULL,
     stored_name TEXT NOT NULL,
     name_key TEXT NOT NULL,
     bytes INTEGER,
     held TEXT NOT NULL,
     sha256 TEXT,
     created_ms INTEGER NOT NULL,
     updated_ms INTEGER NOT NULL,
     stored_ms INTEGER,
     modified_ms INTEGER,
     media_type TEXT NOT NULL,
     UNIQUE (folder, name_key)
   ) STRICT;
   CREATE INDEX clip_by_name ON clip (device, name);
   CREATE INDEX clip_unfinished ON clip (seq) WHERE stored_ms IS NULL;`,
  FRAME_SCHEMA,
  EVENT_SCHEMA,
  EVENT_LATE_SCHEMA,
  ALERT_SCHEMA,
  FRAME_CONTENT_SCHEMA,
  FRAME_RUN_SCHEMA,
  EVENT_RUN_SCHEMA,
];

export class CatalogDatabase {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  /** Frames: what is asked, and what changes them. */
  readonly frameQueries: FrameQueries;
  readonly frameTables: FrameTables;
  /** Events: the same. */
  readonly eventQueries: EventQueries;
  readonly eventTables: EventTables;
  readonly alertTables: AlertTables;

  /** Opens or makes the database file. `isDurable`: waits for a direct write, by its ticket, and tells whether it was done. */
  constructor(path: string, isDurable: (ticket: number) => boolean = () => false) {
    this.#database = new DatabaseSync(path, { timeout: 5_000 });
    this.#database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = 0; " +
        // macOS: a plain fsync stops at the cache of the disk.
        "PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1;",
    );
    this.#statements = new Statements(this.#database);
    this.frameQueries = new FrameQueries(this.#statements);
    this.frameTables = new FrameTables(this.#statements, isDurable);
    this.eventQueries = new EventQueries(this.#statements);
    this.eventTables = new EventTables(this.#statements);
    this.alertTables = new AlertTables(this.#statements);
    this.#migrate();
  }

  /** Runs `job` in one transaction, durable when it returns; rolled back when it throws. */
  transaction<T>(job: () => T): T {
    // Prepared, as the errors of `exec` do not say which SQLite error they are, and a failed sync must be known.
    this.#statements.prepare("BEGIN IMMEDIATE").run();
    try {
      const result = job();
      this.eventTables.flush();
      this.#statements.prepare("COMMIT").run();
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors, such as a full disk.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      this.eventTables.rolledBack();
      throw error;
    }
  }

  insertClip(row: ClipRow): void {
    this.#run(
      `INSERT INTO clip (id, device, folder, name, stored_name, name_key, bytes, held, sha256, created_ms, updated_ms,
         stored_ms, modified_ms, media_type) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row.id,
      row.device,
      row.folder,
      row.name,
      row.storedName,
      nameKey(row.storedName),
      row.bytes,
      JSON.stringify(row.held),
      row.sha256,
      row.createdMs,
      row.updatedMs,
      row.storedMs,
      row.modifiedMs,
      row.mediaType,
    );
  }

  updateHeld(id: string, held: readonly ByteRange[], mediaType: string, updatedMs: number): void {
    const text = JSON.stringify(held);
    this.#update(
      "UPDATE clip SET held = ?, media_type = ?, updated_ms = ? WHERE id = ?",
      text,
      mediaType,
      updatedMs,
      id,
    );
  }

  renameClip(id: string, storedName: string): void {
    this.#update("UPDATE clip SET stored_name = ?, name_key = ? WHERE id = ?", storedName, nameKey(storedName), id);
  }

  finishClip(id: string, facts: StoredFacts): void {
    const held = JSON.stringify(facts.bytes === 0 ? [] : [{ start: 0, end: facts.bytes }]);
    this.#update(
      "UPDATE clip SET bytes = ?, held = ?, sha256 = ?, media_type = ?, stored_ms = ?, updated_ms = ? WHERE id = ?",
      facts.bytes,
      held,
      facts.sha256,
      facts.mediaType,
      facts.storedMs,
      facts.storedMs,
      id,
    );
  }

  removeClip(id: string): void {
    this.#run("DELETE FROM clip WHERE id = ?", id);
  }

  clip(id: string): ClipRow | undefined {
    return this.#rows("WHERE id = ?", id)[0];
  }

  clips(options: { limit: number; before?: string; device?: string }): ClipRow[] {
    return this.#rows(
      `WHERE (?1 IS NULL OR seq < (SELECT seq FROM clip WHERE id = ?1)) AND (?2 IS NULL OR device = ?2)
       ORDER BY seq DESC LIMIT ?3`,
      options.before ?? null,
      options.device ?? null,
      options.limit,
    );
  }

  unfinishedClips(): ClipRow[] {
    return this.#rows("WHERE stored_ms IS NULL ORDER BY seq");
  }

  storedClipsNamed(device: string, name: string, bytes: number | null): ClipRow[] {
    return this.#rows(
      `WHERE device = ?1 AND name = ?2 AND stored_ms IS NOT NULL AND (?3 IS NULL OR bytes = ?3)
       ORDER BY seq DESC LIMIT 100`,
      device,
      name,
      bytes,
    );
  }

  isNameTaken(folder: string, key: string): boolean {
    return this.#statements.prepare("SELECT 1 FROM clip WHERE folder = ? AND name_key = ?").get(folder, key) !==
      undefined;
  }

  totals(): CatalogTotals {
    return this.#statements.prepare(
      `SELECT count(stored_ms) AS stored, count(*) - count(stored_ms) AS unfinished,
         coalesce(sum(bytes) FILTER (WHERE stored_ms IS NOT NULL), 0) AS storedBytes FROM clip`,
    ).get() as unknown as CatalogTotals;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #migrate(): void {
    const { user_version: version } = this.#database.prepare("PRAGMA user_version").get() as { user_version: number };
    if (version > MIGRATIONS.length) {
      throw new Error(`Cannot open catalog as its version must be <= ${MIGRATIONS.length}: received ${version}`);
    }
    // Nothing is written when there is nothing to do: a server must start on a full disk.
    if (version === MIGRATIONS.length) return;
    this.transaction(() => {
      for (const step of MIGRATIONS.slice(version)) this.#database.exec(step);
      this.#database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    });
  }

  #run(sql: string, ...values: SqlValue[]): void {
    this.#statements.prepare(sql).run(...values);
  }

  /** Changes one row. A change of none must not look as if something had become durable. */
  #update(sql: string, ...values: SqlValue[]): void {
    const { changes } = this.#statements.prepare(sql).run(...values);
    if (Number(changes) !== 1) throw new Error(`Cannot change clip ${values.at(-1)}: there is no such clip`);
  }

  #rows(where: string, ...values: SqlValue[]): ClipRow[] {
    const columns = "id, device, folder, name, stored_name, bytes, held, sha256, created_ms, updated_ms, stored_ms, " +
      "modified_ms, media_type";
    return this.#statements.prepare(`SELECT ${columns} FROM clip ${where}`).all(...values).map((row) => ({
      id: row["id"] as string,
      device: row["device"] as string,
      folder: row["folder"] as string,
      name: row["name"] as string,
      storedName: row["stored_name"] as string,
      bytes: row["bytes"] as number | null,
      held: JSON.parse(row["held"] as string) as ByteRange[],
      sha256: row["sha256"] as string | null,
      createdMs: row["created_ms"] as number,
      updatedMs: row["updated_ms"] as number,
      storedMs: row["stored_ms"] as number | null,
      modifiedMs: row["modified_ms"] as number | null,
      mediaType: row["media_type"] as string,
    }));
  }
}
