/** The spool's SQL, synchronous; runs in its worker, so that a slow sync stops nobody else. */
import { DatabaseSync } from "node:sqlite";
import { LIMITS } from "../config/limits.ts";
import type { EventPack } from "../protocol/event_pack.ts";
import type { SequenceRange } from "../protocol/message.ts";
import { SpoolClipTable } from "./spool_clip_table.ts";
import { type DroppedPictures, SpoolFrameTables } from "./spool_frame_tables.ts";
import { SPOOL_MIGRATIONS } from "./spool_schema.ts";
import { type SqlRow, Statements } from "./statements.ts";

/** What a pack costs besides its events, bytes: its row, and its place in the index. */
export const PACK_COST_BYTES = 80;
const PRAGMAS = [
  // A short log: on a disk that is full, what is in it could not be brought into the file any more.
  "wal_autocheckpoint = 256",
  ...["auto_vacuum = INCREMENTAL", "journal_mode = WAL", "synchronous = FULL", "trusted_schema = 0"],
  // macOS: a plain fsync stops at the cache of the disk.
  ...["fullfsync = 1", "checkpoint_fullfsync = 1"],
];
const BYTES = `coalesce(sum(length(events) + ${PACK_COST_BYTES}), 0)`;
/** Rows that are looked at together. */
const ROWS_AT_ONCE = 64;
/** Free pages which a file keeps, and how many it gives back at once: a spool that was full does not stay as large. */
const FREE_PAGES_MAX = 4_096;
const FREE_PAGES_STEP = 2_048;

const CHECKED_PAGES_MAX = 16_384;
const SQLITE_CORRUPT = 11;

/** Why events were dropped. */
export type DropReason = "full" | "age";

/** What is in the spool of a feed. */
export interface SpooledFeed {
  readonly id: number;
  readonly name: string;
  readonly run: string;
  readonly last: number;
  readonly mark: string | null;
  readonly content: FeedContent;
}

export interface FeedContent {
  /** The lowest number; null when there is none. */
  readonly first: number | null;
  readonly events: number;
  readonly bytes: number;
  /** Of the first event, by the clock of the box; null when there is none. */
  readonly oldestMs: number | null;
}

/** What has left the spool, and what is the oldest now. */
export interface FeedChange extends FeedContent {
  /** Events of the ranges in packs that are still there, as others of theirs are not in the ranges. */
  readonly overlap: number;
}

/** What was dropped and not told of. */
export interface Untold {
  readonly events: readonly DroppedEvents[];
  readonly pictures: readonly DroppedPictures[];
}

/** Events that were dropped and not told of. */
export interface DroppedEvents {
  readonly feed: number;
  readonly name: string;
  readonly reason: DropReason;
  readonly events: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export class SpoolDatabase {
  readonly frames: SpoolFrameTables;
  readonly clips: SpoolClipTable;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;

  /** Opens or makes the database file. */
  constructor(path: string) {
    this.#database = new DatabaseSync(path, { timeout: 5_000 });
    this.#statements = new Statements(this.#database);
    this.frames = new SpoolFrameTables(this.#statements);
    this.clips = new SpoolClipTable(this.#statements);
    // Prepared, as the errors of `exec` do not say which SQLite error they are.
    try {
      for (const pragma of PRAGMAS) this.#statements.all(`PRAGMA ${pragma}`);
      this.#check();
      this.#migrate();
      // What a sync that failed before has left in the cache only becomes durable here, or is an error.
      this.#statements.all("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Runs `job` in one transaction, durable when it returns; rolled back when it throws. */
  transaction<T>(job: () => T): T {
    this.#statements.run("BEGIN IMMEDIATE");
    try {
      const result = job();
      this.#statements.run("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Brings what is in the log into the file; the next transaction begins the log anew. */
  checkpoint(): void {
    this.#statements.all("PRAGMA wal_checkpoint(RESTART)");
  }

  feeds(): SpooledFeed[] {
    return this.#statements.all("SELECT id, name, run, last, mark FROM feed ORDER BY id").map((row) => {
      const { id, name, run, last, mark } = row as unknown as Omit<SpooledFeed, "content">;
      return { id, name, run, last, mark, content: this.#content(id) };
    });
  }

  addFeed(name: string, run: string): number {
    return this.#statements.run("INSERT INTO feed (name, run, last) VALUES (?, ?, 0)", name, run).id;
  }

  setRun(feed: number, run: string): void {
    this.#statements.run("UPDATE feed SET run = ? WHERE id = ?", run, feed);
  }

  /** `told`: what these events say was dropped. */
  append(
    feed: number,
    packs: readonly EventPack[],
    mark: string | null,
    keptMs: number,
    told: Untold,
  ): void {
    const insert = this.#statements.prepare(
      "INSERT INTO pack (feed, first, last, from_ms, to_ms, kept_ms, events) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    for (const { first, last, fromMs, toMs, bytes } of packs) {
      insert.run(feed, first, last, fromMs, toMs, keptMs, bytes);
    }
    const last = packs.at(-1)!.last;
    this.#statements.run(
      "UPDATE feed SET last = max(last, ?), mark = coalesce(?, mark) WHERE id = ?",
      last,
      mark,
      feed,
    );
    for (const { feed: of, reason, events } of told.events) {
      this.#statements.run("UPDATE dropped SET events = events - ? WHERE feed = ? AND reason = ?", events, of, reason);
    }
    if (told.events.length > 0) this.#statements.run("DELETE FROM dropped WHERE events <= 0");
    this.frames.told(told.pictures);
  }

  /** Packs with events behind `after`; small ones that follow each other are joined. */
  read(feed: number, after: number, bytesMax: number): EventPack[] {
    const from = this.#statements.get(
      "SELECT max(first) AS first FROM pack WHERE feed = ? AND first <= ?",
      feed,
      after,
    );
    let next = Number(from?.["first"] ?? 0);
    const packs: EventPack[] = [];
    for (let bytes = 0; bytes < bytesMax;) {
      const rows = this.#statements.all(
        `SELECT first, last, from_ms, to_ms, events FROM pack WHERE feed = ? AND first >= ? ORDER BY first
         LIMIT ${ROWS_AT_ONCE}`,
        feed,
        next,
      ).map(toPack);
      for (const pack of rows) {
        next = pack.last + 1;
        if (pack.last <= after || bytes >= bytesMax) continue;
        packs.push(pack);
        bytes += pack.bytes.length;
      }
      if (rows.length < ROWS_AT_ONCE) break;
    }
    return joined(packs);
  }

  /** Removes packs which lie in these ranges whole. */
  remove(feed: number, ranges: readonly SequenceRange[]): FeedChange {
    let [events, bytes] = [0, 0];
    for (const { first, last } of ranges) {
      const where = "WHERE feed = ? AND first BETWEEN ? AND ? AND last <= ?";
      const sums = `SELECT coalesce(sum(last - first + 1), 0) AS events, ${BYTES} AS bytes FROM pack ${where}`;
      const row = this.#statements.get(sums, feed, first, last, last)!;
      events += Number(row["events"]);
      bytes += Number(row["bytes"]);
      this.#statements.run(`DELETE FROM pack ${where}`, feed, first, last, last);
    }
    this.#shrink();
    return { events, bytes, ...this.#oldest(feed), overlap: this.#overlap(feed, ranges) };
  }

  /** Drops the oldest packs of a feed until there are `bytes` less, but none that is on its way. */
  drop(feed: number, bytes: number, sending: readonly SequenceRange[]): FeedChange {
    return this.#drop(feed, "full", sending, (_, freed) => freed < bytes);
  }

  /** Drops what was kept before `beforeMs`; what was kept when nobody knew the time, was kept now. */
  expire(feed: number, beforeMs: number, nowMs: number, sending: readonly SequenceRange[]): FeedChange {
    this.#statements.run("UPDATE pack SET kept_ms = ? WHERE feed = ? AND kept_ms = 0", nowMs, feed);
    return this.#drop(feed, "age", sending, (keptMs) => keptMs < beforeMs);
  }

  dropped(): Untold {
    const events = this.#statements.all(
      `SELECT feed, name, reason, events, from_ms AS fromMs, to_ms AS toMs FROM dropped JOIN feed ON feed.id = dropped.feed`,
    ) as unknown as DroppedEvents[];
    return { events, pictures: this.frames.untold() };
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  /** From the oldest on, as long as `goesOn` says so of the next. */
  #drop(
    feed: number,
    reason: DropReason,
    sending: readonly SequenceRange[],
    goesOn: (keptMs: number, freedBytes: number) => boolean,
  ): FeedChange {
    let [events, bytes] = [0, 0];
    let [fromMs, toMs] = [Infinity, -Infinity];
    let next = 0;
    for (let isOver = false; !isOver;) {
      const rows = this.#statements.all(
        `SELECT id, first, last, from_ms, to_ms, kept_ms, length(events) AS bytes FROM pack
         WHERE feed = ? AND first >= ? ORDER BY first LIMIT ${ROWS_AT_ONCE}`,
        feed,
        next,
      );
      isOver = rows.length === 0;
      for (const row of rows) {
        if (!goesOn(Number(row["kept_ms"]), bytes)) return this.#dropped(feed, reason, { events, bytes, fromMs, toMs });
        const [first, last] = [Number(row["first"]), Number(row["last"])];
        const flying = sending.find((range) => range.first <= last && first <= range.last);
        next = Math.max(last, flying?.last ?? 0) + 1;
        // The packs behind it on its way need not be looked at.
        if (flying !== undefined) break;
        this.#statements.run("DELETE FROM pack WHERE id = ?", Number(row["id"]));
        events += last - first + 1;
        bytes += Number(row["bytes"]) + PACK_COST_BYTES;
        fromMs = Math.min(fromMs, Number(row["from_ms"]));
        toMs = Math.max(toMs, Number(row["to_ms"]));
      }
    }
    return this.#dropped(feed, reason, { events, bytes, fromMs, toMs });
  }

  #dropped(
    feed: number,
    reason: DropReason,
    { events, bytes, fromMs, toMs }: { events: number; bytes: number; fromMs: number; toMs: number },
  ): FeedChange {
    if (events > 0) {
      this.#statements.run(
        `INSERT INTO dropped (feed, reason, events, from_ms, to_ms) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET events = events + excluded.events, from_ms = min(from_ms, excluded.from_ms),
           to_ms = max(to_ms, excluded.to_ms)`,
        feed,
        reason,
        events,
        fromMs,
        toMs,
      );
    }
    return { events, bytes, ...this.#oldest(feed), overlap: 0 };
  }

  #content(feed: number): FeedContent {
    const sums = `SELECT coalesce(sum(last - first + 1), 0) AS events, ${BYTES} AS bytes FROM pack WHERE feed = ?`;
    const row = this.#statements.get(sums, feed)!;
    return { events: Number(row["events"]), bytes: Number(row["bytes"]), ...this.#oldest(feed) };
  }

  #oldest(feed: number): { first: number | null; oldestMs: number | null } {
    const row = this.#statements.get("SELECT first, from_ms FROM pack WHERE feed = ? ORDER BY first LIMIT 1", feed);
    return { first: (row?.["first"] ?? null) as number | null, oldestMs: (row?.["from_ms"] ?? null) as number | null };
  }

  /** A range may cut a pack at each of its ends. */
  #overlap(feed: number, ranges: readonly SequenceRange[]): number {
    const packs = new Map<number, SequenceRange>();
    for (const { first, last } of ranges) {
      for (const at of [first, last]) {
        const row = this.#statements.get(
          "SELECT first, last FROM pack WHERE feed = ? AND first <= ? ORDER BY first DESC LIMIT 1",
          feed,
          at,
        );
        if (row !== undefined) {
          packs.set(Number(row["first"]), { first: Number(row["first"]), last: Number(row["last"]) });
        }
      }
    }
    let events = 0;
    for (const pack of packs.values()) {
      for (const { first, last } of ranges) {
        events += Math.max(0, Math.min(pack.last, last) - Math.max(pack.first, first) + 1);
      }
    }
    return events;
  }

  /** Gives pages back to the disk. */
  #shrink(): void {
    const { freelist_count: pages } = this.#statements.get("PRAGMA freelist_count")!;
    if (Number(pages) > FREE_PAGES_MAX) this.#database.exec(`PRAGMA incremental_vacuum(${FREE_PAGES_STEP})`);
  }

  /** A file that is not large is looked at as a whole; in a larger one damage is found when it is met. */
  #check(): void {
    const { page_count: pages } = this.#statements.get("PRAGMA page_count")!;
    if (Number(pages) > CHECKED_PAGES_MAX) return;
    const text = String(this.#statements.get("PRAGMA quick_check(1)")!["quick_check"]);
    if (text !== "ok") throw Object.assign(new Error(text), { errcode: SQLITE_CORRUPT });
  }

  #migrate(): void {
    const { user_version: version } = this.#database.prepare("PRAGMA user_version").get() as { user_version: number };
    if (version > SPOOL_MIGRATIONS.length) {
      throw new Error(`Cannot open spool as its version must be <= ${SPOOL_MIGRATIONS.length}: received ${version}`);
    }
    if (version === SPOOL_MIGRATIONS.length) return;
    this.transaction(() => {
      for (const step of SPOOL_MIGRATIONS.slice(version)) this.#database.exec(step);
      this.#database.exec(`PRAGMA user_version = ${SPOOL_MIGRATIONS.length}`);
    });
  }
}

function toPack(row: SqlRow): EventPack {
  return {
    first: Number(row["first"]),
    last: Number(row["last"]),
    fromMs: Number(row["from_ms"]),
    toMs: Number(row["to_ms"]),
    bytes: row["events"] as Uint8Array<ArrayBuffer>,
  };
}

/** Readings that came one by one are passed on by the hundred. */
function joined(packs: readonly EventPack[]): EventPack[] {
  const groups: EventPack[][] = [];
  let [events, bytes] = [0, 0];
  for (const pack of packs) {
    events += pack.last - pack.first + 1;
    bytes += pack.bytes.length;
    const group = groups.at(-1);
    const fits = events <= LIMITS.eventsPerBatchMax && bytes <= LIMITS.readPieceBytes;
    if (group !== undefined && fits && group.at(-1)!.last + 1 === pack.first) {
      group.push(pack);
      continue;
    }
    groups.push([pack]);
    [events, bytes] = [pack.last - pack.first + 1, pack.bytes.length];
  }
  return groups.map((group) => {
    if (group.length === 1) return group[0]!;
    const joinedBytes = new Uint8Array(group.reduce((sum, pack) => sum + pack.bytes.length, 0));
    let at = 0;
    for (const pack of group) {
      joinedBytes.set(pack.bytes, at);
      at += pack.bytes.length;
    }
    const [first, last] = [group[0]!, group.at(-1)!];
    return { first: first.first, last: last.last, fromMs: first.fromMs, toMs: last.toMs, bytes: joinedBytes };
  });
}
