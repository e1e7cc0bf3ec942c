import { assertEquals, assertThrows } from "@std/assert";
import { FramewireError } from "../../lib/errors.ts";
import { parseCondition } from "../../lib/events/condition.ts";

function holds(text: string, values: Record<string, number> = {}): boolean | null {
  return parseCondition("when", text).holds((measure) => values[measure]);
}

Deno.test("a comparison holds as its operator says", () => {
  const cases: [string, boolean, boolean, boolean][] = [
    [">", false, false, true],
    [">=", false, true, true],
    ["<", true, false, false],
    ["<=", true, true, false],
    ["==", false, true, false],
    ["!=", true, false, true],
  ];
  for (const [operator, ...expected] of cases) {
    assertEquals([59.5, 60, 60.5].map((t) => holds(`t ${operator} 60`, { t })), expected, operator);
  }
  assertEquals(holds("t > -1.5e1", { t: -14 }), true);
  assertEquals(holds("t>-15", { t: -16 }), false);
});

Deno.test("and binds tighter than or, and parentheses tighter than both", () => {
  const [yes, no] = ["a > 0", "a < 0"];
  assertEquals(holds(`${yes} or ${yes} and ${no}`, { a: 1 }), true);
  assertEquals(holds(`(${yes} or ${yes}) and ${no}`, { a: 1 }), false);
  assertEquals(holds(`((${yes}))`, { a: 1 }), true);
});

Deno.test("what is missing decides nothing, and spoils nothing that is decided", () => {
  assertEquals(holds("a > 0"), null);
  assertEquals(holds("a > 0 or b > 0", { a: 1 }), true);
  assertEquals(holds("a > 0 or b > 0", { a: -1 }), null);
  assertEquals(holds("a > 0 and b > 0", { a: -1 }), false);
  assertEquals(holds("a > 0 and b > 0", { a: 1 }), null);
});

Deno.test("measures are words, or anything in quotes, each told once", () => {
  const { measures, text } = parseCondition("when", '"belt speed" > 2 and (temp_cel > 3 or temp_cel < 1)');
  assertEquals(measures, ["belt speed", "temp_cel"]);
  assertEquals(text, '"belt speed" > 2 and (temp_cel > 3 or temp_cel < 1)');
  assertEquals(holds('"and" > 2', { and: 3 }), true);
});

Deno.test("parseCondition says where what is wrong, and what may be there", () => {
  const cases: [string, string][] = [
    ["", "the name of a measure, such as temp_cel, or `(` at character 1"],
    ["temp_cel", "one of > >= < <= == != at character 9"],
    ["temp_cel >> 60", 'a number, such as 60 or -1.5 at character 11 of "temp_cel >> 60": received ">"'],
    ["temp_cel > hot", 'a number, such as 60 or -1.5 at character 12 of "temp_cel > hot": received "hot"'],
    ["a > 1 and", "the name of a measure, such as temp_cel, or `(` at character 10"],
    ["a > 1 b > 2", '`and`, `or` or the end at character 7 of "a > 1 b > 2": received "b"'],
    ["a > 1 $", 'the end at character 7 of "a > 1 $": received "$"'],
    ["(a > 1", "`and`, `or` or `)` at character 7"],
    ["a > 1)", "`and`, `or` or the end at character 6"],
    ["a = 1", "one of > >= < <= == != at character 3"],
    ["a > 1e999", "a number"],
    ["(".repeat(40) + "a > 1" + ")".repeat(40), "at most 32 parentheses"],
  ];
  for (const [text, message] of cases) {
    const error = assertThrows(() => parseCondition("rules[0].when", text), FramewireError, message);
    assertEquals([error.code, error.message.startsWith("Cannot read rules[0].when as ")], ["USAGE", true]);
  }
});
