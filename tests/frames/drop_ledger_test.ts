import { assertEquals, assertGreater, assertLess, assertLessOrEqual } from "@std/assert";
import { type Drop, DropLedger, UNTOLD_MAX } from "../../lib/frames/drop_ledger.ts";
import type { DropReason, FramePolicy } from "../../lib/protocol/message.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

function drop(firstSequence: number, count: number, reason: DropReason = "link"): Drop {
  return { firstSequence, count, reason, fromMs: firstSequence * 10, toMs: firstSequence * 10 + count };
}

function all(ledger: DropLedger): Drop[] {
  const drops: Drop[] = [];
  for (let next = ledger.next(); next !== undefined; next = ledger.next()) drops.push(next);
  return drops;
}

Deno.test("DropLedger joins what follows each other for the same reason, and nothing else", () => {
  const ledger = new DropLedger();
  for (const [sequence, reason] of [[1, "link"], [2, "link"], [3, "offline"], [5, "offline"]] as const) {
    ledger.add(drop(sequence, 1, reason));
  }
  const counts = all(ledger).map(({ firstSequence, count, reason }) => [firstSequence, count, reason]);
  assertEquals(counts, [[1, 2, "link"], [3, 1, "offline"], [5, 1, "offline"]]);
});

Deno.test("DropLedger tells the time from the first to the last of what it joined", () => {
  const ledger = new DropLedger();
  ledger.add(drop(7, 1));
  ledger.add(drop(8, 1));
  assertEquals(all(ledger), [{ firstSequence: 7, count: 2, reason: "link", fromMs: 70, toMs: 81 }]);
});

Deno.test("DropLedger tells again after a cut what nothing stored came behind, in order", () => {
  const ledger = new DropLedger();
  for (const sequence of [1, 3, 5]) ledger.add(drop(sequence, 1));
  all(ledger);
  ledger.add(drop(7, 1));
  // Frame 4 is stored: the drop of 3 was told before it.
  ledger.stored(4);
  ledger.add(drop(6, 1, "offline"));
  ledger.tellAgain();
  assertEquals(all(ledger).map(({ firstSequence }) => firstSequence), [5, 6, 7]);
  ledger.stored(5);
  ledger.tellAgain();
  assertEquals(all(ledger).map(({ firstSequence }) => firstSequence), [6, 7], "5 counts as stored: it was heard");
  ledger.stored(8);
  ledger.tellAgain();
  assertEquals(all(ledger), []);
});

Deno.test("DropLedger has a bound, and loses no count by it where the numbers follow each other", () => {
  const ledger = new DropLedger();
  // A camera that comes and goes, and nobody takes its pictures.
  for (let sequence = 1; sequence <= 9_000; sequence += 2) {
    ledger.add(drop(sequence, 2, "offline"));
    ledger.add(drop(sequence + 2, 0, "camera"));
  }
  const drops = all(ledger);
  assertLessOrEqual(drops.length, UNTOLD_MAX);
  const offline = drops.filter(({ reason }) => reason === "offline");
  assertEquals(offline.reduce((sum, { count }) => sum + count, 0), 9_000);
  assertEquals([drops[0]?.fromMs, drops.at(-1)?.toMs], [10, 90_010]);
});

Deno.test("DropLedger names no number between drops for which it has no room: nobody knows how many they are then", () => {
  const ledger = new DropLedger();
  // Two that follow each other: no number of theirs has to be lost.
  for (const one of [drop(1, 1), drop(2, 0, "camera"), drop(2, 1)]) ledger.add(one);
  const singles = Array.from({ length: UNTOLD_MAX - 1 }, (_, index) => drop(10 * (index + 1), 1));
  for (const single of singles) ledger.add(single);
  const drops = all(ledger);
  assertEquals(drops.slice(0, 2), [{ ...drop(1, 2), toMs: 21 }, drop(2, 0, "camera")]);
  assertEquals(drops.slice(2, -1), singles.slice(0, -2));
  const last = { ...singles.at(-1)!, count: 0, fromMs: singles.at(-2)!.fromMs };
  assertEquals(drops.at(-1), last);
  const more = drop(9_000, 1);
  ledger.add(more);
  ledger.tellAgain();
  assertEquals(
    all(ledger),
    [...drops.slice(0, -1), { ...more, count: 0, fromMs: last.fromMs }],
    "with what was told before",
  );
});

/** A box and a server by hand, which know what became of each picture. */
class Walk {
  readonly ledger = new DropLedger();
  readonly #random: SeededRandom;
  readonly #policy: FramePolicy;
  /** Of number 1 and those behind it: the reason of those that were dropped. */
  readonly #fates: ("waiting" | "sent" | "stored" | DropReason)[] = [];
  #waiting: number[] = [];
  #stored = 0;
  /** The last that the server has had of this connection, sent or dropped. */
  #had = 0;
  #isConnected = false;
  readonly told: Drop[] = [];

  constructor(seed: number, policy: FramePolicy) {
    this.#random = new SeededRandom(seed);
    this.#policy = policy;
  }

  step(): void {
    const random = this.#random;
    if (random.chance(this.#isConnected ? 0.01 : 0.002)) return this.#isConnected ? this.#cut() : this.connect();
    if (random.chance(0.4)) return void this.#waiting.push(this.#fates.push("waiting"));
    if (random.chance(0.1)) return this.ledger.add(drop(this.#fates.length + 1, 0, "camera"));
    if (random.chance(this.#isConnected ? 0.3 : 0.8)) return this.#drop();
    if (this.#isConnected) return random.chance(0.7) ? this.#send() : this.#ack();
  }

  /** As `SourceJob.accepted`. */
  connect(): void {
    this.#isConnected = true;
    // The last ack may have been lost.
    this.#had = this.#stored = this.#storedThrough();
    this.ledger.stored(this.#stored);
    this.#fates.forEach((fate, index) => {
      if (fate !== "sent") return;
      this.#fates[index] = this.#policy === "all" ? "waiting" : "offline";
      if (this.#policy === "all") this.#waiting.push(index + 1);
      else this.ledger.add(drop(index + 1, 1, "offline"));
    });
    this.#waiting.sort((a, b) => a - b);
    this.ledger.tellAgain();
    this.ledger.forgetThrough(this.#stored);
  }

  /** Tells of drops in front of this picture. */
  tell(before = Infinity): number {
    for (let count = 0;; count++) {
      const next = this.ledger.next(before);
      if (next === undefined) return count;
      const { firstSequence: first, count: named, reason } = next;
      for (let sequence = first; sequence < first + named; sequence++) {
        assertEquals(this.#fates[sequence - 1], reason, `${sequence} is named by ${JSON.stringify(next)}`);
      }
      this.#had = Math.max(this.#had, first + named - 1);
      this.told.push(next);
    }
  }

  /** Dropped, but neither named to the server nor in the time of a drop of which nobody knows how many it was. */
  get forgotten(): number[] {
    const named = new Set(
      this.told.flatMap(({ firstSequence, count }) =>
        Array.from({ length: count }, (_, index) => firstSequence + index)
      ),
    );
    const uncounted = this.told.filter(({ count }) => count === 0);
    return this.#fates.flatMap((fate, index) => {
      const atMs = 10 * (index + 1);
      const isTold = named.has(index + 1) || ["waiting", "sent", "stored"].includes(fate) ||
        uncounted.some(({ reason, fromMs, toMs }) => reason === fate && fromMs <= atMs && toMs >= atMs);
      return isTold ? [] : [index + 1];
    });
  }

  /** One that waits, or some with the same reason. */
  #drop(): void {
    const first = this.#random.int(this.#waiting.length);
    const [count, reason] = [1 + this.#random.int(3), this.#random.pick(["link", "offline", "disk"] as const)];
    for (const sequence of this.#waiting.splice(first, count)) {
      this.#fates[sequence - 1] = reason;
      this.ledger.add(drop(sequence, 1, reason));
    }
  }

  #send(): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.tell(next);
    assertLess(this.#had, next, "it is refused");
    this.#had = next;
    this.#fates[next - 1] = "sent";
  }

  #ack(): void {
    this.#stored = this.#storedThrough();
    this.ledger.stored(this.#stored);
  }

  #cut(): void {
    this.#isConnected = false;
  }

  #storedThrough(): number {
    const through = this.#stored + this.#random.int(this.#had - this.#stored + 1);
    for (let index = 0; index < through; index++) if (this.#fates[index] === "sent") this.#fates[index] = "stored";
    return through;
  }
}

for (const policy of ["latest", "all"] as const) {
  Deno.test(`DropLedger names only what was dropped for its reason, and forgets nothing, whatever happens (${policy})`, () => {
    let uncounted = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const walk = new Walk(seed, policy);
      try {
        for (let step = 0; step < 3_000; step++) walk.step();
        walk.connect();
        assertLessOrEqual(walk.tell(), UNTOLD_MAX);
        assertEquals(walk.forgotten, []);
      } catch (error) {
        throw new Error(`Seed ${seed}`, { cause: error });
      }
      uncounted += walk.told.filter(({ count, reason }) => count === 0 && reason !== "camera").length;
    }
    assertGreater(uncounted, 10, "there was more than room for it");
  });
}
