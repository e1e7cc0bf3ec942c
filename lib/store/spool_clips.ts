/** Clips of a watched folder in the spool, by reference: which of its files wait for the server, and which it has. */
import type { ClipRow, ClipState } from "./spool_clip_table.ts";

/** What a file is known by. */
export interface FileMark {
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** A file by its name below the folder. */
export type NamedFile = FileMark & { readonly name: string };

export class SpoolClips {
  readonly #folder: string;
  readonly #call: <T>(method: string, ...args: readonly unknown[]) => Promise<T>;
  readonly #rows: Map<string, ClipRow>;

  constructor(
    folder: string,
    rows: readonly ClipRow[],
    call: <T>(method: string, ...args: readonly unknown[]) => Promise<T>,
  ) {
    this.#folder = folder;
    this.#call = call;
    this.#rows = new Map(rows.map((row) => [row.name, row]));
  }

  /** Files which wait, and their bytes. */
  get waiting(): { readonly clips: number; readonly bytes: number } {
    let [clips, bytes] = [0, 0];
    for (const row of this.#rows.values()) {
      if (row.state !== "waiting") continue;
      clips++;
      bytes += row.bytes;
    }
    return { clips, bytes };
  }

  /** Whether the server has this very file. */
  isStored(name: string, mark: FileMark): boolean {
    return this.#stateOf(name, mark) === "stored";
  }

  /** Whether this very file has waited before. */
  isWaiting(name: string, mark: FileMark): boolean {
    return this.#stateOf(name, mark) === "waiting";
  }

  /** These wait. Durable when it resolves. */
  async wait(files: readonly NamedFile[]): Promise<void> {
    await this.#put(files.map(({ name, bytes, modifiedMs }) => ({ name, bytes, modifiedMs, state: "waiting" })));
  }

  /** The server has them, and they stay. Durable when it resolves. */
  async stored(files: readonly NamedFile[]): Promise<void> {
    await this.#put(files.map(({ name, bytes, modifiedMs }) => ({ name, bytes, modifiedMs, state: "stored" })));
  }

  /** Forgets one: it is gone. */
  async forget(name: string): Promise<void> {
    if (this.#rows.delete(name)) await this.#call("clips.remove", this.#folder, [name]);
  }

  /** Forgets all others: they are gone, or are not to be sent any more. */
  async keepOnly(isKept: (name: string, state: ClipState) => boolean): Promise<void> {
    const gone = [...this.#rows.values()].filter(({ name, state }) => !isKept(name, state)).map(({ name }) => name);
    for (const name of gone) this.#rows.delete(name);
    if (gone.length > 0) await this.#call("clips.remove", this.#folder, gone);
  }

  /** The file of the spool is another one, which knows nothing. */
  async again(): Promise<void> {
    await this.#call("clips.put", this.#folder, [...this.#rows.values()]);
  }

  async #put(rows: readonly ClipRow[]): Promise<void> {
    for (const row of rows) this.#rows.set(row.name, row);
    if (rows.length > 0) await this.#call("clips.put", this.#folder, rows);
  }

  #stateOf(name: string, { bytes, modifiedMs }: FileMark): ClipRow["state"] | undefined {
    const row = this.#rows.get(name);
    return row !== undefined && row.bytes === bytes && row.modifiedMs === modifiedMs ? row.state : undefined;
  }
}
