import { assertEquals, assertThrows } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import type { Hello } from "../../lib/protocol/message.ts";
import { checkHello } from "../../lib/server/credentials.ts";

const HELLO: Hello = { kind: "hello", protocolVersion: 1, device: "box-1", token: "", software: "", unixMs: 0 };
const RULES = [{ device: null, token: "for all" }, { device: "box-1", token: "for one" }];

function codeOf(hello: Partial<Hello>, rules = RULES): string {
  return assertThrows(() => checkHello({ ...HELLO, ...hello }, rules), FramewireError).code;
}

Deno.test("checkHello lets everybody in when there are no tokens", () => {
  checkHello(HELLO, []);
  checkHello({ ...HELLO, token: "whatever" }, []);
});

Deno.test("checkHello takes a token of all devices, and a device's own", () => {
  checkHello({ ...HELLO, token: "for all" }, RULES);
  checkHello({ ...HELLO, device: "box-2", token: "for all" }, RULES);
  checkHello({ ...HELLO, token: "for one" }, RULES);
});

Deno.test("checkHello refuses a missing, wrong or somebody else's token", () => {
  for (const token of ["", "wrong", "for al", "for all ", "FOR ALL"]) {
    assertEquals(codeOf({ token }), "UNAUTHENTICATED");
  }
  assertEquals(codeOf({ device: "box-2", token: "for one" }), "UNAUTHENTICATED");
});

Deno.test("checkHello refuses another version, before anything else", () => {
  for (const protocolVersion of [0, 2]) {
    assertEquals(codeOf({ protocolVersion, device: "", token: "wrong" }), "UNSUPPORTED_VERSION");
  }
});

Deno.test("checkHello takes device names of 1 to the largest number of bytes, not letters", () => {
  const max = LIMITS.deviceNameBytesMax;
  checkHello({ ...HELLO, device: "ü".repeat(max / 2) }, []);
  for (const device of ["", "x".repeat(max + 1), "ü".repeat(max / 2) + "x"]) {
    assertEquals(codeOf({ device }, []), "INVALID_DEVICE");
  }
});
