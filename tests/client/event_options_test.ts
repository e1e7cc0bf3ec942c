import { assertEquals, assertThrows } from "@std/assert";
import { SEND_SPEC, toSendOptions } from "../../lib/client/send_options.ts";
import { parseOptions } from "../../lib/config/options.ts";
import { FramewireError } from "../../lib/errors.ts";
import { MadeUpProgram } from "../helpers/made_up_program.ts";

function eventsOf(...args: string[]) {
  const options = parseOptions(SEND_SPEC, { args, env: () => undefined, file: () => ({}) });
  return toSendOptions(options, new MadeUpProgram()).events;
}

Deno.test("events, texts and the sensor are feeds, named after what they are", () => {
  assertEquals(eventsOf("--events", "a.ndjson", "--sensor", "demo", "--interval", "250ms", "--strict"), {
    feeds: [
      { feed: "events", origin: { type: "events", path: "a.ndjson" } },
      { feed: "sensor", origin: { type: "sensor", intervalMs: 250 } },
    ],
    isStrict: true,
    spool: null,
  });
  assertEquals(eventsOf("--text", "hello there", "--feed", "log").feeds, [
    { feed: "log", origin: { type: "line", text: "hello there" } },
  ]);
});

Deno.test("--events and --text without a value read standard input, which is there once", () => {
  assertEquals(eventsOf("--events", "--json").feeds[0]?.origin, { type: "events", path: "-" });
  assertEquals(eventsOf("--text").feeds[0]?.origin, { type: "text", path: "-" });
  assertThrows(() => eventsOf("--text", "--events", "-"), FramewireError, "standard input");
  assertThrows(() => eventsOf("--text", "--file", "-"), FramewireError, "standard input");
});

Deno.test("the spool has its bounds", () => {
  const bounds = { bytesMax: 2e9, keepMs: 7 * 86_400_000, policy: "drop-oldest" as const };
  assertEquals(eventsOf("--text", "a", "--spool", "s").spool, { path: "s", ...bounds });
  assertEquals(eventsOf("--spool", "s", "--spool-max", "5MB", "--spool-keep", "1h", "--when-full", "refuse-new"), {
    ...{ feeds: [], isStrict: false },
    spool: { path: "s", bytesMax: 5e6, keepMs: 3_600_000, policy: "refuse-new" },
  });
  assertThrows(() => eventsOf("--text", "a", "--spool", "s", "--spool-max", "10KB"), FramewireError, "--spool-max");
});

Deno.test("what cannot be is refused", () => {
  assertThrows(() => eventsOf("--text", "a", "--spool", "s", "--when-full", "explode"), FramewireError, "--when-full");
  assertThrows(() => eventsOf("--sensor", "real"), FramewireError, "one of demo");
  assertThrows(() => eventsOf("--sensor", "demo", "--interval", "0ms"), FramewireError, "--interval");
  assertThrows(() => eventsOf("--text", "a", "--sensor", "demo", "--feed", "x"), FramewireError, "--feed");
  assertThrows(() => eventsOf("--text", "a", "--feed", "x".repeat(200)), FramewireError, "--feed");
});
