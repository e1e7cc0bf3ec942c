import { createHash } from "node:crypto";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { ClipFolderSettings } from "../../lib/agent/agent_config.ts";
import { AgentWork } from "../../lib/agent/agent_work.ts";
import { ClipPart } from "../../lib/agent/clip_part.ts";
import type { ClipJob } from "../../lib/clips/clip_job.ts";
import { FramewireError } from "../../lib/errors.ts";
import type { ClipRow } from "../../lib/store/spool_clip_table.ts";
import { SpoolClips } from "../../lib/store/spool_clips.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const RESULT = {
  stored: { clipId: "c", storedName: "c", url: "", alreadyThere: false },
  bytes: 3,
  sha256: "00",
};

/** Of the file in which earlier versions kept what they knew of `/clips`. */
const OLD_ID = createHash("sha256").update("/clips").digest("hex").slice(0, 16);

/** Rows of the spool, by folder and name: they outlive a kill. */
class Rows {
  readonly rows = new Map<string, Map<string, ClipRow>>();
  /** What begins to wait is durable when this resolves. */
  waitsFor: Promise<void> = Promise.resolve();

  clips(folder: string): Promise<SpoolClips> {
    const known = this.rows.get(folder) ?? new Map<string, ClipRow>();
    this.rows.set(folder, known);
    return Promise.resolve(
      new SpoolClips(folder, [...known.values()], async <T>(method: string, ...args: readonly unknown[]) => {
        if (method !== "clips.put") {
          for (const name of args[1] as string[]) known.delete(name);
          return undefined as T;
        }
        const rows = args[1] as ClipRow[];
        for (const row of rows) known.set(row.name, row);
        if (rows.some(({ state }) => state === "waiting")) await this.waitsFor;
        return undefined as T;
      }),
    );
  }

  of(folder: string): string[] {
    return [...this.rows.get(folder)?.values() ?? []].map(({ name, bytes, state }) => `${name} ${bytes} ${state}`)
      .sort();
  }
}

/** A box with a watched folder; what the server would say is said by the test. */
class World {
  readonly clock: MadeUpClock;
  readonly work = new AgentWork();
  readonly troubles: string[] = [];
  readonly notes: string[] = [];
  readonly #stop = new AbortController();
  readonly #settings: ClipFolderSettings;
  disk: MemoryDisk;
  readonly spool: Rows;
  running: Promise<void> = Promise.resolve();

  constructor(settings: Partial<ClipFolderSettings> = {}, before?: World) {
    this.clock = before?.clock ?? new MadeUpClock();
    this.disk = before?.disk ?? new MemoryDisk({ wallMs: () => this.clock.wallMs() });
    this.spool = before?.spool ?? new Rows();
    const defaults = { folder: "/clips", pattern: "*.mp4", end: "keep", moveTo: null, settledMs: 5_000 } as const;
    this.#settings = { ...defaults, ...settings };
  }

  async start(): Promise<this> {
    await this.disk.makeFolder("/clips");
    const outside = { disk: this.disk, clock: this.clock, random: new SeededRandom(1) };
    const part = new ClipPart(this.#settings, "/state", outside, this.work, this.spool);
    this.running = part.run(this.#stop.signal, {
      works: () => {},
      trouble: (text) => void this.troubles.push(text),
      note: (text) => void this.notes.push(text),
    });
    await this.clock.advance(0);
    return this;
  }

  async write(name: string, text: string): Promise<void> {
    const path = `/clips/${name}`;
    await this.disk.makeFolder(path.slice(0, path.lastIndexOf("/")));
    const file = await this.disk.open(path, "create-or-update");
    await file.writeAt(new TextEncoder().encode(text), (await file.info()).bytes);
    file.close();
  }

  names(): string[] {
    return this.work.clips.jobs.map(({ name }) => name);
  }

  job(name: string): ClipJob {
    return this.work.clips.jobs.find((job) => job.name === name)!;
  }

  paths(): string[] {
    return this.disk.paths().filter((path) => !path.startsWith("/state/"));
  }

  async stored(name: string): Promise<void> {
    await this.job(name).stored(RESULT);
    await this.clock.advance(0);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.clock.runUntil(this.running);
  }

  /** kill -9: nothing more happens, and what was not synced is gone. */
  killed(settings: Partial<ClipFolderSettings> = {}, keeps: "nothing" | "everything" = "nothing"): World {
    this.disk = this.disk.crash(keeps);
    this.running.catch(() => {});
    return new World(settings, this);
  }
}

Deno.test("clip part: a file is taken when it has not changed for as long as it must", async () => {
  const world = await new World().start();
  await world.write("a.mp4", "one");
  for (let second = 0; second < 10; second++) {
    await world.clock.advance(1_000);
    await world.write("a.mp4", "more");
  }
  assertEquals(world.names(), [], "it still grows");
  await world.clock.advance(4_900);
  assertEquals(world.names(), []);
  await world.clock.advance(2_100);
  assertEquals(world.names(), ["a.mp4"]);
  await world.clock.advance(60_000);
  assertEquals(world.names(), ["a.mp4"], "it is taken once");
  await world.stop();
  assertEquals([world.names(), world.clock.pendingTimers], [[], 0]);
});

Deno.test("clip part: names are seen from the folder; others, hidden ones and those above are left alone", async () => {
  const world = await new World().start();
  for (const name of ["b/c.mp4", "a.txt", ".d.mp4", "e.mp4.part", "z.mp4"]) await world.write(name, "x");
  await world.clock.advance(7_000);
  assertEquals(world.names(), ["b/c.mp4", "z.mp4"]);
  await world.stop();
});

Deno.test("clip part: what is kept is sent once, also after a kill; changed, it is sent again", async () => {
  const world = await new World().start();
  await world.write("a.mp4", "one");
  await world.clock.advance(7_000);
  await world.stored("a.mp4");
  assertEquals([world.paths(), world.names()], [["/clips/a.mp4"], []]);
  await world.clock.advance(20_000);
  assertEquals(world.names(), []);
  const synced = await world.disk.open("/clips/a.mp4", "update");
  await synced.sync();
  synced.close();
  await world.disk.syncFolder("/clips");

  const next = await world.killed().start();
  await next.clock.advance(20_000);
  assertEquals([next.paths(), next.names()], [["/clips/a.mp4"], []]);
  await next.write("a.mp4", "two");
  await next.clock.advance(7_000);
  assertEquals(next.names(), ["a.mp4"]);
  await next.stop();
});

for (const end of ["delete", "move"] as const) {
  const moveTo = end === "move" ? "/sent" : null;
  const gone = end === "move" ? ["/sent/b/a.mp4"] : [];

  Deno.test(`clip part: then ${end} happens when it is stored and not before`, async () => {
    const world = await new World({ end, moveTo }).start();
    await world.write("b/a.mp4", "one");
    await world.clock.advance(20_000);
    const job = world.job("b/a.mp4");
    for (const phase of ["checking", "sending", "finishing", "waiting"] as const) {
      job.enter(phase);
      await world.clock.advance(1_000);
      assertEquals(world.paths(), ["/clips/b/a.mp4"], phase);
    }
    await world.stored("b/a.mp4");
    assertEquals(world.paths(), gone);
    await world.stop();
  });

  Deno.test(`clip part: killed between stored and ${end}, it is offered again, and then goes`, async () => {
    const world = await new World({ end, moveTo }).start();
    await world.write("b/a.mp4", "one");
    const file = await world.disk.open("/clips/b/a.mp4", "update");
    await file.sync();
    file.close();
    await world.disk.syncFolder("/clips/b");
    await world.clock.advance(7_000);
    const kill = Promise.withResolvers<World>();
    world.disk.onCall = ({ kind }) => {
      if (kind === "remove" || kind === "rename") kill.resolve(world.killed({ end, moveTo }));
    };
    await world.stored("b/a.mp4");
    const next = await (await kill.promise).start();
    assertEquals(next.paths(), ["/clips/b/a.mp4"]);
    await next.clock.advance(7_000);
    assertEquals(next.names(), ["b/a.mp4"]);
    await next.stored("b/a.mp4");
    assertEquals(next.paths(), gone);
    await next.stop();
  });

  Deno.test(`clip part: a file which changed while it was stored stays, and is sent anew, before ${end}`, async () => {
    const world = await new World({ end, moveTo }).start();
    await world.write("b/a.mp4", "one");
    await world.clock.advance(7_000);
    await world.write("b/a.mp4", "two");
    await world.stored("b/a.mp4");
    assertEquals([world.paths(), world.names()], [["/clips/b/a.mp4"], []]);
    await world.clock.advance(7_000);
    assertEquals(world.names(), ["b/a.mp4"]);
    await world.stored("b/a.mp4");
    assertEquals(world.paths(), gone);
    await world.stop();
  });
}

Deno.test("clip part: nothing is overwritten by a move", async () => {
  const world = await new World({ end: "move", moveTo: "/sent" }).start();
  for (const text of ["one", "two!"]) {
    await world.write("a.mp4", text);
    await world.clock.advance(7_000);
    await world.stored("a.mp4");
  }
  assertEquals(world.paths(), ["/sent/a-2.mp4", "/sent/a.mp4"]);
  assertEquals(new TextDecoder().decode(world.disk.contentOf("/sent/a.mp4")), "one");
  await world.stop();
});

Deno.test("clip part: what cannot be sent stays, is tried again, and does not stop the others", async () => {
  const world = await new World({ end: "delete" }).start();
  await world.write("a.mp4", "one");
  await world.write("b.mp4", "two");
  await world.clock.advance(7_000);
  await world.job("a.mp4").fail(new FramewireError("INVALID_NAME", "Cannot take it"));
  await world.stored("b.mp4");
  assertEquals(world.paths(), ["/clips/a.mp4"]);
  assertEquals(world.troubles, ["a.mp4: Cannot take it"]);
  await world.clock.advance(60_000);
  assertEquals(world.names(), ["a.mp4"]);
  await world.stop();
});

Deno.test("clip part: what is stored and cannot be removed is told, and tried again ever less often", async () => {
  for (const end of ["delete", "move"] as const) {
    const world = new World({ end, moveTo: end === "move" ? "/sent" : null });
    await world.start();
    await world.write("a.mp4", "a");
    const refuse = () => Promise.reject(new Error("Read-only file system"));
    const [remove, rename] = [world.disk.remove, world.disk.rename];
    world.disk.remove = world.disk.rename = refuse;
    let asked = 0;
    for (let second = 0; second < 600; second++) {
      await world.clock.advance(1_000);
      if (world.names().length === 0) continue;
      asked++;
      await world.stored("a.mp4");
    }
    assert(asked > 5 && asked < 50, `it was asked ${asked} times in ten minutes`);
    assertEquals(world.notes, ["a.mp4 is stored"]);
    assertMatch(world.troubles[0]!, /^a\.mp4: Cannot (delete|move) .*Read-only file system/);
    [world.disk.remove, world.disk.rename] = [remove, rename];
    while (world.names().length === 0) await world.clock.advance(1_000);
    await world.stored("a.mp4");
    assertEquals(world.paths().filter((path) => path.startsWith("/clips/a")), []);
    await world.stop();
  }
});

Deno.test("clip part: of many files only a few are taken at once, and all in the end", async () => {
  const world = await new World({ end: "delete" }).start();
  for (let at = 0; at < 40; at++) await world.write(`${at}.mp4`, "x");
  await world.clock.advance(7_000);
  let stored = 0;
  while (world.names().length > 0) {
    assertEquals(world.names().length <= 16, true);
    for (const name of world.names()) {
      await world.stored(name);
      stored++;
    }
    await world.clock.advance(2_000);
  }
  assertEquals([stored, world.paths()], [40, []]);
  await world.stop();
});

Deno.test("clip part: a folder that is gone is a failure of the part", async () => {
  const world = await new World().start();
  await world.disk.remove("/clips");
  const failed = world.running.then(() => "", (error) => String(error));
  assertStringIncludes(await world.clock.runUntil(failed), "Cannot watch /clips as there is no such folder");
});

Deno.test("clip part: what waits is known, also that which is not taken yet, and after a kill it waits no second time", async () => {
  const world = await new World().start();
  for (let at = 10; at < 40; at++) await world.write(`${at}.mp4`, "abc");
  assertEquals(world.spool.of("/clips"), []);
  await world.clock.advance(7_000);
  assertEquals(world.spool.of("/clips").length, 30);
  await world.stored("10.mp4");
  assertEquals(world.spool.of("/clips").slice(0, 2), ["10.mp4 3 stored", "11.mp4 3 waiting"]);
  const next = await world.killed({}, "everything").start();
  assertEquals(next.names().slice(0, 2), ["11.mp4", "12.mp4"]);
  await next.disk.remove("/clips/39.mp4");
  await next.clock.advance(2_000);
  assertEquals(next.spool.of("/clips").length, 29, "what is gone does not wait");
  await next.stop();
});

Deno.test("clip part: another pattern forgets nothing that is stored", async () => {
  const world = await new World().start();
  await world.write("a.mp4", "one");
  await world.clock.advance(7_000);
  await world.stored("a.mp4");
  const other = await world.killed({ pattern: "*.mov" }, "everything").start();
  await other.clock.advance(7_000);
  assertEquals(other.spool.of("/clips"), ["a.mp4 3 stored"]);
  await other.stop();
});

Deno.test("clip part: what an earlier version knew in a file of its own is taken over, once", async () => {
  const world = new World();
  await world.disk.makeFolder("/clips");
  await world.write("a.mp4", "one");
  await world.write("b.mp4", "two");
  const { bytes, modifiedMs } = (await world.disk.info("/clips/a.mp4"))!;
  await world.disk.makeFolder("/state");
  const path = "/state/clips-" + OLD_ID + ".ndjson";
  const file = await world.disk.open(path, "create-new");
  const line = JSON.stringify({ name: "a.mp4", bytes, modifiedMs });
  await file.writeAt(new TextEncoder().encode(`${line}\n${line.slice(0, 9)}`), 0);
  file.close();
  await world.start();
  await world.clock.advance(7_000);
  assertEquals(world.names(), ["b.mp4"]);
  assertEquals(world.spool.of("/clips"), ["a.mp4 3 stored", "b.mp4 3 waiting"]);
  assertEquals(await world.disk.info(path), null);
  await world.stop();
});

Deno.test("clip part: what is stored while another file begins to wait is not sent again", async () => {
  const world = await new World().start();
  await world.write("a.mp4", "one");
  await world.clock.advance(7_000);
  await world.write("b.mp4", "two");
  const durable = Promise.withResolvers<void>();
  world.spool.waitsFor = durable.promise;
  await world.clock.advance(7_000);
  assertEquals(world.spool.of("/clips"), ["a.mp4 3 waiting", "b.mp4 3 waiting"]);
  assertEquals(world.names(), ["a.mp4"]);
  await world.stored("a.mp4");
  durable.resolve();
  await world.clock.advance(0);
  assertEquals(world.names(), ["b.mp4"]);
  assertEquals(world.spool.of("/clips"), ["a.mp4 3 stored", "b.mp4 3 waiting"]);
  await world.stop();
});
