import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseEvent, parseText } from "../../lib/events/event_parser.ts";
import { FramewireError } from "../../lib/errors.ts";

const TEMP = '"device_id":7,"event_id":3,"humidity":45.5,"temp_cel":-21.25';
const BODY = { kind: "temp" as const, deviceId: 7, eventId: 3, humidity: 45.5, tempCel: -21.25, picture: null };

Deno.test("parseEvent: an object with the fields of TempEvent is one", () => {
  assertEquals(parseEvent(`{${TEMP}}`), { body: BODY });
  assertEquals(parseEvent(`{${TEMP},"video_data":""}`), { body: BODY });
  const picture = Uint8Array.of(0xff, 0xd8, 0xff);
  assertEquals(parseEvent(`{${TEMP},"video_data":"/9j/"}`), { body: { ...BODY, picture } });
  assertEquals(parseEvent(`{${TEMP},"time":1750000000000}`), { body: BODY, timeMs: 1_750_000_000_000 });
});

Deno.test("parseEvent: everything else stays as it is written", () => {
  for (
    const json of [
      "{}",
      '{"big":  12345678901234567890, "a":{"b":[1,2,{"c":null}]}}',
      `{${TEMP},"unit":"C"}`,
      `{"device_id":7,"event_id":3,"humidity":45.5}`,
      `{${TEMP.replace("7", "2147483648")}}`,
      `{${TEMP.replace("7", "7.5")}}`,
      `{${TEMP.replace("45.5", '"45.5"')}}`,
      `{${TEMP.replace("45.5", "1e39")}}`,
      `{${TEMP},"video_data":"no base64!"}`,
      `{${TEMP},"time":"yesterday"}`,
      `{${TEMP},"time":1750000000}`,
    ]
  ) {
    assertEquals(parseEvent(`  ${json} \t`), { body: { kind: "json", json } }, json);
  }
});

Deno.test("parseEvent: time is RFC 3339 or ms, and nothing else", () => {
  const timeOf = (time: string) => parseEvent(`{"time":${time}}`).timeMs;
  assertEquals(timeOf('"2026-03-01T12:00:00Z"'), Date.UTC(2026, 2, 1, 12));
  assertEquals(timeOf('"2026-03-01 12:00:00.25+02:00"'), Date.UTC(2026, 2, 1, 10) + 250);
  assertEquals(timeOf("1772366400000.5"), 1_772_366_400_000.5);
  for (
    const time of ['"2026-03-01"', '"2026-13-01T12:00:00Z"', "1772366400", "17723664000000000", "null", "true", '""']
  ) {
    assertEquals(timeOf(time), undefined, time);
  }
});

Deno.test("parseEvent names what is no JSON object", () => {
  for (const line of ["{", "[1]", "7", '"text"', "null", "{} {}", "nonsense", "[".repeat(200_000)]) {
    const error = assertThrows(() => parseEvent(line), FramewireError);
    assertEquals(error.code, "MALFORMED");
    assert(error.message.includes(line.slice(0, 5)) && error.message.length < 250, error.message);
  }
});

Deno.test("parseText takes a line for what it is", () => {
  assertEquals(parseText(' {"a":1} '), { body: { kind: "text", text: ' {"a":1} ' } });
});
