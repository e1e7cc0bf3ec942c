import { assert, assertEquals, assertThrows } from "@std/assert";
import { FramewireError } from "../../lib/errors.ts";
import { StreamNumbers } from "../../lib/protocol/stream_numbers.ts";

Deno.test("StreamNumbers rise, and are never used again", () => {
  const numbers = new StreamNumbers();
  assert(!numbers.mayHaveEnded(1));
  numbers.open(1);
  numbers.open(5);
  for (const stream of [0, 1, 4, 5]) {
    assertEquals(assertThrows(() => numbers.open(stream), FramewireError).code, "UNEXPECTED_MESSAGE");
  }
  assertEquals([0, 1, 3, 5, 6].map((stream) => numbers.mayHaveEnded(stream)), [false, true, true, true, false]);
});
