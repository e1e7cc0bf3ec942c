import { assertEquals, assertThrows } from "@std/assert";
import { parse } from "@std/jsonc";
import fc from "fast-check";
import { CONFIG_EXAMPLE } from "../../lib/agent/config_example.ts";
import { JsonError, type JsonNode, parseJsonPlaces, plainOf } from "../../lib/agent/json_places.ts";

Deno.test("json places: values are those of JSON.parse", () => {
  fc.assert(fc.property(fc.json(), (text) => assertEquals(plainOf(parseJsonPlaces(text)), JSON.parse(text))));
});

Deno.test("json places: comments and trailing commas are those of @std/jsonc", () => {
  const texts = [
    CONFIG_EXAMPLE,
    '// a\n{ /* b\n */ "c": [1, 2,], // d\n "//": "/* no */", }\n',
    "\uFEFF[]",
    '{"a":-1.5e3}',
  ];
  for (const text of texts) assertEquals(plainOf(parseJsonPlaces(text)), parse(text.replace(/^\uFEFF/, "")));
});

Deno.test("json places: each value and key has its line", () => {
  const root = parseJsonPlaces('{\n  // one\n  "a": 1, /* two\n lines */ "b":\n    [true,\n    {}]\n}');
  const lines = (node: JsonNode): unknown =>
    node.kind === "scalar"
      ? node.line
      : node.kind === "list"
      ? [node.line, node.items.map(lines)]
      : [node.line, node.entries.map(({ key, line, node }) => [key, line, lines(node)])];
  assertEquals(lines(root), [1, [["a", 3, 3], ["b", 4, [5, [5, [6, []]]]]]]);
});

const BROKEN: readonly (readonly [text: string, line: number, says: string])[] = [
  ["", 1, "received the end of the file"],
  ['{\n"a": 1\n"b": 2 }', 3, 'there must be a comma or }: received "\\"b\\""'],
  ['{\n"a" 1 }', 2, 'a colon behind the key "a": received "1"'],
  ["{\n a: 1 }", 2, 'a key in quotes ("): received "a"'],
  ['{ "a": \n yes }', 2, 'received "yes"'],
  ['{ "a": "open\n" }', 1, 'received "\\""'],
  ["[1,\n[2, 3}", 2, 'a comma or ]: received "}"'],
  ["[1]\n[2]", 2, 'the end of the file: received "["'],
  ["[01]", 1, 'received "01"'],
  ["[1, /* open", 1, 'received "/"'],
  ["[".repeat(50), 1, "at most 32 levels"],
];

for (const [text, line, says] of BROKEN) {
  Deno.test(`json places: ${JSON.stringify(text.slice(0, 30))} is refused with its line`, () => {
    const error = assertThrows(() => parseJsonPlaces(text), JsonError, says);
    assertEquals(error.line, line);
  });
}
