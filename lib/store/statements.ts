/** SQL statements of one connection, each prepared once. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";

/** What a column takes. */
export type SqlValue = string | number | null | Uint8Array;

/** A row as SQLite gives it. */
export type SqlRow = Record<string, SQLOutputValue>;

export class Statements {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  /** Runs a change; how many rows it was, and the id of the last one inserted. */
  run(sql: string, ...values: SqlValue[]): { changes: number; id: number } {
    const { changes, lastInsertRowid } = this.prepare(sql).run(...values);
    return { changes: Number(changes), id: Number(lastInsertRowid) };
  }

  get(sql: string, ...values: SqlValue[]): SqlRow | undefined {
    return this.prepare(sql).get(...values);
  }

  all(sql: string, ...values: SqlValue[]): SqlRow[] {
    return this.prepare(sql).all(...values);
  }

  /** Before the connection is closed. */
  clear(): void {
    this.#prepared.clear();
  }
}
