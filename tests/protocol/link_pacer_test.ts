import { assert, assertEquals, assertGreaterOrEqual, assertLess, assertLessOrEqual } from "@std/assert";
import { LinkPacer } from "../../lib/protocol/link_pacer.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { type LinkFacts, type LinkReport, SimulatedLink } from "./simulated_link.ts";

const RATES = [1e4, 1e5, 2.5e5, 1e6, 1e7, 1e8, 1e9];
const ROUND_TRIPS_MS = [1, 5, 20, 50, 100, 200, 600];
/** The window of a stream: no pacing can have more in flight. */
const WINDOW_BYTES = 32 * 1024 * 1024;
/** Two of the smallest chunks may wait on any link, however slow. */
const CHUNKS_WAITING_BYTES = 2 * 4096;

/** What can be reached at all, bytes a second. */
function reachable({ bytesPerSecond, roundTripMs }: LinkFacts): number {
  return Math.min(bytesPerSecond, WINDOW_BYTES / (roundTripMs + 5) * 1000);
}

function describe(facts: LinkFacts, report: LinkReport): string {
  return `${facts.bytesPerSecond} bytes/s, ${facts.roundTripMs} ms: ${JSON.stringify(report)}`;
}

/** 90 % of the link, and little waiting. */
function assertGood(link: SimulatedLink, report: LinkReport, queueMsMax = 150): void {
  const text = describe(link.facts, report);
  const { bytesPerSecond } = link.facts;
  assertGreaterOrEqual(report.utilisation * bytesPerSecond, reachable(link.facts) * 0.9, text);
  assertLessOrEqual(report.queueMsMax, Math.max(queueMsMax, CHUNKS_WAITING_BYTES / bytesPerSecond * 1000), text);
}

for (const bytesPerSecond of RATES) {
  Deno.test(`LinkPacer fills a link of ${bytesPerSecond} bytes/s, and no more, for every round trip`, () => {
    for (const roundTripMs of ROUND_TRIPS_MS) {
      const link = new SimulatedLink(new LinkPacer(), { bytesPerSecond, roundTripMs });
      // Long enough for the widest of all, whose window fills slowly.
      link.run(bytesPerSecond >= 1e8 && roundTripMs < 600 ? 4_000 : 20_000);
      assertGood(link, link.run(bytesPerSecond >= 1e9 ? 3_000 : 25_000));
    }
  });
}

Deno.test("LinkPacer is fast from the first seconds on", () => {
  for (const bytesPerSecond of [1e5, 1e6, 1e7]) {
    for (const roundTripMs of [1, 20, 100, 200]) {
      const link = new SimulatedLink(new LinkPacer(), { bytesPerSecond, roundTripMs });
      const first = link.run(3_000);
      assertGreaterOrEqual(first.utilisation, 0.65, describe(link.facts, first));
    }
  }
});

Deno.test("LinkPacer lets a reading through a link of 2 Mbit/s within 250 ms, from the first second on", () => {
  for (const roundTripMs of [1, 20, 50]) {
    const link = new SimulatedLink(new LinkPacer(), { bytesPerSecond: 2.5e5, roundTripMs });
    assertLess(link.run(30_000).queueMsMax, 250);
  }
});

Deno.test("LinkPacer follows a link which becomes ten times faster", () => {
  for (const from of [1e5, 1e6, 1e7]) {
    for (const roundTripMs of [1, 20, 100, 300]) {
      const link = new SimulatedLink(new LinkPacer(), { bytesPerSecond: from, roundTripMs });
      link.run(15_000);
      link.facts.bytesPerSecond = from * 10;
      link.run(20_000);
      assertGood(link, link.run(20_000));
    }
  }
});

Deno.test("LinkPacer follows a link which becomes ten times slower", () => {
  for (const from of [1e6, 1e7, 1e8]) {
    for (const roundTripMs of [1, 20, 100, 300]) {
      const link = new SimulatedLink(new LinkPacer(), { bytesPerSecond: from, roundTripMs });
      link.run(15_000);
      link.facts.bytesPerSecond = from / 10;
      link.run(20_000);
      assertGood(link, link.run(20_000));
    }
  }
});

Deno.test("LinkPacer follows a way which becomes longer or shorter", () => {
  for (const [before, after] of [[20, 300], [300, 20], [1, 600], [5, 50]] as const) {
    const link = new SimulatedLink(new LinkPacer(), { bytesPerSecond: 1e6, roundTripMs: before });
    link.run(15_000);
    link.facts.roundTripMs = after;
    link.run(12_000);
    assertGood(link, link.run(20_000), Math.max(150, after / 3));
  }
});

Deno.test("LinkPacer remembers the link over times with little to send", () => {
  const link = new SimulatedLink(new LinkPacer(), { bytesPerSecond: 1e7, roundTripMs: 100 });
  link.run(15_000);
  let [budgetBytes, lastMs] = [0, link.nowMs];
  link.hasData = (nowMs) => {
    budgetBytes = Math.min(65_536, budgetBytes + (nowMs - lastMs) * 100);
    lastMs = nowMs;
    if (budgetBytes < 65_536) return false;
    budgetBytes = 0;
    return true;
  };
  link.run(10_000);
  link.hasData = () => true;
  const report = link.run(2_000);
  assertGreaterOrEqual(report.utilisation, 0.9, describe(link.facts, report));
});

Deno.test("LinkPacer forgets what was in flight on a stream that ended", () => {
  const random = new SeededRandom(1);
  for (const bytesPerSecond of [1e5, 1e7]) {
    const link = new SimulatedLink(new LinkPacer(), { bytesPerSecond, roundTripMs: 50 });
    for (let i = 0; i < 50; i++) {
      // What was in flight still takes the link.
      link.run(500 + random.int(500));
      link.loseStream();
    }
    link.run(5_000);
    assertGood(link, link.run(20_000));
  }
});

Deno.test("LinkPacer never stalls: something may be sent whenever nothing is in flight", () => {
  const random = new SeededRandom(2);
  for (let round = 0; round < 200; round++) {
    const pacer = new LinkPacer();
    let [nowMs, outstanding] = [0, 0];
    for (let step = 0; step < 200; step++) {
      nowMs += random.pick([0, 0, 0.01, 1, 50, 20_000]) * random.fraction();
      const action = random.int(4);
      if (action === 0 && outstanding > 0) {
        const bytes = 1 + random.int(outstanding);
        pacer.acknowledge(bytes, nowMs);
        outstanding -= bytes;
      } else if (action === 1 && outstanding > 0) {
        pacer.forget(outstanding);
        outstanding = 0;
      } else {
        const bytes = 1 + random.int(300_000);
        pacer.send(bytes, nowMs);
        outstanding += bytes;
      }
      assertEquals(pacer.inFlight, outstanding);
      const max = pacer.inFlightMax(nowMs);
      assert(max > 0 && Number.isFinite(max), `in flight max ${max}`);
      const chunk = pacer.chunkBytes(nowMs, 4096, 262_144);
      assert(chunk >= 4096 && chunk <= 262_144, `chunk of ${chunk}`);
    }
  }
});

Deno.test("LinkPacer counts no more delivered than was sent", () => {
  const pacer = new LinkPacer();
  pacer.send(1000, 0);
  pacer.acknowledge(5000, 10);
  assertEquals(pacer.inFlight, 0);
  pacer.acknowledge(0, 11);
  pacer.acknowledge(-5, 12);
  assertEquals(pacer.inFlight, 0);
});

Deno.test("LinkPacer tells rate and round trip of what it saw", () => {
  const pacer = new LinkPacer();
  assertEquals([pacer.bytesPerSecond, pacer.roundTripMs], [0, Infinity]);
  pacer.send(10_000, 100);
  pacer.acknowledge(10_000, 150);
  assertEquals([pacer.bytesPerSecond, pacer.roundTripMs], [200_000, 50]);
});

Deno.test("LinkPacer.chunkBytes keeps to its bounds and powers of two", () => {
  const link = new SimulatedLink(new LinkPacer(), { bytesPerSecond: 1e7, roundTripMs: 20 });
  const pacer = new LinkPacer();
  assertEquals(pacer.chunkBytes(0, 4096, 262_144), 4096);
  link.run(1000);
  const chunk = pacer.chunkBytes(link.nowMs, 4096, 5_000);
  assertEquals(chunk, 4096);
});
