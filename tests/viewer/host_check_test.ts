import { assertEquals } from "@std/assert";
import { hostCheck, hostWithoutPort, originAllowed } from "../../lib/viewer/host_check.ts";

Deno.test("hostWithoutPort takes the port off, and nothing malformed", () => {
  const table: [text: string, host: string | null][] = [
    ["localhost", "localhost"],
    ["LocalHost:8080", "localhost"],
    ["example.org.", "example.org"],
    ["[::1]:80", "[::1]"],
    ["127.0.0.1:1", "127.0.0.1"],
    ["", null],
    ["a b", null],
    ["evil.com/127.0.0.1", null],
    ["user@localhost", null],
    ["localhost:80:80", null],
    ["::1", null],
    ["localhost:", null],
  ];
  for (const [text, host] of table) assertEquals(hostWithoutPort(text), host, text);
});

Deno.test("hostCheck allows the listening host, this machine and the list", () => {
  const table: [listening: string, allowed: string[], host: string | null, answer: boolean][] = [
    ["127.0.0.1", [], "localhost:8080", true],
    ["127.0.0.1", [], "127.0.0.1:8080", true],
    ["127.0.0.1", [], "[::1]:8080", true],
    ["127.0.0.1", [], "LOCALHOST", true],
    ["127.0.0.1", [], "evil.com", false],
    ["127.0.0.1", [], "localhost.evil.com", false],
    ["127.0.0.1", [], "127.0.0.1.evil.com", false],
    ["127.0.0.1", [], "192.0.2.1:8080", false],
    ["127.0.0.1", [], "", false],
    ["127.0.0.1", [], null, false],
    ["192.0.2.1", [], "192.0.2.1:8080", true],
    ["fd00::7", [], "[fd00::7]:8080", true],
    ["0.0.0.0", [], "192.0.2.1:8080", true],
    ["::", [], "[fd00::7]", true],
    ["0.0.0.0", [], "evil.com", false],
    ["0.0.0.0", [], "1.2.3.4.evil.com", false],
    ["0.0.0.0", ["Box.Example.org"], "box.example.org:443", true],
    ["127.0.0.1", ["box"], "box:1", true],
    ["127.0.0.1", ["box"], "boxx", false],
  ];
  for (const [listening, allowed, host, answer] of table) {
    assertEquals(hostCheck(listening, allowed)(host), answer, `${host} at ${listening} with ${allowed}`);
  }
});

Deno.test("originAllowed asks for this very host and port", () => {
  assertEquals(originAllowed("http://localhost:8080", "localhost:8080"), true);
  assertEquals(originAllowed("https://Box.example.org", "box.example.org"), true);
  assertEquals(originAllowed(null, "localhost:8080"), true);
  assertEquals(originAllowed("http://localhost:9090", "localhost:8080"), false);
  assertEquals(originAllowed("http://evil.com", "localhost:8080"), false);
  assertEquals(originAllowed("null", "localhost:8080"), false);
  assertEquals(originAllowed("", "localhost:8080"), false);
  assertEquals(originAllowed("file://localhost:8080", "localhost:8080"), false);
});
