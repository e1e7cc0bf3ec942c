import { assert, assertEquals, assertThrows } from "@std/assert";
import { formatHostPort, parseBytes, parseChoice, parseDuration, parseHostPort } from "../../lib/config/values.ts";
import { FramewireError } from "../../lib/errors.ts";

/** Refusals name the option, what is allowed and what was received. */
function refused(parse: (name: string, text: string) => unknown, texts: readonly string[]): void {
  for (const text of texts) {
    const error = assertThrows(() => parse("--x", text), FramewireError);
    assertEquals(error.code, "USAGE");
    assert(error.message.startsWith("Cannot use --x as it must be "), error.message);
    assert(error.message.endsWith(`: received ${JSON.stringify(text)}`), error.message);
  }
}

Deno.test("parseDuration", () => {
  const cases = { "0s": 0, "500ms": 500, "1s": 1000, "1.5s": 1500, "10m": 600_000, "2h": 7_200_000, "7d": 604_800_000 };
  for (const [text, ms] of Object.entries(cases)) assertEquals(parseDuration("--x", text), ms, text);
  refused(parseDuration, ["", "10", "m", "-1s", "1 s", "1w", "1e3s", "1s1s", "Infinity", "1,5s"]);
});

Deno.test("parseBytes", () => {
  const cases = { "0": 0, "17": 17, "1KB": 1000, "1kib": 1024, "1.5MiB": 1_572_864, "50GB": 5e10, "2 TiB": 2 ** 41 };
  for (const [text, bytes] of Object.entries(cases)) assertEquals(parseBytes("--x", text), bytes, text);
  refused(parseBytes, ["", "GB", "-1", "1e3", "1PB", "1 2", "0x10", "99999999TB"]);
});

Deno.test("parseHostPort and formatHostPort", () => {
  const cases: [string, string, number, string][] = [
    ["127.0.0.1:12345", "127.0.0.1", 12345, "127.0.0.1:12345"],
    ["box.local:0", "box.local", 0, "box.local:0"],
    [":8080", "0.0.0.0", 8080, "0.0.0.0:8080"],
    ["[::1]:65535", "::1", 65535, "[::1]:65535"],
  ];
  for (const [text, hostname, port, formatted] of cases) {
    assertEquals(parseHostPort("--x", text), { hostname, port });
    assertEquals(formatHostPort({ hostname, port }), formatted);
  }
  refused(parseHostPort, [
    "",
    "host",
    "host:",
    "host:65536",
    "host:-1",
    "::1:80",
    "[::1]",
    "a b:1",
    "http://a:1",
    "a:1x",
  ]);
});

Deno.test("parseChoice", () => {
  const parse = (name: string, text: string) => parseChoice(name, text, ["a", "b"]);
  assertEquals(parse("--x", "b"), "b");
  refused(parse, ["", "A", "c"]);
});
