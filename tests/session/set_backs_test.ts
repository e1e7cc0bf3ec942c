import { assertEquals } from "@std/assert";
import { type ErrorCode, FramewireError } from "../../lib/errors.ts";
import { againText, SetBacks } from "../../lib/session/set_backs.ts";

const error = (code: ErrorCode, retryAfterMs = 0) => new FramewireError(code, "", { retryAfterMs });
const at = (nowMs: number) => ({ nowMs, backoffMs: 100, retryForMs: 60_000 });

Deno.test("SetBacks: a fifth refusal without progress in between is the last", () => {
  const setBacks = new SetBacks();
  for (let round = 0; round < 3; round++) {
    for (let time = 0; time < 4; time++) assertEquals(setBacks.pauseMs(error("BAD_CHECKSUM"), at(0)), 100);
    setBacks.progressed();
  }
  for (let time = 0; time < 4; time++) setBacks.pauseMs(error("BAD_CHECKSUM"), at(0));
  assertEquals(setBacks.pauseMs(error("BAD_CHECKSUM"), at(0)), null);
});

Deno.test("SetBacks: a full server is asked again for as long as it may be, from the first refusal on", () => {
  const setBacks = new SetBacks();
  for (let nowMs = 1_000; nowMs <= 31_000; nowMs += 1_000) {
    assertEquals(setBacks.pauseMs(error("NO_SPACE", 30_000), at(nowMs)), 30_100);
  }
  assertEquals(setBacks.pauseMs(error("NO_SPACE", 30_000), at(31_001)), null);
  setBacks.accepted();
  assertEquals(setBacks.pauseMs(error("STREAMS_EXHAUSTED", 30_000), at(50_000)), 30_100);
});

Deno.test("SetBacks: what is begun anew is given up at the fifth time, whatever progress there was", () => {
  const setBacks = new SetBacks();
  for (let time = 0; time < 4; time++) {
    assertEquals(setBacks.pauseMs(error("SOURCE_CHANGED"), at(0), true), 100);
    setBacks.progressed();
    setBacks.accepted();
  }
  assertEquals(setBacks.pauseMs(error("SOURCE_CHANGED"), at(0), true), null);
});

Deno.test("SetBacks: an error which may not pass is not tried again", () => {
  assertEquals(new SetBacks().pauseMs(error("INVALID_NAME"), at(0)), null);
  assertEquals(againText(1_250), "trying again in 1.3 s");
});
