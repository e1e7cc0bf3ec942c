import { assertEquals, assertThrows } from "@std/assert";
import { FramewireError } from "../../lib/errors.ts";
import { parseRules } from "../../lib/events/rules_parser.ts";

Deno.test("parseRules takes units, ranges and rules, with comments", () => {
  const { units, ranges, rules } = parseRules(`{
    // of one's own
    "units": { "pressure": "bar" },
    "ranges": { "temp_cel": { "min": 0 }, "pressure": { "min": 1, "max": 2.5 } },
    "rules": [
      { "name": "hot", "when": "temp_cel > 60", "for": "10s", "clear": "temp_cel < 55",
        "device": "van-*", "feed": "line1", "webhook": "https://example.org/a" },
      { "name": "dry", "when": "humidity < 20" },
    ],
  }`);
  assertEquals([...units], [["pressure", "bar"]]);
  assertEquals([...ranges], [["temp_cel", { min: 0, max: null }], ["pressure", { min: 1, max: 2.5 }]]);
  const [hot, dry] = rules;
  assertEquals([hot?.when.text, hot?.clear?.text, hot?.forMs], ["temp_cel > 60", "temp_cel < 55", 10_000]);
  assertEquals([hot?.device, hot?.feed, hot?.webhook], ["van-*", "line1", "https://example.org/a"]);
  assertEquals([dry?.clear, dry?.forMs, dry?.device, dry?.feed, dry?.webhook], [null, 0, "*", "*", null]);
});

Deno.test("parseRules takes a file with nothing in it", () => {
  const { units, ranges, rules } = parseRules("{}");
  assertEquals([units.size, ranges.size, rules], [0, 0, []]);
});

Deno.test("parseRules says where what is wrong, and what it must be", () => {
  const rule = (more: object) => JSON.stringify({ rules: [{ name: "a", when: "t > 1", ...more }] });
  const cases: [string, string][] = [
    ["{", "--rules as it is no JSON"],
    ["[]", "Cannot use the file of --rules as it must be an object with units, ranges, rules: received []"],
    ['{"rule": []}', 'received "rule"'],
    ['{"rules": {}}', "rules of --rules as it must be a list of at most 256 rules"],
    ['{"rules": [7]}', "rules[0] of --rules as it must be an object with name, when, for"],
    [
      '{"rules": [{"name": "a"}]}',
      "rules[0].when of --rules as it must be a text which is not empty: received nothing",
    ],
    [rule({ wen: 1 }), 'received "wen"'],
    [rule({ when: "t >" }), "Cannot read rules[0].when as there must be a number"],
    [rule({ clear: "t" }), "Cannot read rules[0].clear"],
    [rule({ for: "10" }), "rules[0].for as it must be a number and a unit"],
    [rule({ webhook: "example.org" }), "rules[0].webhook of --rules as it must be an address"],
    [rule({ webhook: "file:///etc/passwd" }), "rules[0].webhook"],
    ['{"rules": [{"name": "a", "when": "t > 1"}, {"name": "a", "when": "t > 2"}]}', "rules[1].name"],
    ['{"units": {"t": 7}}', "units.t of --rules as it must be a text"],
    ['{"ranges": {"t": [0, 1]}}', "ranges.t of --rules as it must be an object with min, max"],
    ['{"ranges": {"t": {"min": "0"}}}', "ranges.t.min of --rules as it must be a number"],
    ['{"ranges": {"t": {"min": 2, "max": 1}}}', "ranges.t.max of --rules as it must be more than 2"],
  ];
  for (const [text, message] of cases) {
    assertEquals(assertThrows(() => parseRules(text), FramewireError, message).code, "USAGE");
  }
});
