import { assert, assertEquals, assertRejects } from "@std/assert";
import { FramewireError } from "../../lib/errors.ts";
import { LIMITS } from "../../lib/config/limits.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { MadeUpOwner, sha256Of, StoreFixture } from "../helpers/store_fixture.ts";

const random = new SeededRandom(1);
const A = random.bytes(10_000);
const B = random.bytes(10_000);

async function codeOf(job: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(job, FramewireError)).code;
}

async function started(options: ConstructorParameters<typeof StoreFixture>[0] = {}): Promise<StoreFixture> {
  const fixture = new StoreFixture(options);
  await fixture.store.start();
  return fixture;
}

const opening = (name: string, bytes: number | null) => ({ name, bytes, modifiedMs: null });

Deno.test("ClipStore makes a clip visible only when it is whole", async () => {
  const fixture = await started();
  const clip = await fixture.store.create("box", opening("a.bin", A.length));
  await fixture.write(clip, A);
  await clip.flush();
  assertEquals(fixture.clipPaths(), []);
  const row = await fixture.finish(clip, A);
  assertEquals(fixture.clipPaths(), ["/data/clips/box/a.bin"]);
  assertEquals(fixture.contentOf(row), A);
  assertEquals(await fixture.store.findStored("box", "a.bin", A.length), [
    { ...row, updatedMs: row.storedMs!, held: [{ start: 0, end: A.length }] },
  ]);
});

Deno.test("ClipStore finishes in the order: data, name, folders, catalog", async () => {
  const fixture = await started();
  const clip = await fixture.store.create("box", opening("a.bin", A.length));
  await fixture.write(clip, A);
  const order: string[] = [];
  fixture.disk.onCall = ({ kind, path }) => {
    if (kind === "sync" || kind === "rename") order.push(kind);
    if (kind === "sync-folder") order.push(`${kind} ${path}`);
  };
  fixture.catalog.onCall = (method) => void order.push(method);
  await fixture.finish(clip, A);
  assertEquals(order, [
    "sync",
    "sync-folder /data/clips",
    "sync-folder /data/clips",
    "rename",
    "sync-folder /data/clips/box",
    "sync-folder /data/incoming",
    "finishClip",
    "commit",
  ]);
});

Deno.test("ClipStore loses no clip with a device's folder of which the sync failed, or never was", async () => {
  const failed = await started();
  failed.disk.failCall("sync-folder", 2);
  assertEquals(await codeOf(() => failed.storeClip("a.bin", A)), "STORAGE_FAILED");
  const killed = await started();
  killed.disk.onCall = ({ kind }) => kind === "sync-folder" ? new Promise(() => {}) : undefined;
  killed.disk.makeFolder("/data/clips/box");
  await killed.clock.advance(0);
  killed.disk.onCall = () => {};
  for (const fixture of [failed, killed]) {
    const row = await fixture.storeClip("b.bin", B);
    fixture.crash("nothing");
    assertEquals(fixture.contentOf(row), B);
  }
});

Deno.test("ClipStore keeps other content of the same name beside the first, whatever the letters' case", async () => {
  const fixture = await started();
  const names = [];
  for (const name of ["a.bin", "A.BIN", "a.bin"]) {
    names.push((await fixture.storeClip(name, random.bytes(100))).storedName);
  }
  assertEquals(names, ["a.bin", "A (2).BIN", "a (3).bin"]);
});

Deno.test("ClipStore gives two clips of one name which arrive at once a name each", async () => {
  const fixture = await started();
  const clips = await Promise.all([1, 2, 3].map(() => fixture.store.create("box", opening("a.bin", A.length))));
  assertEquals(clips.map(({ row }) => row.storedName), ["a.bin", "a (2).bin", "a (3).bin"]);
});

Deno.test("ClipStore overwrites no file that somebody put there, before or during the upload", async () => {
  const fixture = await started();
  const put = async (path: string) => {
    await fixture.disk.makeFolder("/data/clips/box");
    const file = await fixture.disk.open(path, "create-new");
    await file.writeAt(Uint8Array.of(1), 0);
    file.close();
  };
  await put("/data/clips/box/a.bin");
  const clip = await fixture.store.create("box", opening("a.bin", A.length));
  assertEquals(clip.row.storedName, "a (2).bin");
  await put("/data/clips/box/a (2).bin");
  await fixture.write(clip, A);
  const row = await fixture.finish(clip, A);
  assertEquals(row.storedName, "a (3).bin");
  assertEquals(fixture.contentOf(row), A);
  assertEquals((await fixture.catalog.clip(row.id))?.storedName, "a (3).bin");
  for (const name of ["a.bin", "a (2).bin"]) {
    assertEquals(fixture.disk.contentOf(`/data/clips/box/${name}`), Uint8Array.of(1));
  }
});

Deno.test("ClipStore publishes a clip once, although two connections end it", async () => {
  const fixture = await started();
  const clip = await fixture.store.create("box", opening("a.bin", A.length));
  await fixture.write(clip, A);
  await clip.complete(A.length, sha256Of(A));
  const rows = await Promise.all([1, 2].map(() => fixture.store.publish(clip, A.length, sha256Of(A))));
  assertEquals(rows[0], rows[1]);
  assertEquals(fixture.clipPaths(), ["/data/clips/box/a.bin"]);
  assertEquals((await fixture.catalog.clip(clip.row.id))?.storedName, "a.bin");
});

Deno.test("ClipStore tells who asks for a clip that is just becoming whole what came of it", async () => {
  const fixture = await started();
  const clip = await fixture.store.create("box", opening("a.bin", A.length));
  await fixture.write(clip, A);
  await clip.complete(A.length, sha256Of(A));
  const publishing = fixture.store.publish(clip, A.length, sha256Of(A));
  assertEquals(await fixture.store.unfinished("box", clip.row.id), undefined);
  assertEquals((await publishing).storedName, "a.bin");
});

for (const kind of ["rename", "sync-folder"] as const) {
  Deno.test(`ClipStore publishes nothing when a ${kind} fails, and can try again`, async () => {
    const fixture = await started();
    const clip = await fixture.store.create("box", opening("a.bin", A.length));
    await fixture.write(clip, A);
    await clip.flush();
    await fixture.disk.makeFolder("/data/clips/box");
    fixture.disk.failCall(kind);
    assertEquals(await codeOf(() => fixture.finish(clip, A)), "STORAGE_FAILED");
    assertEquals(fixture.clipPaths(), []);
    assertEquals((await fixture.catalog.clip(clip.row.id))?.storedMs, null);
    assertEquals(fixture.contentOf(await fixture.finish(clip, A)), A);
  });
}

Deno.test("ClipStore publishes nothing when the catalog's disk is full, and can try again", async () => {
  const fixture = await started();
  const clip = await fixture.store.create("box", opening("a.bin", A.length));
  await fixture.write(clip, A);
  await clip.flush();
  fixture.catalog.failCommit("full");
  assertEquals(await codeOf(() => fixture.finish(clip, A)), "NO_SPACE");
  assertEquals(fixture.clipPaths(), []);
  assertEquals(fixture.contentOf(await fixture.finish(clip, A)), A);
});

Deno.test("ClipStore knows its own file again when a publication failed half way, and could not be undone", async () => {
  const fixture = await started();
  const clip = await fixture.store.create("box", opening("a.bin", A.length));
  await fixture.write(clip, A);
  await clip.flush();
  await fixture.disk.makeFolder("/data/clips/box");
  fixture.disk.failCall("sync-folder");
  fixture.disk.failCall("rename", 2);
  assertEquals(await codeOf(() => fixture.finish(clip, A)), "STORAGE_FAILED");
  const row = await fixture.finish(clip, A);
  assertEquals([row.storedName, fixture.contentOf(row)], ["a.bin", A]);
  assertEquals(fixture.disk.paths(), ["/data/clips/box/a.bin"]);
});

for (const how of ["before", "after"] as const) {
  Deno.test(`ClipStore finds the clip whole after a last commit which failed ${how} it reached the disk`, async () => {
    const fixture = await started();
    const clip = await fixture.store.create("box", opening("a.bin", A.length));
    await fixture.write(clip, A);
    await clip.flush();
    fixture.catalog.failCommit(how);
    assertEquals(await codeOf(() => fixture.finish(clip, A)), "STORAGE_FAILED");
    fixture.crash("everything");
    await fixture.store.start();
    const row = await fixture.store.storedClip("box", clip.row.id);
    assert(row !== undefined, "nothing is lost");
    assertEquals(fixture.contentOf(row), A);
  });
}

Deno.test("ClipStore.create leaves nothing behind when it fails", async () => {
  for (const fail of ["open", "sync-folder", "commit"] as const) {
    const fixture = await started();
    if (fail === "commit") fixture.catalog.failCommit("full");
    else fixture.disk.failCall(fail);
    await codeOf(() => fixture.store.create("box", opening("a.bin", 10)));
    assertEquals(fixture.disk.paths(), [], fail);
    assertEquals(fixture.store.unfinishedOf("box"), [], fail);
  }
});

Deno.test("ClipStore keeps devices apart", async () => {
  const fixture = await started();
  const clip = await fixture.store.create("box-1", opening("a.bin", A.length));
  assertEquals(await fixture.store.unfinished("box-2", clip.row.id), undefined);
  assertEquals(await fixture.store.findUnfinished("box-2", "a.bin", A.length), undefined);
  assert(await fixture.store.findUnfinished("box-1", "a.bin", A.length) === clip);
  await fixture.write(clip, A);
  const row = await fixture.finish(clip, A);
  assertEquals(await fixture.store.storedClip("box-2", row.id), undefined);
  assertEquals(await fixture.store.findStored("box-2", "a.bin", A.length), []);
});

Deno.test("ClipStore offers the unfinished clip which is furthest", async () => {
  const fixture = await started();
  for (const bytes of [100, 300, 200]) {
    const clip = await fixture.store.create("box", opening("a.bin", A.length));
    await fixture.write(clip, A, 0, bytes);
    await clip.flush();
  }
  assertEquals((await fixture.store.findUnfinished("box", "a.bin", A.length))?.held, [{ start: 0, end: 300 }]);
});

Deno.test("ClipStore does not count a clip as there whose file is gone", async () => {
  const fixture = await started();
  const row = await fixture.storeClip("a.bin", A);
  await fixture.disk.remove(fixture.store.folders.storedPath(row));
  assertEquals(await fixture.store.findStored("box", "a.bin", A.length), []);
});

Deno.test("ClipStore reserves space for the clips that arrive", async () => {
  const fixture = await started({ capacityBytes: 100_000, reserveBytes: 20_000 });
  const big = await fixture.store.create("box", opening("big.bin", 60_000));
  big.claim(new MadeUpOwner());
  const error = await assertRejects(() => fixture.store.create("box", opening("b.bin", 21_000)), FramewireError);
  assertEquals(error.code, "NO_SPACE");
  assert(error.retryAfterMs > 0);
  await fixture.store.create("box", opening("c.bin", 20_000));
});

Deno.test("ClipStore takes nothing new on a full disk, keeps what it has, and goes on when there is space", async () => {
  const fixture = await started({ capacityBytes: 40_960 });
  const row = await fixture.storeClip("a.bin", A);
  const clip = await fixture.store.create("box", opening("pipe", null));
  const owner = new MadeUpOwner();
  clip.claim(owner);
  const content = random.bytes(60_000);
  await fixture.write(clip, content, 0, 20_000);
  await clip.flush();
  assertEquals(await codeOf(() => fixture.write(clip, content, 20_000, 60_000)), "NO_SPACE");
  assertEquals(owner.lostCodes, ["NO_SPACE"]);
  assertEquals(await codeOf(() => fixture.store.create("box", opening("b.bin", 30_000))), "NO_SPACE");
  assertEquals(fixture.contentOf(row), A);
  fixture.disk.capacityBytes = 1_000_000;
  const again = (await fixture.store.unfinished("box", clip.row.id))!;
  assertEquals(again.held, [{ start: 0, end: 20_000 }]);
  await fixture.write(again, content, 20_000, 60_000);
  assertEquals(fixture.contentOf(await fixture.finish(again, content)), content);
});

Deno.test("ClipStore.discard removes what is held of a clip", async () => {
  const fixture = await started();
  const clip = await fixture.store.create("box", opening("a.bin", A.length));
  await fixture.write(clip, A);
  await fixture.store.discard(clip.row.id);
  assertEquals(fixture.disk.paths(), []);
  assertEquals(fixture.catalog.rows, []);
  await fixture.store.discard(clip.row.id);
});

Deno.test("ClipStore.discard leaves no file without a row when the clip is just becoming visible", async () => {
  const fixture = await started();
  const clip = await fixture.store.create("box", opening("a.bin", A.length));
  await fixture.write(clip, A);
  let discarded: Promise<void> | undefined;
  fixture.catalog.onCall = (method) => {
    if (method === "finishClip") discarded = fixture.store.discard(clip.row.id);
  };
  const row = await fixture.finish(clip, A);
  await discarded;
  assertEquals(fixture.contentOf(row), A);
  assertEquals((await fixture.catalog.clip(row.id))?.sha256, sha256Of(A));
});

Deno.test("ClipStore.expire removes what nobody continued, and nothing else", async () => {
  const fixture = await started({ keepUnfinishedMs: 3_600_000 });
  const [old, owned, late] = await Promise.all(
    ["old", "owned", "late"].map((name) => fixture.store.create("box", opening(name, A.length))),
  ) as [never, never, never] as Awaited<ReturnType<typeof fixture.store.create>>[];
  const stored = await fixture.storeClip("stored", B);
  owned!.claim(new MadeUpOwner());
  await fixture.write(old!, A, 0, 10);
  await old!.flush();
  await fixture.clock.advance(3_000_000);
  await fixture.write(late!, A, 0, 10);
  await late!.flush();
  await fixture.store.expire();
  assertEquals(fixture.store.unfinishedOf("box").length, 3, "not yet");
  await fixture.clock.advance(700_000);
  await fixture.store.expire();
  assertEquals(fixture.store.unfinishedOf("box").map(({ name }) => name).sort(), ["late", "owned"]);
  assertEquals(fixture.contentOf(stored), B);
});

Deno.test("ClipStore.expire closes and removes also a clip which could not be published", async () => {
  const fixture = await started({ keepUnfinishedMs: 1_000 });
  const clip = await fixture.store.create("box", opening("a.bin", A.length));
  await fixture.write(clip, A);
  fixture.disk.failCall("rename");
  assertEquals(await codeOf(() => fixture.finish(clip, A)), "STORAGE_FAILED");
  await fixture.store.expire();
  assertEquals(fixture.store.openClip(clip.row.id), undefined);
  await fixture.clock.advance(1_001);
  await fixture.store.expire();
  assertEquals(fixture.store.unfinishedOf("box"), []);
});

Deno.test("ClipStore.expire trusts no wall clock which has just jumped", async () => {
  const fixture = await started({ keepUnfinishedMs: 3_600_000 });
  await fixture.store.create("box", opening("a.bin", A.length));
  fixture.clock.setWall(fixture.clock.wallMs() + 1e12);
  await fixture.store.expire();
  assertEquals(fixture.store.unfinishedOf("box").length, 1);
});

Deno.test("ClipStore.start removes files which nobody knows from incoming/, and from nowhere else", async () => {
  const fixture = await started();
  await fixture.storeClip("a.bin", A);
  for (const name of ["dead.part", "note.txt"]) {
    (await fixture.disk.open(`/data/incoming/${name}`, "create-new")).close();
  }
  fixture.crash("everything");
  await fixture.store.start();
  assertEquals(fixture.disk.paths(), ["/data/clips/box/a.bin", "/data/incoming/note.txt"]);
});

Deno.test("ClipStore.stop makes what was taken durable", async () => {
  const fixture = await started();
  const clip = await fixture.store.create("box", opening("a.bin", A.length));
  await fixture.write(clip, A, 0, 5_000);
  await fixture.store.stop();
  fixture.crash("nothing");
  await fixture.store.start();
  assertEquals(fixture.store.unfinishedOf("box").map(({ held }) => held), [[{ start: 0, end: 5_000 }]]);
});

Deno.test("ClipStore keeps odd names out of the folder tree", async () => {
  const fixture = await started();
  for (const name of ["../../etc/passwd", "/etc/passwd", "..", "CON", "a\nb", "x".repeat(LIMITS.clipNameBytesMax)]) {
    const row = await fixture.storeClip(name, random.bytes(10), "../box");
    assertEquals(row.name, name);
  }
  for (const path of fixture.disk.paths()) assert(/^\/data\/clips\/[^/]+\/[^/\n]+$/.test(path), path);
});
