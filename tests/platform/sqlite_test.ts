import { assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { tempFolder } from "../helpers/temp_folder.ts";

function pragma(db: DatabaseSync, name: string): unknown {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

Deno.test("SQLite takes WAL, synchronous=FULL and a busy timeout", async () => {
  await using folder = await tempFolder();
  const db = new DatabaseSync(folder.join("a.db"));
  try {
    assertEquals(pragma(db, "busy_timeout"), 0, "the default is no waiting at all");
    db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000; PRAGMA trusted_schema=0");
    const settings = ["journal_mode", "synchronous", "busy_timeout", "trusted_schema"].map((name) => pragma(db, name));
    assertEquals(settings, ["wal", 2, 5000, 0]);
  } finally {
    db.close();
  }
});

Deno.test("a STRICT table refuses a value of another type", () => {
  const db = new DatabaseSync(":memory:");
  try {
    db.exec("CREATE TABLE a (bytes INTEGER NOT NULL) STRICT");
    assertThrows(() => db.prepare("INSERT INTO a VALUES (?)").run("many"), Error, "INTEGER");
  } finally {
    db.close();
  }
});

Deno.test("integers above 2^53 throw unless they are read as bigint", () => {
  const db = new DatabaseSync(":memory:");
  try {
    db.exec("CREATE TABLE a (bytes INTEGER NOT NULL) STRICT");
    db.prepare("INSERT INTO a VALUES (?)").run(2n ** 53n + 1n);
    const select = db.prepare("SELECT bytes FROM a");
    assertThrows(() => select.get(), RangeError);
    select.setReadBigInts(true);
    assertEquals(select.get()?.["bytes"], 2n ** 53n + 1n);
    db.prepare("UPDATE a SET bytes = ?").run(2 ** 53 - 1);
    assertEquals(db.prepare("SELECT bytes FROM a").get()?.["bytes"], 2 ** 53 - 1);
  } finally {
    db.close();
  }
});
