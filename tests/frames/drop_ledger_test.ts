import { assertEquals, assertLessOrEqual } from "@std/assert";
import { type Drop, DropLedger } from "../../lib/frames/drop_ledger.ts";
import type { DropReason } from "../../lib/protocol/message.ts";

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

Deno.test("DropLedger has a bound, and loses no count by it", () => {
  const ledger = new DropLedger();
  const reasons = ["link", "offline", "camera"] as const;
  for (let sequence = 1; sequence <= 9_000; sequence += 2) ledger.add(drop(sequence, 1, reasons[sequence % 3]));
  const drops = all(ledger);
  assertLessOrEqual(drops.length, 64);
  for (const reason of reasons) {
    const ofReason = drops.filter((entry) => entry.reason === reason);
    assertEquals(ofReason.reduce((sum, { count }) => sum + count, 0), 1_500, reason);
  }
});
