import { assert, assertEquals } from "@std/assert";
import { Scheduler } from "../../lib/analysis/scheduler.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const BOUNDS = { bytesMax: 1000, framesPerSourceMax: 4 };

function frame(source: string, item: number, bytes = 10) {
  return { source, bytes, item };
}

function takeAll(scheduler: Scheduler<number>): number[] {
  const items: number[] = [];
  for (let next = scheduler.take(); next !== undefined; next = scheduler.take()) items.push(next.item);
  return items;
}

Deno.test("Scheduler: sources take turns, each in its own order", () => {
  const scheduler = new Scheduler<number>(BOUNDS);
  for (const item of [1, 2, 3]) scheduler.add(frame("a", item), true);
  for (const item of [11, 12]) scheduler.add(frame("b", item), true);
  scheduler.add(frame("c", 21), false);
  assertEquals([scheduler.frames, scheduler.bytes], [6, 60]);
  assertEquals(takeAll(scheduler), [1, 11, 21, 2, 12, 3]);
  assertEquals([scheduler.frames, scheduler.bytes], [0, 0]);
});

Deno.test("Scheduler: a newer frame of an impatient source takes the place of the older, in its turn", () => {
  const scheduler = new Scheduler<number>(BOUNDS);
  assertEquals(scheduler.add(frame("a", 1), false), []);
  scheduler.add(frame("b", 11), false);
  assertEquals(scheduler.add(frame("a", 2, 30), false).map(({ item }) => item), [1]);
  assertEquals([scheduler.frames, scheduler.bytes], [2, 40]);
  assertEquals(takeAll(scheduler), [2, 11]);
});

Deno.test("Scheduler: a patient source waits with so many frames, and no more", () => {
  const scheduler = new Scheduler<number>(BOUNDS);
  const skipped = [1, 2, 3, 4, 5].flatMap((item) => scheduler.add(frame("a", item), true));
  assertEquals(skipped.map(({ item }) => item), [5]);
  assertEquals(takeAll(scheduler), [1, 2, 3, 4]);
});

Deno.test("Scheduler: what is too much is skipped where most is waiting, and not whoever comes last", () => {
  const scheduler = new Scheduler<number>(BOUNDS);
  for (const item of [1, 2, 3]) scheduler.add(frame("greedy", item, 300), true);
  assertEquals(scheduler.add(frame("small", 11, 150), false).map(({ item }) => item), [3]);
  assertEquals(takeAll(scheduler), [1, 11, 2]);
});

Deno.test("Scheduler: where each source has one frame, it is the last to come that is too much", () => {
  const scheduler = new Scheduler<number>(BOUNDS);
  scheduler.add(frame("a", 1, 900), false);
  assertEquals(scheduler.add(frame("b", 2, 200), false).map(({ item }) => item), [2]);
  assertEquals(scheduler.add(frame("c", 3, 100), false), []);
  assertEquals(takeAll(scheduler), [1, 3]);
});

Deno.test("Scheduler: clear gives back all", () => {
  const scheduler = new Scheduler<number>(BOUNDS);
  for (const item of [1, 2]) scheduler.add(frame("a", item), true);
  scheduler.add(frame("b", 3), true);
  assertEquals(scheduler.clear().map(({ item }) => item), [1, 2, 3]);
  assertEquals([scheduler.frames, scheduler.bytes, scheduler.take()], [0, 0, undefined]);
});

Deno.test("Scheduler: nobody starves, nothing is lost or doubled, and bounds hold (300 seeds)", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new SeededRandom(seed);
    const scheduler = new Scheduler<number>(BOUNDS);
    const sources = ["a", "b", "c", "d", "e"].slice(0, 1 + random.int(5));
    const patient = new Set(sources.filter(() => random.chance(0.5)));
    const out = new Map<number, "taken" | "skipped">();
    /** Frames of others taken while a source had one waiting. */
    const passedOver = new Map(sources.map((source) => [source, 0]));
    const waiting = new Map<string, number[]>(sources.map((source) => [source, []]));
    let added = 0;
    const settle = (source: string, item: number, how: "taken" | "skipped") => {
      assert(!out.has(item), `seed ${seed}: ${item} came out twice`);
      out.set(item, how);
      waiting.set(source, waiting.get(source)!.filter((other) => other !== item));
      if (waiting.get(source)!.length === 0) passedOver.set(source, 0);
    };
    for (let step = 0; step < 200; step++) {
      if (random.chance(0.7)) {
        const source = random.pick(sources);
        const item = added++;
        waiting.get(source)!.push(item);
        for (const skipped of scheduler.add(frame(source, item, 1 + random.int(400)), patient.has(source))) {
          settle(skipped.source, skipped.item, "skipped");
        }
      } else {
        const next = scheduler.take();
        if (next === undefined) continue;
        assertEquals(next.item, waiting.get(next.source)![0], `seed ${seed}: out of order`);
        settle(next.source, next.item, "taken");
        passedOver.set(next.source, 0);
        for (const source of sources) {
          if (source === next.source) continue;
          passedOver.set(source, waiting.get(source)!.length === 0 ? 0 : passedOver.get(source)! + 1);
          assert(passedOver.get(source)! < sources.length, `seed ${seed}: ${source} starves`);
        }
      }
      assert(scheduler.bytes <= BOUNDS.bytesMax, `seed ${seed}: too many bytes`);
      for (const [source, items] of waiting) {
        assert(items.length <= (patient.has(source) ? BOUNDS.framesPerSourceMax : 1), `seed ${seed}: too many frames`);
      }
      assertEquals(scheduler.frames, [...waiting.values()].flat().length);
    }
    for (const { source, item } of scheduler.clear()) settle(source, item, "taken");
    assertEquals(out.size, added, `seed ${seed}: some are lost`);
  }
});
