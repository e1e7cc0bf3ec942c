import { assertEquals } from "@std/assert";
import { PendingFrames } from "../../lib/frames/pending_frames.ts";
import { HeldBytes } from "../../lib/session/held_bytes.ts";
import { resultOf } from "../helpers/frame_fixture.ts";

Deno.test("PendingFrames counts as dealt with what is stored and answered, in order, and holds bytes until then", () => {
  const held = new HeldBytes(100);
  const pending = new PendingFrames(held, true);
  const [first, second] = [pending.add(3, 60), pending.add(7, 40)];
  assertEquals([held.isFull, pending.unstoredCount], [true, 2]);
  second!.result = resultOf();
  pending.settle(second!);
  assertEquals(pending.takeStored(7).map(({ sequence, isStored }) => [sequence, isStored]), [[3, true], [7, true]]);
  pending.settle(second!);
  assertEquals([pending.handled, held.isFull, pending.unstoredCount], [0, false, 0], "the first one has no answer");
  first!.result = resultOf();
  pending.settle(first!);
  assertEquals(pending.handled, 2);
});

Deno.test("PendingFrames which need no results let go of each once, however often it is settled, and at the end of the rest", () => {
  const held = new HeldBytes(100);
  const pending = new PendingFrames(held, false);
  const first = pending.add(1, 100);
  pending.add(2, 100);
  assertEquals(pending.takeStored(1), [first]);
  // When it is stored, and when its result comes.
  pending.settle(first);
  pending.settle(first);
  assertEquals([pending.handled, held.isFull], [1, true], "the second one is still held");
  pending.close();
  pending.close();
  assertEquals(held.isFull, false);
  held.add(100);
  assertEquals(held.isFull, true, "no more was let go of than was held");
});
