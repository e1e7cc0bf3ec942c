/** SQL of the clips in the spool: files of watched folders, by reference. Synchronous. */
import type { Statements } from "./statements.ts";

/** Whether the server has a file: it is to be sent, or was stored and is kept on the box. */
export type ClipState = "waiting" | "stored";

/** A file as it was seen. */
export interface ClipRow {
  /** Path below its folder. */
  readonly name: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly state: ClipState;
}

export class SpoolClipTable {
  readonly #sql: Statements;

  constructor(statements: Statements) {
    this.#sql = statements;
  }

  /** What is known of a folder. */
  all(folder: string): ClipRow[] {
    const sql = "SELECT name, bytes, modified_ms AS modifiedMs, state FROM clip WHERE folder = ?";
    return this.#sql.all(sql, folder) as unknown as ClipRow[];
  }

  put(folder: string, rows: readonly ClipRow[]): void {
    for (const { name, bytes, modifiedMs, state } of rows) {
      this.#sql.run(
        "INSERT OR REPLACE INTO clip (folder, name, bytes, modified_ms, state) VALUES (?, ?, ?, ?, ?)",
        ...[folder, name, bytes, modifiedMs, state],
      );
    }
  }

  remove(folder: string, names: readonly string[]): void {
    for (const name of names) this.#sql.run("DELETE FROM clip WHERE folder = ? AND name = ?", folder, name);
  }
}
