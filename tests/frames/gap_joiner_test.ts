import { assertEquals } from "@std/assert";
import { type DropGap, GapJoiner } from "../../lib/frames/gap_joiner.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

function joiner() {
  const clock = new MadeUpClock();
  const gaps: DropGap[] = [];
  return { clock, gaps, joiner: new GapJoiner(clock, (gap) => gaps.push(gap)) };
}

Deno.test("GapJoiner joins drops which follow each other, and counts all", () => {
  const { gaps, joiner: join, clock } = joiner();
  for (let at = 0; at < 3_000; at += 100) join.add({ fromMs: at, toMs: at + 60, frames: 2, reason: "link" });
  join.flush();
  assertEquals(gaps, [{ fromMs: 0, toMs: 2_960, frames: 60, reason: "link" }]);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("GapJoiner keeps apart what has another reason, or is far away", () => {
  const { gaps, joiner: join } = joiner();
  const drops: DropGap[] = [
    { fromMs: 0, toMs: 10, frames: 1, reason: "link" },
    { fromMs: 20, toMs: 30, frames: 1, reason: "offline" },
    { fromMs: 5_000, toMs: 5_010, frames: 1, reason: "offline" },
  ];
  for (const drop of drops) join.add(drop);
  join.flush();
  assertEquals(gaps, drops);
});

Deno.test("GapJoiner writes what has no end now and then", async () => {
  const { gaps, joiner: join, clock } = joiner();
  for (let at = 0; at < 60_000; at += 500) {
    join.add({ fromMs: at, toMs: at + 10, frames: 1, reason: "link" });
    await clock.advance(500);
  }
  join.flush();
  assertEquals(gaps.length, 6);
  assertEquals(gaps.reduce((sum, { frames }) => sum + frames, 0), 120);
});
