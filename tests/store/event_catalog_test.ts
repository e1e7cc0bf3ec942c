/** The tables of events: what the store does not show by itself. */
import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals } from "@std/assert";
import { CatalogDatabase } from "../../lib/store/catalog_database.ts";
import { EventQueries } from "../../lib/store/event_queries.ts";
import { SqliteCatalog } from "../../lib/store/sqlite_catalog.ts";
import { Statements } from "../../lib/store/statements.ts";
import { reading, withRealEvents } from "../helpers/event_store_fixture.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

const TABLES = ["feed", "feed_run", "event", "measure", "rollup", "alert"];

Deno.test("SqliteCatalog takes over a database from before there were events, with all that is in it", async () => {
  await using folder = await tempFolder();
  const path = folder.join("framewire.db");
  const before = await SqliteCatalog.open(path);
  const opening = { device: "box", name: "cam", kind: "visible", run: "r", nowMs: 1, sourcesMax: 9 } as const;
  const { source } = (await before.frames.openSource(opening))!;
  await before.close();
  const database = new DatabaseSync(path);
  const version = database.prepare("PRAGMA user_version").get();
  for (const table of TABLES) database.exec(`DROP TABLE ${table}`);
  database.exec("DROP INDEX run_by_opened; DROP INDEX run_empty");
  for (const column of ["frames", "opened"]) database.exec(`ALTER TABLE run DROP COLUMN ${column}`);
  database.exec("PRAGMA user_version = 2");
  database.close();
  const catalog = await SqliteCatalog.open(path);
  try {
    const feed = { device: "box", feed: "a", run: "r", floor: 1, nowMs: 1, feedsMax: 9 };
    assertEquals(await catalog.events.openFeed(feed), { feedId: 1, held: [] });
    assertEquals((await catalog.frames.sources()).map(({ id }) => id), [source.id]);
  } finally {
    await catalog.close();
  }
  const after = new DatabaseSync(path);
  assertEquals(after.prepare("PRAGMA user_version").get(), version);
  const strict = after.prepare("SELECT name FROM pragma_table_list WHERE strict = 1").all().map(({ name }) => name);
  for (const table of TABLES) assert(strict.includes(table), `${table} is not strict`);
  after.close();
});

Deno.test("EventQueries finds events by their indices: it sorts nothing and reads no whole table", async () => {
  await using folder = await tempFolder();
  const path = folder.join("framewire.db");
  new CatalogDatabase(path).close();
  const database = new DatabaseSync(path);
  database.exec("INSERT INTO feed (device, name, created_ms) VALUES ('box', 'a', 0)");
  database.exec(
    "INSERT INTO measure (feed_id, name, reading, device_id, json) VALUES (1, 'temp_cel', 'temp_cel', 7, 0)",
  );
  database.exec("INSERT INTO measure (feed_id, name, json) VALUES (1, 'json', 1)");
  for (const step of [60_000, 3_600_000, 86_400_000]) {
    database.exec(`INSERT INTO rollup VALUES (1, ${step}, 0, 0, 0, 0, 0, 0), (2, ${step}, 0, 0, 0, 0, 0, 0)`);
  }
  const { prepare } = database;
  const asked: string[] = [];
  database.prepare = function (sql) {
    asked.push(sql);
    return prepare.call(this, sql);
  };
  const queries = new EventQueries(new Statements(database));
  for (const order of ["ascending", "descending"] as const) {
    queries.page({ order, limit: 10 });
    queries.page({ order, limit: 10, cursor: { timeMs: 5, id: 3 }, device: "box" });
    queries.page({ order, limit: 10, hasPicture: true, sinceMs: 1 });
  }
  queries.picture(1);
  queries.feeds();
  for (const measure of ["temp_cel", "json"]) {
    for (const untilMs of [1e3, 1e6, 1e9, 1e12]) {
      queries.series({ feedId: 1, measure, sinceMs: 0, untilMs, buckets: 100 });
    }
  }
  assert(asked.length > 12, `${asked.length} statements`);
  for (const sql of asked) {
    const plan = prepare.call(database, `EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) => String(detail));
    const bad = plan.filter((step) => /SCAN (event|rollup)\b/.test(step) || (/TEMP B-TREE FOR ORDER/.test(step)));
    assertEquals(bad, [], `${sql}\n${plan.join("\n")}`);
  }
  database.close();
});

Deno.test("SqliteCatalog shares a commit between batches of many feeds", () =>
  withRealEvents(async (fixture) => {
    const feeds = await Promise.all(Array.from({ length: 50 }, (_, index) => fixture.open(`feed ${index}`)));
    const walBytes = async () => (await Deno.stat(`${fixture.path}-wal`)).size;
    const grownBy = async (job: () => Promise<unknown>) => {
      const before = await walBytes();
      await job();
      return await walBytes() - before;
    };
    const one = await grownBy(() => feeds[0]!.append([reading(1)]));
    const many = await grownBy(() => Promise.all(feeds.map((feed) => feed.append([reading(1)], { first: 2 }))));
    // Each commit writes its pages into the log: fifty of them alone would be fifty times as much.
    assert(many < one * 15, `50 together wrote ${many} bytes, one alone ${one}`);
  }));

Deno.test("SqliteCatalog takes many batches in several commits, in their order, so that others need not wait long", () =>
  withRealEvents(async (fixture) => {
    const feed = await fixture.open();
    const order: number[] = [];
    const big = (first: number) =>
      feed.append([{ kind: "text", text: `${first} ${"x".repeat(400_000)}` }], { first }).then(() => order.push(first));
    const { postMessage } = Worker.prototype;
    const calls: number[] = [];
    Worker.prototype.postMessage = function (message: unknown[], options?: unknown) {
      calls.push(message.length);
      return postMessage.call(this, message, options as StructuredSerializeOptions);
    };
    try {
      const appends = Array.from({ length: 12 }, (_, index) => big(index + 1));
      // It is asked behind them all, and is answered with them.
      const { rows } = await fixture.store.page({ order: "ascending", limit: 50, search: "12 x" });
      assertEquals(rows.length, 1);
      await Promise.all(appends);
    } finally {
      Worker.prototype.postMessage = postMessage;
    }
    assertEquals(calls, [1, 3, 3, 3, 3], "3 x 400 KB are the first that are more than 1 MiB");
    assertEquals(order, Array.from({ length: 12 }, (_, index) => index + 1));
  }));
