import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { LineFeed } from "../../lib/agent/line_feed.ts";
import { TailPart } from "../../lib/agent/tail_part.ts";
import { FramewireError } from "../../lib/errors.ts";
import type { NewEvent } from "../../lib/store/feed_queue.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const PATH = "/log/m.txt";

/** A file that grows, and a spool: an array, which keeps events and mark together as the real one does. */
class World {
  readonly clock = new MadeUpClock();
  readonly disk = new MemoryDisk({ wallMs: () => this.clock.wallMs() });
  readonly texts: string[] = [];
  readonly troubles: string[] = [];
  readonly notes: string[] = [];
  mark: string | null = null;
  /** Called before events are committed, and behind it; what it throws is a kill. */
  onPush: (when: "before" | "behind") => void = () => {};
  #stop = new AbortController();
  running: Promise<void> = Promise.resolve();

  async start(): Promise<this> {
    await this.disk.makeFolder("/log");
    this.#stop = new AbortController();
    const lines = new LineFeed({
      push: (events) => this.#push(events),
      parse: (text) => {
        if (text.startsWith("bad")) throw new FramewireError("MALFORMED", "it is bad");
        return { body: { kind: "text", text } };
      },
      source: null,
      clock: this.clock,
    });
    const part = new TailPart("feed", { path: PATH, lines, mark: () => this.mark, disk: this.disk, clock: this.clock });
    this.running = part.run(this.#stop.signal, {
      works: () => {},
      trouble: (text) => void this.troubles.push(text),
      note: (text) => void this.notes.push(text),
    });
    this.running.catch(() => {});
    await this.clock.advance(0);
    return this;
  }

  async #push(events: readonly NewEvent[]): Promise<void> {
    this.onPush("before");
    await Promise.resolve();
    for (const { body, mark } of events) {
      this.texts.push(body.kind === "text" ? body.text : "");
      this.mark = mark!;
    }
    this.onPush("behind");
  }

  async write(text: string, path = PATH): Promise<void> {
    const file = await this.disk.open(path, "create-or-update");
    await file.writeAt(new TextEncoder().encode(text), (await file.info()).bytes);
    file.close();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.clock.runUntil(this.running.catch(() => {}));
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
    await this.clock.advance(2_000);
  }
}

Deno.test("tail: lines become events as they are whole, those which were there before, too", async () => {
  const world = new World();
  await world.disk.makeFolder("/log");
  await world.write("one\ntwo\nthr");
  await world.start();
  await world.clock.advance(1_000);
  assertEquals(world.texts, ["one", "two"]);
  await world.write("ee\n\nbad\nfour\n");
  await world.clock.advance(1_000);
  assertEquals(world.texts, ["one", "two", "three", "four"]);
  assertEquals(world.troubles, ["Left out line before byte 19: it is bad"]);
  await world.stop();
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("tail: a file which is not there yet is waited for", async () => {
  const world = await new World().start();
  await world.clock.advance(10_000);
  assertStringIncludes(world.troubles[0]!, "Waits for /log/m.txt");
  await world.write("one\n");
  await world.clock.advance(1_000);
  assertEquals(world.texts, ["one"]);
  await world.stop();
});

Deno.test("tail: a restart goes on behind the last line that was safe", async () => {
  const world = await new World().start();
  await world.write("one\ntw");
  await world.clock.advance(1_000);
  await world.restart();
  await world.write("o\nthree\n");
  await world.restart();
  assertEquals(world.texts, ["one", "two", "three"]);
  await world.stop();
});

for (const moved of [false, true]) {
  Deno.test(`tail: a rotation${moved ? " while nobody looked" : ""} loses and doubles nothing`, async () => {
    const world = await new World().start();
    await world.write("one\n");
    await world.clock.advance(1_000);
    if (moved) await world.stop();
    await world.write("two\nlast without an end");
    await world.disk.rename(PATH, `${PATH}.1`);
    await world.write("new one\n");
    if (moved) await world.start();
    await world.clock.advance(5_000);
    assertEquals(world.texts, ["one", "two", "last without an end", "new one"]);
    await world.restart();
    await world.write("new two\n");
    await world.clock.advance(5_000);
    assertEquals(world.texts.slice(3), ["new one", "new two"]);
    await world.stop();
  });

  Deno.test(`tail: a file that was cut${moved ? " while nobody looked" : ""} is read from its beginning`, async () => {
    const world = await new World().start();
    await world.write("one is long\n");
    await world.clock.advance(1_000);
    if (moved) await world.stop();
    const file = await world.disk.open(PATH, "update");
    await file.truncate(0);
    file.close();
    if (!moved) await world.clock.advance(1_000);
    await world.write("two\n");
    if (moved) await world.start();
    await world.clock.advance(2_000);
    assertEquals(world.texts, ["one is long", "two"]);
    assert(world.notes.length === 1, world.notes.join());
    await world.stop();
  });
}

Deno.test("tail: another file under the same inode is read from its beginning", async () => {
  const world = await new World().start();
  await world.write("one\ntwo\n");
  await world.clock.advance(1_000);
  await world.stop();
  const file = await world.disk.open(PATH, "update");
  await file.writeAt(new TextEncoder().encode("uno\ndos\ntres\n"), 0);
  file.close();
  await world.start();
  await world.clock.advance(1_000);
  assertEquals(world.texts, ["one", "two", "uno", "dos", "tres"]);
  await world.stop();
});

Deno.test("tail: a full spool is waited for, and the lines stay in order", async () => {
  const world = await new World().start();
  let full = true;
  world.onPush = (when) => {
    if (full && when === "before") throw new FramewireError("NO_SPACE", "The spool is full");
  };
  await world.write("one\ntwo\n");
  await world.clock.advance(10_000);
  assertEquals([world.texts, world.troubles.at(-1)], [[], "waits: The spool is full"]);
  full = false;
  await world.write("three\n");
  await world.clock.advance(2_000);
  assertEquals(world.texts, ["one", "two", "three"]);
  await world.stop();
});

for (let seed = 1; seed <= 30; seed++) {
  Deno.test(`tail: every line exactly once, in order, over kills and rotations, seed ${seed}`, async () => {
    const random = new SeededRandom(seed);
    const world = await new World().start();
    const expected: string[] = [];
    let rotations = 0;
    for (let step = 0; step < 200; step++) {
      const chance = random.fraction();
      if (chance < 0.6) {
        const line = `line ${expected.length} ${"x".repeat(Math.floor(random.fraction() * 80))}`;
        expected.push(line);
        const cut = Math.floor(random.fraction() * line.length);
        await world.write(line.slice(0, cut));
        if (random.fraction() < 0.3) await world.clock.advance(600);
        await world.write(`${line.slice(cut)}\n`);
      } else if (chance < 0.75) {
        const when = random.fraction() < 0.5 ? "before" : "behind";
        world.onPush = (now) => {
          if (now === when) throw new Error("killed");
        };
        await world.clock.advance(1_000);
        world.onPush = () => {};
        await world.stop();
        await world.start();
      } else if (chance < 0.8 && expected.length > 0 && await world.disk.info(PATH) !== null) {
        // Two rotations behind what was read would need more than the last name: it is let catch up first.
        await world.clock.advance(5_000);
        await world.restart();
        if (random.fraction() < 0.5) {
          expected.push(`last ${step}`);
          await world.write(`last ${step}\n`);
        }
        await world.disk.rename(PATH, `${PATH}.${++rotations}`);
        expected.push(`first ${step}`);
        await world.write(`first ${step}\n`);
      } else await world.clock.advance(random.fraction() * 3_000);
    }
    await world.restart();
    await world.clock.advance(5_000);
    assertEquals(world.texts, expected);
    await world.stop();
  });
}
