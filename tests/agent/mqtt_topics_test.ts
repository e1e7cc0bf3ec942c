import { assertEquals, assertThrows } from "@std/assert";
import { checkFilter, isMatch } from "../../lib/agent/mqtt_topics.ts";
import { FramewireError } from "../../lib/errors.ts";

const MATCHES: readonly (readonly [filter: string, topic: string, isMatch: boolean])[] = [
  ["a/b", "a/b", true],
  ["a/b", "a/b/c", false],
  ["a/b/c", "a/b", false],
  ["a/+/c", "a/b/c", true],
  ["a/+/c", "a/b/d", false],
  ["a/+", "a", false],
  ["+/+", "/a", true],
  ["+", "/a", false],
  // Section 4.7.1.2: # is also what is above it.
  ["a/#", "a", true],
  ["a/#", "a/b/c", true],
  ["a/#", "ab", false],
  ["#", "a/b", true],
  ["#", "$SYS/uptime", false],
  ["+/uptime", "$SYS/uptime", false],
  ["$SYS/#", "$SYS/uptime", true],
];

Deno.test("mqtt topics: a filter takes what the standard says", () => {
  for (const [filter, topic, expected] of MATCHES) assertEquals(isMatch(filter, topic), expected, `${filter} ${topic}`);
});

Deno.test("mqtt topics: filters are looked at", () => {
  for (const right of ["a", "/", "a/+/b", "#", "a b/ü/#"]) checkFilter("topics", right);
  for (const wrong of ["", "a#", "a/#/b", "a+/b", "a\0", "x".repeat(65_536)]) {
    assertThrows(() => checkFilter("topics", wrong), FramewireError, "Cannot use topics");
  }
});
