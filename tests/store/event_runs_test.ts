/** Runs of feeds which nobody needs any more are forgotten; what keeps an event from being stored twice is not. */
import { assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import { encodeBatch } from "../../lib/protocol/event_batch.ts";
import { CatalogDatabase } from "../../lib/store/catalog_database.ts";
import { reading } from "../helpers/event_store_fixture.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

const RUNS_MAX = LIMITS.runsPerFeedMax;

/** Feed `a` of a catalog; each method but those of a transaction is one. */
class Feed {
  readonly database: CatalogDatabase;

  constructor(path: string) {
    this.database = new CatalogDatabase(path);
  }

  /** What is held of a run. */
  open(run: string): [number, number][] {
    return this.database.transaction(() => this.openNow(run));
  }

  openMany(name: string, count: number): void {
    this.database.transaction(() => {
      for (let number = 0; number < count; number++) this.openNow(`${name} ${number}`);
    });
  }

  /** How many were new. */
  append(run: string, sequence: number): number {
    return this.database.transaction(() => this.appendNow(run, sequence));
  }

  dropAll(): void {
    this.database.transaction(() => this.database.eventTables.dropEvents(2, 1e9));
  }

  openNow(run: string): [number, number][] {
    const opening = { device: "box", feed: "a", run, floor: 1, nowMs: 1, feedsMax: 9 };
    return this.database.eventTables.openFeed(opening)!.held.map(({ first, last }) => [first, last]);
  }

  appendNow(run: string, sequence: number): number {
    const batch = encodeBatch([{ sequence, timeMs: 1, source: null, body: reading(1) }]);
    return this.database.eventTables.append({ feedId: 1, run, late: false, receivedMs: 1, offsetMs: 0, batch }).stored;
  }
}

async function withFeed(body: (feed: Feed, path: string) => void): Promise<void> {
  await using folder = await tempFolder();
  const path = folder.join("framewire.db");
  const feed = new Feed(path);
  try {
    body(feed, path);
  } finally {
    feed.database.close();
  }
}

function rows(path: string, sql: string): unknown[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const found = database.prepare(sql).all().map((row) => Object.values(row));
  database.close();
  return found;
}

Deno.test("runs are forgotten in the order in which they were opened last, unless there are events of them", () =>
  withFeed((feed, path) => {
    for (const run of ["kept", "removed"]) feed.open(run);
    feed.append("removed", 7);
    feed.dropAll();
    feed.append("kept", 9);
    feed.openMany("some", RUNS_MAX - 1);
    assertEquals(feed.open("removed"), [[7, 7]], "the last that may be kept");
    feed.openMany("more", RUNS_MAX - 1);
    assertEquals([feed.append("removed", 7), feed.open("removed")], [0, [[7, 7]]], "it was opened lately");
    feed.openMany("most", RUNS_MAX);
    assertEquals(feed.open("removed"), [], "forgotten");
    assertEquals([feed.append("kept", 9), feed.open("kept")], [0, [[9, 9]]], "its event is there");
    assertEquals(rows(path, "SELECT count(*) FROM feed_run"), [[RUNS_MAX + 1]]);
    feed.dropAll();
    feed.openMany("last", RUNS_MAX);
    assertEquals(feed.open("kept"), [], "without its last event it is as the others");
  }));

Deno.test("a run to which something was added in the same commit is not forgotten", () =>
  withFeed((feed) => {
    feed.database.transaction(() => {
      feed.openNow("fresh");
      feed.appendNow("fresh", 3);
      for (let number = 0; number <= RUNS_MAX; number++) feed.openNow(`other ${number}`);
      feed.appendNow("fresh", 4);
    });
    assertEquals([feed.append("fresh", 4), feed.open("fresh")], [0, [[3, 4]]]);
  }));

Deno.test("events of a run that was forgotten while it was open are refused, until it is opened again", () =>
  withFeed((feed) => {
    feed.open("idle");
    feed.openMany("other", RUNS_MAX);
    const error = assertThrows(() => feed.append("idle", 1), FramewireError);
    assertEquals([error.code, error.retryable], ["STREAMS_EXHAUSTED", true]);
    feed.open("idle");
    assertEquals([feed.append("idle", 1), feed.append("idle", 1)], [1, 0]);
  }));

Deno.test("a transaction that is rolled back forgets no run, and counts no event", () =>
  withFeed((feed, path) => {
    feed.open("one");
    const failing = () => {
      feed.appendNow("one", 1);
      for (let number = 0; number <= RUNS_MAX; number++) feed.openNow(`other ${number}`);
      throw new Error("the disk is full");
    };
    assertThrows(() => feed.database.transaction(failing), Error, "the disk is full");
    assertEquals([feed.append("one", 1), feed.append("one", 2)], [1, 1]);
    assertEquals(rows(path, "SELECT name, events FROM feed_run"), [["one", 2]]);
  }));

Deno.test("a catalog from before runs were counted counts them", () =>
  withFeed((feed, path) => {
    for (const run of ["two", "none"]) feed.open(run);
    for (const sequence of [1, 2]) feed.append("two", sequence);
    const old = new DatabaseSync(path);
    old.exec("DROP INDEX feed_run_by_opened; DROP INDEX feed_run_empty");
    for (const column of ["events", "opened"]) old.exec(`ALTER TABLE feed_run DROP COLUMN ${column}`);
    const { user_version: version } = old.prepare("PRAGMA user_version").get()!;
    old.exec(`PRAGMA user_version = ${Number(version) - 1}`);
    old.close();
    new CatalogDatabase(path).close();
    assertEquals(rows(path, "SELECT name, events, opened FROM feed_run ORDER BY id"), [["two", 2, 1], ["none", 0, 2]]);
  }));
