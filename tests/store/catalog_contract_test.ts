/** What every catalog promises, held against the one in SQLite and its made-up twin. */
import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { FramewireError } from "../../lib/errors.ts";
import type { Catalog, ClipRow } from "../../lib/store/catalog.ts";
import { CatalogDatabase } from "../../lib/store/catalog_database.ts";
import { nameKey } from "../../lib/store/safe_name.ts";
import { SqliteCatalog } from "../../lib/store/sqlite_catalog.ts";
import { MemoryCatalog } from "../helpers/memory_catalog.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

const FACTS = { bytes: 10, sha256: "ab".repeat(32), storedMs: 1_700_000_000_500, mediaType: "video/mp4" };

function rowOf(id: string, fields: Partial<ClipRow> = {}): ClipRow {
  return {
    id,
    device: "box",
    folder: "box",
    name: `${id}.mp4`,
    storedName: `${id}.mp4`,
    bytes: 10,
    held: [],
    sha256: null,
    createdMs: 1_700_000_000_000,
    updatedMs: 1_700_000_000_000,
    storedMs: null,
    modifiedMs: null,
    mediaType: "application/octet-stream",
    ...fields,
  };
}

/** Runs `body` with a catalog, and with a way to open it anew, as after a crash. */
type WithCatalog = (body: (catalog: Catalog, again: () => Promise<Catalog>) => Promise<void>) => Promise<void>;

const KINDS: Record<string, WithCatalog> = {
  async SqliteCatalog(body) {
    await using folder = await tempFolder();
    const path = folder.join("framewire.db");
    let catalog = await SqliteCatalog.open(path);
    try {
      await body(catalog, async () => {
        await catalog.close();
        return catalog = await SqliteCatalog.open(path);
      });
    } finally {
      await catalog.close();
    }
  },
  async MemoryCatalog(body) {
    let catalog = new MemoryCatalog();
    await body(catalog, () => Promise.resolve(catalog = catalog.crash()));
  },
};

/** The same test for each kind. */
function contract(what: string, body: (catalog: Catalog, again: () => Promise<Catalog>) => Promise<void>): void {
  for (const [kind, withCatalog] of Object.entries(KINDS)) Deno.test(`${kind} ${what}`, () => withCatalog(body));
}

const ids = (rows: readonly ClipRow[]) => rows.map((row) => row.id);

contract("gives a row as it was put in, also when it is opened anew", async (catalog, again) => {
  const rows = [
    rowOf("a", { name: "ü/'\n.mp4", modifiedMs: 5, held: [{ start: 0, end: 3 }, { start: 5, end: 2 ** 44 }] }),
    rowOf("b", { bytes: null, mediaType: "video/mp4" }),
    rowOf("c", { bytes: 2 ** 44 }),
  ];
  for (const row of rows) await catalog.insertClip(row);
  for (const row of rows) assertEquals(await catalog.clip(row.id), row);
  const later = await again();
  for (const row of rows) assertEquals(await later.clip(row.id), row);
  assertEquals(await later.clip("d"), undefined);
});

contract("keeps what is held, its type and when", async (catalog, again) => {
  await catalog.insertClip(rowOf("a"));
  const held = [{ start: 0, end: 4 }, { start: 6, end: 9 }];
  await catalog.updateHeld("a", held, "video/mp4", 1_700_000_000_100);
  const later = await again();
  assertEquals(await later.clip("a"), rowOf("a", { held, mediaType: "video/mp4", updatedMs: 1_700_000_000_100 }));
});

contract("finishes a clip: all of it is held then", async (catalog, again) => {
  await catalog.insertClip(rowOf("a", { bytes: null }));
  await catalog.insertClip(rowOf("b"));
  await catalog.finishClip("a", FACTS);
  await catalog.finishClip("b", { ...FACTS, bytes: 0 });
  const later = await again();
  const { storedMs } = FACTS;
  assertEquals(
    await later.clip("a"),
    rowOf("a", { ...FACTS, held: [{ start: 0, end: 10 }], updatedMs: storedMs }),
  );
  assertEquals((await later.clip("b"))?.held, []);
  assertEquals(ids(await later.unfinishedClips()), []);
});

contract("refuses to change a clip which is not there, as nothing would be durable", async (catalog) => {
  await assertRejects(() => catalog.finishClip("a", FACTS), FramewireError, "there is no such clip");
  await assertRejects(() => catalog.updateHeld("a", [], "x/y", 1), FramewireError, "there is no such clip");
  await assertRejects(() => catalog.renameClip("a", "b"), FramewireError, "there is no such clip");
  await catalog.removeClip("a");
  assertEquals(await catalog.totals(), { stored: 0, unfinished: 0, storedBytes: 0 });
});

contract("lists clips: newest first, in pages, of one device", async (catalog) => {
  for (const id of ["a", "b", "c", "d"]) {
    await catalog.insertClip(rowOf(id, { device: id === "b" ? "other" : "box", createdMs: 1 }));
  }
  assertEquals(ids(await catalog.clips({ limit: 10 })), ["d", "c", "b", "a"]);
  assertEquals(ids(await catalog.clips({ limit: 2 })), ["d", "c"]);
  assertEquals(ids(await catalog.clips({ limit: 2, before: "c" })), ["b", "a"]);
  assertEquals(ids(await catalog.clips({ limit: 10, device: "box" })), ["d", "c", "a"]);
  assertEquals(ids(await catalog.clips({ limit: 10, before: "c", device: "other" })), ["b"]);
});

contract("lists what is unfinished: oldest first", async (catalog) => {
  for (const id of ["c", "a", "b"]) await catalog.insertClip(rowOf(id));
  await catalog.finishClip("a", FACTS);
  assertEquals(ids(await catalog.unfinishedClips()), ["c", "b"]);
});

contract("finds whole clips by device, name and size: newest first", async (catalog) => {
  for (const id of ["a", "b", "c", "d", "e"]) {
    const fields = { name: "clip", bytes: id === "c" ? 5 : 10, device: id === "d" ? "other" : "box" };
    await catalog.insertClip(rowOf(id, fields));
    if (id !== "e") await catalog.finishClip(id, { ...FACTS, bytes: fields.bytes });
  }
  assertEquals(ids(await catalog.storedClipsNamed("box", "clip", 10)), ["b", "a"]);
  assertEquals(ids(await catalog.storedClipsNamed("box", "clip", null)), ["c", "b", "a"]);
  assertEquals(ids(await catalog.storedClipsNamed("box", "Clip", null)), []);
});

contract("gives a name in a folder once, whatever its letters' case", async (catalog) => {
  await catalog.insertClip(rowOf("a", { storedName: "Straße.mp4" }));
  await catalog.insertClip(rowOf("b", { storedName: "Straße.mp4", folder: "other" }));
  assertEquals(await catalog.isNameTaken("box", nameKey("STRASSE.MP4")), true);
  assertEquals(await catalog.isNameTaken("box", nameKey("strase.mp4")), false);
  await assertRejects(() => catalog.insertClip(rowOf("c", { storedName: "STRASSE.mp4" })), FramewireError);
  await assertRejects(() => catalog.insertClip(rowOf("a", { storedName: "free.mp4" })), FramewireError);
  assertEquals(await catalog.clip("c"), undefined);
});

contract("renames, and frees the old name", async (catalog) => {
  await catalog.insertClip(rowOf("a", { storedName: "one" }));
  await catalog.insertClip(rowOf("b", { storedName: "two" }));
  await assertRejects(() => catalog.renameClip("b", "ONE"), FramewireError);
  await catalog.renameClip("a", "three");
  await catalog.renameClip("b", "one");
  assertEquals((await catalog.clip("a"))?.storedName, "three");
  assertEquals((await catalog.clip("b"))?.storedName, "one");
});

contract("removes, and counts what is there", async (catalog) => {
  for (const id of ["a", "b", "c"]) await catalog.insertClip(rowOf(id));
  await catalog.finishClip("a", FACTS);
  await catalog.finishClip("b", { ...FACTS, bytes: 7 });
  assertEquals(await catalog.totals(), { stored: 2, unfinished: 1, storedBytes: 17 });
  await catalog.removeClip("a");
  assertEquals(await catalog.totals(), { stored: 1, unfinished: 1, storedBytes: 7 });
});

contract("lets one bad call of many take no other with it", async (catalog) => {
  await catalog.insertClip(rowOf("a"));
  const results = await Promise.allSettled([
    catalog.insertClip(rowOf("b")),
    catalog.insertClip(rowOf("a")),
    catalog.updateHeld("a", [{ start: 0, end: 1 }], "x/y", 1),
    catalog.insertClip(rowOf("c")),
  ]);
  assertEquals(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  assertEquals(ids(await catalog.clips({ limit: 10 })).sort(), ["a", "b", "c"]);
  assertEquals((await catalog.clip("a"))?.held, [{ start: 0, end: 1 }]);
});

contract("answers what is asked behind a change with the change", async (catalog) => {
  const inserted = catalog.insertClip(rowOf("a"));
  const found = catalog.clip("a");
  await inserted;
  assertEquals((await found)?.id, "a");
});

Deno.test("SqliteCatalog refuses a file which is no database, and one of a later version", async () => {
  await using folder = await tempFolder();
  await Deno.writeTextFile(folder.join("text.db"), "This is not a database at all. ".repeat(100));
  await assertRejects(() => SqliteCatalog.open(folder.join("text.db")), FramewireError);
  const database = new DatabaseSync(folder.join("later.db"));
  database.exec("PRAGMA user_version = 1000");
  database.close();
  await assertRejects(() => SqliteCatalog.open(folder.join("later.db")), FramewireError, "version must be <=");
});

Deno.test("SqliteCatalog whose file is damaged somewhere does nothing more", async () => {
  await using folder = await tempFolder();
  const path = folder.join("framewire.db");
  const first = await SqliteCatalog.open(path);
  await first.insertClip(rowOf("a"));
  await first.close();
  const database = new DatabaseSync(path);
  const { page } = database.prepare("SELECT rootpage AS page FROM sqlite_schema WHERE name = 'source'").get()!;
  const { page_size: pageBytes } = database.prepare("PRAGMA page_size").get()!;
  database.close();
  const bytes = await Deno.readFile(path);
  const at = (page as number - 1) * (pageBytes as number);
  await Deno.writeFile(path, bytes.fill(0xaa, at, at + (pageBytes as number)));
  const catalog = await SqliteCatalog.open(path);
  const broken: string[] = [];
  catalog.onBroken = ({ code }) => broken.push(code);
  try {
    assertEquals((await catalog.clips({ limit: 9 })).length, 1);
    await assertRejects(() => catalog.frames.sources(), FramewireError, "malformed");
    for (const more of [() => catalog.insertClip(rowOf("b")), () => catalog.clips({ limit: 9 })]) {
      assertEquals((await assertRejects(more, FramewireError)).code, "STORAGE_FAILED");
    }
    assertEquals(broken[0], "STORAGE_FAILED");
  } finally {
    await catalog.close();
  }
});

Deno.test("SqliteCatalog shares commits between changes of the same time", async () => {
  await using folder = await tempFolder();
  const catalog = await SqliteCatalog.open(folder.join("framewire.db"));
  try {
    const walBytes = async () => (await Deno.stat(folder.join("framewire.db-wal"))).size;
    const grownBy = async (job: () => Promise<unknown>) => {
      const before = await walBytes();
      await job();
      return await walBytes() - before;
    };
    const insert = (id: string) => catalog.insertClip(rowOf(id));
    const one = await grownBy(() => insert("first"));
    const many = await grownBy(() => Promise.all(Array.from({ length: 30 }, (_, i) => insert(`clip-${i}`))));
    // Each commit writes its pages into the log: thirty of them alone would be thirty times as much.
    assert(many < one * 10, `30 together wrote ${many} bytes, one alone ${one}`);
  } finally {
    await catalog.close();
  }
});

Deno.test("SqliteCatalog syncs at each commit, and trusts no schema", async () => {
  await using folder = await tempFolder();
  // Settings of a connection are seen by that connection alone, so it is caught as it is made.
  const connections = new Set<DatabaseSync>();
  const exec = DatabaseSync.prototype.exec;
  DatabaseSync.prototype.exec = function (sql) {
    connections.add(this);
    exec.call(this, sql);
  };
  const database = new CatalogDatabase(folder.join("framewire.db"));
  DatabaseSync.prototype.exec = exec;
  const [connection] = connections;
  const pragma = (name: string) => Object.values(connection!.prepare(`PRAGMA ${name}`).get()!)[0];
  try {
    assertEquals(pragma("journal_mode"), "wal");
    assertEquals(pragma("synchronous"), 2, "2 is FULL: anything less forgets what was acked");
    assertEquals(pragma("trusted_schema"), 0);
  } finally {
    database.close();
  }
});

Deno.test("MemoryCatalog forgets at a power cut what was not committed", async () => {
  const catalog = new MemoryCatalog();
  await catalog.insertClip(rowOf("a"));
  let found: MemoryCatalog | undefined;
  catalog.onCall = (method) => {
    if (method === "commit") found = catalog.crash();
  };
  await assertRejects(() => catalog.insertClip(rowOf("b")), FramewireError, "power was cut");
  assertEquals(ids(found!.rows), ["a"]);
});

Deno.test("MemoryCatalog fails a commit as told: before or after it has reached the disk, or for want of space", async () => {
  const catalog = new MemoryCatalog();
  catalog.failCommit("full");
  assertEquals((await assertRejects(() => catalog.insertClip(rowOf("a")), FramewireError)).code, "NO_SPACE");
  await catalog.insertClip(rowOf("b"));
  catalog.failCommit("after");
  await assertRejects(() => catalog.insertClip(rowOf("c")), FramewireError, "disk I/O error");
  await assertRejects(() => catalog.insertClip(rowOf("d")), FramewireError, "disk I/O error");
  assertEquals(ids(catalog.crash().rows), ["b", "c"]);
});
