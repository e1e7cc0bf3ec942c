import { assertEquals, assertLess } from "@std/assert";
import { naturalOrder } from "../../lib/frames/natural_order.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const ORDERED = [
  ["1.jpg", "2.jpg", "10.jpg", "100.jpg"],
  ["img2_10.jpg", "img10_2.jpg", "img10_11.jpg"],
  ["002.jpg", "2.jpg", "03.jpg", "3.jpg", "3a.jpg"],
  ["a.jpg", "a1.jpg", "a1b.jpg", "b.jpg"],
  // More digits than a number holds.
  ["99999999999999999998.jpg", "99999999999999999999.jpg", "100000000000000000000.jpg"],
  ["0.jpg", "1.jpg", "x.jpg", "ä.jpg"],
];

Deno.test("naturalOrder counts as people do, whatever the order before", () => {
  const random = new SeededRandom(1);
  for (const names of ORDERED) {
    for (let round = 0; round < 50; round++) {
      const shuffled = names.map((name) => ({ name, at: random.fraction() })).sort((a, b) => a.at - b.at)
        .map(({ name }) => name);
      assertEquals(shuffled.sort(naturalOrder), names);
    }
  }
});

Deno.test("naturalOrder never takes two names for the same", () => {
  for (const [a, b] of [["1.jpg", "01.jpg"], ["a1.jpg", "a001.jpg"], ["A.jpg", "a.jpg"]] as const) {
    assertEquals(naturalOrder(a, b), -naturalOrder(b, a));
    assertLess(Math.min(naturalOrder(a, b), naturalOrder(b, a)), 0);
    assertEquals(naturalOrder(a, a), 0);
  }
});
