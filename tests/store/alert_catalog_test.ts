import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import type { AlertQuery, AlertRow } from "../../lib/store/alert_catalog.ts";
import { SqliteCatalog } from "../../lib/store/sqlite_catalog.ts";
import { madeUpAlertRow as row } from "../helpers/made_up_alert_catalog.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

/** A real catalog, and one of the same file after a stop. */
async function withCatalog(job: (open: () => Promise<SqliteCatalog>, path: string) => Promise<void>): Promise<void> {
  await using folder = await tempFolder();
  const path = join(folder.path, "framewire.db");
  let catalog: SqliteCatalog | undefined;
  try {
    await job(async () => {
      await catalog?.close();
      return catalog = await SqliteCatalog.open(path);
    }, path);
  } finally {
    await catalog?.close();
  }
}

Deno.test("SqliteCatalog keeps alerts as they were, and changes their end and posts", () =>
  withCatalog(async (open, path) => {
    const { alerts } = await open();
    const strange = row(2, { device: "x'; --\u202e😀", sensor: null, value: -0.1, webhook: "http://a/?b" });
    await alerts.put([row(1), strange]);
    const ended = row(1, { endedMs: 5_000, webhook: "http://c/", raisedPost: "delivered", endedPost: "waiting" });
    await alerts.put([{ ...ended, value: 99, rule: "other" }]);
    const again = (await open()).alerts;
    assertEquals(await again.page({ limit: 9 }), [strange, ended], "what it was raised for never changes");
    assertEquals(await again.lastId(), 2);
    const database = new DatabaseSync(path);
    const { strict } = database.prepare("SELECT strict FROM pragma_table_list WHERE name = 'alert'").get()!;
    database.close();
    assertEquals(strict, 1);
  }));

Deno.test("SqliteCatalog tells which alerts hold, and of which somebody is to be told, by index", () =>
  withCatalog(async (open, path) => {
    const { alerts } = await open();
    assertEquals([await alerts.unsettled(), await alerts.lastId()], [[], 0]);
    const rows = [
      row(1, { endedMs: 1 }),
      row(2),
      row(3, { endedMs: 1, raisedPost: "waiting" }),
      row(4, { raisedPost: "waiting" }),
      row(5, { endedMs: 1, endedPost: "waiting", raisedPost: "delivered" }),
      row(6, { endedMs: 1, endedPost: "failed", raisedPost: "failed" }),
    ];
    await alerts.put(rows);
    assertEquals((await alerts.unsettled()).map(({ id }) => id), [2, 3, 4, 5]);
    const database = new DatabaseSync(path);
    const plan = database.prepare(
      `EXPLAIN QUERY PLAN SELECT * FROM alert WHERE ended_ms IS NULL
       UNION SELECT * FROM alert WHERE raised_post = 'waiting' OR ended_post = 'waiting' ORDER BY id`,
    ).all().map(({ detail }) => String(detail)).filter((detail) => detail.startsWith("SCAN"));
    database.close();
    assertEquals(plan.map((detail) => detail.split(" ").at(-1)), ["alert_open", "alert_waiting"]);
  }));

Deno.test("SqliteCatalog gives alerts newest first, by device, span and state, and from where a page ended", () =>
  withCatalog(async (open) => {
    const { alerts } = await open();
    await alerts.put([
      row(1, { sinceMs: 1_000, endedMs: 2_000 }),
      row(2, { sinceMs: 3_000, endedMs: 6_000, device: "b" }),
      row(3, { sinceMs: 5_000 }),
      row(4, { sinceMs: 9_000, endedMs: 9_500 }),
    ]);
    const cases: [Omit<AlertQuery, "limit">, number[]][] = [
      [{}, [4, 3, 2, 1]],
      [{ device: "b" }, [2]],
      [{ sinceMs: 2_000 }, [4, 3, 2, 1]],
      [{ sinceMs: 2_001 }, [4, 3, 2]],
      [{ sinceMs: 7_000 }, [4, 3]],
      [{ untilMs: 3_000 }, [2, 1]],
      [{ sinceMs: 2_500, untilMs: 2_600 }, []],
      [{ holds: true }, [3]],
      [{ holds: false, beforeId: 4 }, [2, 1]],
    ];
    for (const [query, expected] of cases) {
      const found = await alerts.page({ ...query, limit: 10 });
      assertEquals(found.map(({ id }) => id), expected, JSON.stringify(query));
    }
    assertEquals((await alerts.page({ limit: 2 })).map(({ id }) => id), [4, 3]);
  }));

Deno.test("SqliteCatalog drops the oldest alerts, but none which holds or of which somebody is to be told", () =>
  withCatalog(async (open) => {
    const { alerts } = await open();
    const rows: AlertRow[] = Array.from({ length: 10 }, (_, index) => row(index + 1, { endedMs: 5 }));
    rows[1] = row(2);
    rows[2] = row(3, { endedMs: 5, endedPost: "waiting" });
    await alerts.put(rows);
    assertEquals([await alerts.drop(10), await alerts.drop(4), await alerts.drop(4)], [0, 4, 0]);
    assertEquals((await alerts.page({ limit: 99 })).map(({ id }) => id), [10, 9, 8, 7, 3, 2]);
    assertEquals(await alerts.drop(0), 4);
    assertEquals(await (await open()).alerts.lastId(), 10, "no number is given twice");
  }));
