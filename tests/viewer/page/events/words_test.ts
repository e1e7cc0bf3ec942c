import { assertEquals, assertMatch } from "@std/assert";
import { alertSpan, alertWords, endedWords, webhookWords } from "../../../../lib/viewer/page/events/alert_words.ts";
import { isFound, readingWords, valueOf } from "../../../../lib/viewer/page/events/event_words.ts";
import { COLOURS, lineStyle } from "../../../../lib/viewer/page/events/line_style.ts";
import { formatMeasure, formatNumber, measureName, unitOf } from "../../../../lib/viewer/page/events/measure_words.ts";
import { markWords, timeMarks } from "../../../../lib/viewer/page/events/time_marks.ts";
import { madeUpAlert, madeUpEvent } from "../../../helpers/made_up_events.ts";

Deno.test("each of the first 32 lines looks another way, and neighbours differ in colour and in dashes", () => {
  const styles = Array.from({ length: 32 }, (_, i) => lineStyle(i));
  assertEquals(new Set(styles.map((style) => JSON.stringify(style))).size, 32);
  for (let i = 1; i < styles.length; i++) {
    assertEquals(styles[i]!.colour === styles[i - 1]!.colour, false);
    if (i % COLOURS !== 0) assertEquals(styles[i]!.dash === styles[i - 1]!.dash, false);
  }
});

Deno.test("numbers have the digits they need, and their unit", () => {
  const texts = [0, 22.4123, -3.5, 100, 1013.25, 123456.789, 0.00042, 0.00001234, 9007199254740991, 1.5e21, NaN].map(
    formatNumber,
  );
  assertEquals(texts, [
    "0",
    "22.41",
    "−3.5",
    "100",
    "1,013.25",
    "123,457",
    "0.00042",
    "0.00001234",
    "9,007,199,254,740,991",
    "1.500e+21",
    "–",
  ]);
  assertEquals([formatMeasure(22.4, "°C"), formatMeasure(3, "")], ["22.4 °C", "3"]);
});

Deno.test("measures of readings have names and units, those of a second sensor its number, others their own", () => {
  assertEquals([measureName("temp_cel"), unitOf("temp_cel", null)], ["Temperature", "°C"]);
  assertEquals([measureName("humidity/7"), unitOf("humidity/7", null)], ["Humidity, sensor 7", "%"]);
  assertEquals([measureName("rpm"), unitOf("rpm", null), unitOf("rpm", "1/min")], ["rpm", "", "1/min"]);
});

Deno.test("valueOf takes readings by their sensor, and numbers of free objects by their name", () => {
  const reading = madeUpEvent(1, { kind: "temp", deviceId: 7, tempCel: 21.5, humidity: 40 });
  assertEquals(valueOf(reading, "temp_cel", new Set(["temp_cel"])), 21.5);
  assertEquals(valueOf(reading, "temp_cel", new Set(["temp_cel", "temp_cel/7"])), null);
  assertEquals(valueOf(reading, "temp_cel/7", new Set(["temp_cel", "temp_cel/7"])), 21.5);
  assertEquals(valueOf(reading, "humidity/8", new Set()), null);
  const object = madeUpEvent(2, { kind: "json", json: '{"rpm":1200,"name":"a"}' });
  assertEquals([valueOf(object, "rpm", new Set()), valueOf(object, "name", new Set())], [1200, null]);
  assertEquals(valueOf(madeUpEvent(3, { kind: "text", text: "12" }), "rpm", new Set()), null);
  assertEquals(readingWords(reading), "21.5 °C, 40 %");
});

Deno.test("isFound judges live events as the server judges stored ones", () => {
  const event = madeUpEvent(1, { text: "Door OPEN", timeMs: 500 });
  assertEquals(isFound(event, {}), true);
  assertEquals(isFound(event, { search: "open", kind: "text", device: "press-4", sinceMs: 500, untilMs: 500 }), true);
  for (
    const filter of [{ search: "shut" }, { kind: "json" }, { device: "x" }, { feed: "x" }, { sinceMs: 501 }, {
      untilMs: 499,
    }] as const
  ) {
    assertEquals(isFound(event, filter), false, JSON.stringify(filter));
  }
});

Deno.test("alerts in words show no letters that nobody sees", () => {
  const alert = madeUpAlert(1, { rule: "too\u202ehot" });
  assertEquals(alertWords(alert), "Alert: too�hot, press-4, Temperature 63.2 °C");
  assertEquals(endedWords(alert), "Alert over: too�hot, press-4");
});

Deno.test("an alert says whether its webhook was told, and what could not be told is bad", () => {
  const cases = [
    ["none", "none", null],
    ["waiting", "none", false],
    ["delivered", "none", false],
    ["delivered", "waiting", false],
    ["failed", "delivered", true],
    ["delivered", "failed", true],
  ] as const;
  for (const [raised, ended, isBad] of cases) {
    assertEquals(
      webhookWords(madeUpAlert(1, { webhook: { raised, ended } }))?.isBad ?? null,
      isBad,
      `${raised} ${ended}`,
    );
  }
  assertEquals(webhookWords(madeUpAlert(1, { webhook: { raised: "delivered", ended: "none" } }))?.text, "webhook told");
});

Deno.test("the readings of an alert are shown with some room around it; of one that holds up to now", () => {
  const nowMs = 10_000_000;
  const over = madeUpAlert(1, { sinceMs: 1_000_000, endedMs: 1_400_000 });
  assertEquals(alertSpan(over, nowMs), { fromMs: 900_000, toMs: 1_500_000 });
  assertEquals(alertSpan(madeUpAlert(1, { sinceMs: nowMs - 1_000 }), nowMs), { lastMs: 61_000 });
  assertEquals(alertSpan(madeUpAlert(1, { sinceMs: nowMs + 9e9 }), nowMs), { lastMs: 1 }, "a clock that runs ahead");
});

Deno.test("marks below a chart stand at round times of the viewer's zone, and are not too many", () => {
  const start = new Date(2026, 2, 3, 10, 0, 7).getTime();
  const minutes = timeMarks(start, start + 300_000, 6);
  assertEquals(minutes.map((ms) => new Date(ms).getSeconds()), [0, 0, 0, 0, 0]);
  assertEquals(markWords(minutes)[0], "10:01");
  const days = timeMarks(start, start + 7 * 86_400_000, 8);
  assertEquals(days.map((ms) => new Date(ms).getHours()), days.map(() => 0));
  assertEquals(markWords(days)[0], "Mar 4");
  const year = timeMarks(start, start + 365 * 86_400_000, 14);
  assertEquals(year.map((ms) => new Date(ms).getDate()), year.map(() => 1));
  assertEquals(markWords(year)[0], "Apr\n2026");
  assertEquals(markWords(year).filter((text) => text.includes("\n")), ["Apr\n2026", "Jan\n2027"]);
  assertMatch(markWords(timeMarks(start, start + 2_000, 6))[0]!, /^10:00:07(\.\d{3})?$/);
  assertEquals(
    markWords(timeMarks(start + 13 * 3_600_000, start + 15 * 3_600_000, 5)).some((text) => text.endsWith("\nMar 4")),
    true,
  );
});
