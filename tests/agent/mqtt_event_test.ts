import { assertEquals, assertThrows } from "@std/assert";
import { agentOutside, type AgentProgramOutside } from "../../lib/agent/agent_outside.ts";
import { eventOf } from "../../lib/agent/mqtt_event.ts";
import { LIMITS } from "../../lib/config/limits.ts";
import { EVENT_TEXT_BYTES_MAX } from "../../lib/events/line_splitter.ts";
import { FramewireError } from "../../lib/errors.ts";
import { packEvents } from "../../lib/protocol/event_pack.ts";

const { parseLine } = agentOutside({} as AgentProgramOutside);

function eventFrom(payload: string | Uint8Array, topic = "line/temp") {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  return eventOf({ topic, payload: bytes, bytes: bytes.length, qos: 1, id: 1, isRetained: false }, parseLine);
}

/** The JSON or text of an event. */
function wordsOf(payload: string, topic?: string): string | undefined {
  const body = eventFrom(payload, topic)?.body;
  return body?.kind === "json" ? body.json : body?.kind === "text" ? body.text : body?.kind;
}

Deno.test("mqtt event: an object has its topic, is else as it was written, and its time counts", () => {
  assertEquals(wordsOf(' {"a": 12345678901234567890 }\n'), '{"topic":"line/temp","a": 12345678901234567890 }');
  assertEquals(wordsOf("{ }", 'a "b"'), '{"topic":"a \\"b\\""}');
  assertEquals(wordsOf('{"topic":"own","a":1}'), '{"topic":"own","a":1}');
  assertEquals(eventFrom('{"time":"2026-01-02T03:04:05Z"}')?.timeMs, Date.UTC(2026, 0, 2, 3, 4, 5));
});

Deno.test("mqtt event: a reading stays one", () => {
  const reading = '{"device_id":1,"event_id":2,"humidity":40,"temp_cel":21.5}';
  assertEquals(eventFrom(reading)?.body, {
    ...{ kind: "temp", deviceId: 1, eventId: 2, humidity: 40, tempCel: 21.5, picture: null },
  });
});

Deno.test("mqtt event: a number is a chart of its topic, anything else a text behind it", () => {
  for (const number of ["21.5", "-3", "0", "1e3", " 7\n"]) {
    assertEquals(wordsOf(number), `{"line/temp":${number.trim()}}`);
    JSON.parse(wordsOf(number)!);
  }
  for (const text of ["on", "007", "1.", "NaN", "true", "[1,2]", "{broken", '"x"', " "]) {
    assertEquals(wordsOf(text), `line/temp: ${text}`);
  }
  assertEquals(eventFrom(""), null, "a topic is cleared by that");
});

Deno.test("mqtt event: what is no text or too long is refused; what just fits can be sent", () => {
  assertThrows(() => eventFrom(Uint8Array.of(0xff, 0xd8)), FramewireError, "must be UTF-8: received 2");
  const room = EVENT_TEXT_BYTES_MAX - "line/temp: ".length;
  assertThrows(() => eventFrom("x".repeat(room + 1)), FramewireError, "must have <= 1048320 bytes");
  const fits = eventFrom("x".repeat(room))!;
  assertEquals(
    packEvents([{ sequence: 1, timeMs: Date.now(), source: "s".repeat(LIMITS.sourceNameBytesMax), body: fits.body }])
      .length,
    1,
  );
  const json = `{"a":"${"x".repeat(EVENT_TEXT_BYTES_MAX - 12)}"}`;
  assertThrows(() => eventFrom(json), FramewireError, "with its topic");
  const cut = { topic: "t", payload: null, bytes: 3_000_000, qos: 1, id: 1, isRetained: false };
  assertThrows(() => eventOf(cut, parseLine), FramewireError, "received 3000000");
});
