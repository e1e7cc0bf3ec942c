import { assertEquals } from "@std/assert";
import { parseTime, rfc3339 } from "../../lib/viewer/times.ts";

Deno.test("rfc3339 has milliseconds, also for times that a box made up", () => {
  assertEquals(rfc3339(0), "1970-01-01T00:00:00.000Z");
  assertEquals(rfc3339(1_700_000_000_123.789), "2023-11-14T22:13:20.123Z");
  assertEquals(rfc3339(-1), "1969-12-31T23:59:59.999Z");
  assertEquals(rfc3339(1e300), "9999-12-31T23:59:59.999Z");
  assertEquals(rfc3339(-Infinity), "0000-01-01T00:00:00.000Z");
  assertEquals(rfc3339(NaN), "1970-01-01T00:00:00.000Z");
});

Deno.test("parseTime reads what rfc3339 writes, other offsets and plain milliseconds", () => {
  for (const ms of [0, 1_700_000_000_123, -62_000_000_000_001]) assertEquals(parseTime(rfc3339(ms)), ms);
  assertEquals(parseTime("1700000000123"), 1_700_000_000_123);
  assertEquals(parseTime("1700000000123.5"), 1_700_000_000_123.5);
  assertEquals(parseTime("2023-11-14T22:13:20Z"), 1_700_000_000_000);
  assertEquals(parseTime("2023-11-15T00:13:20.000+02:00"), 1_700_000_000_000);
  // What becomes of a + in a query which nobody encoded.
  assertEquals(parseTime("2023-11-15T00:13:20 02:00"), 1_700_000_000_000);
});

Deno.test("parseTime reads nothing else", () => {
  const wrong = [
    "",
    "now",
    "2023-11-14",
    "2023-11-14T22:13:20",
    "2023-13-14T22:13:20Z",
    "-5",
    "1e3",
    "Infinity",
    " 5",
    "0x1",
  ];
  for (const text of [...wrong, "9999999999999999", "2023-02-30T25:00:00Z"]) assertEquals(parseTime(text), null, text);
});
