import { assertEquals } from "@std/assert";
import type { PageMessage } from "../../../../lib/viewer/page_messages.ts";
import {
  activeAlerts,
  alerts,
  applyEvents,
  feedIndexes,
  feeds,
  onEvents,
} from "../../../../lib/viewer/page/events/event_state.ts";
import { chartsOf } from "../../../../lib/viewer/page/events/feed_choice.ts";
import { announcement } from "../../../../lib/viewer/page/state.ts";
import { madeUpAlert, madeUpEvent, madeUpFeed } from "../../../helpers/made_up_events.ts";

const REST = { nowMs: 1, freeBytes: null, clips: [], more: false, devices: [], sources: [] } as const;
const snapshot = (patch: Partial<PageMessage & { type: "snapshot" }>): PageMessage => ({
  type: "snapshot",
  ...REST,
  ...{ serverId: "s", pageHash: "h", software: "x", feeds: [], alerts: [], ...patch },
});
const update = (patch: Partial<PageMessage & { type: "update" }>): PageMessage => ({
  type: "update",
  ...{ nowMs: 2, freeBytes: null, clips: [], removed: [], ...patch },
});

Deno.test("feeds keep their colours when others come, and the list changes only with feeds and measures", () => {
  applyEvents(snapshot({ feeds: [madeUpFeed(4, { device: "b" }), madeUpFeed(2, { device: "z" })] }));
  assertEquals(feeds.value.map(({ id }) => id), [4, 2]);
  assertEquals([...feedIndexes.value], [[2, 0], [4, 1]]);
  const before = feeds.value;
  applyEvents(update({ feeds: [madeUpFeed(4, { device: "b", events: 7 })] }));
  assertEquals(feeds.value === before, true);
  applyEvents(update({ feeds: [madeUpFeed(9, { device: "a" })] }));
  assertEquals(feeds.value.map(({ id }) => id), [9, 4, 2]);
  assertEquals(feedIndexes.value.get(4), 1);
});

Deno.test("alerts are said when they begin and when they end, once each", () => {
  applyEvents(snapshot({ alerts: [] }));
  applyEvents(update({ alerts: [madeUpAlert(1)] }));
  assertEquals(announcement.value, "Alert: too hot, press-4, Temperature 63.2 °C");
  assertEquals(activeAlerts.value.length, 1);
  announcement.value = "";
  applyEvents(update({ alerts: [madeUpAlert(1, { value: 64 })] }));
  applyEvents(snapshot({ alerts: [madeUpAlert(1)] }));
  assertEquals(announcement.value, "");
  applyEvents(update({ alerts: [madeUpAlert(1, { endedMs: 5 })] }));
  assertEquals(announcement.value, "Alert over: too hot, press-4");
  assertEquals([activeAlerts.value.length, alerts.value.length], [0, 1]);
});

Deno.test("whoever listens hears of events and of feeds with more than these, until he has enough", () => {
  const heard: unknown[] = [];
  const deaf = onEvents((events, skipped) => heard.push(events.length, [...skipped]));
  const message: PageMessage = { type: "events", events: [madeUpEvent(1)], skipped: [{ feed: 3, events: 9 }] };
  applyEvents(message);
  deaf();
  applyEvents(message);
  assertEquals(heard, [1, [3]]);
});

Deno.test("feeds with the same measure share a chart; sensors of one feed too; another unit is another chart", () => {
  const measure = (name: string, unit: string | null, max: number | null = null) => ({ name, unit, min: null, max });
  const charts = chartsOf([
    madeUpFeed(1, { measures: [measure("temp_cel", "°C", 60), measure("temp_cel/7", "°C", 60), measure("rpm", null)] }),
    madeUpFeed(2, { measures: [measure("temp_cel", "°C", 80), measure("rpm", "1/s")] }),
  ]);
  assertEquals(
    charts.map(({ measure, unit, max, keys }) => [measure, unit, max, keys.map(({ feedId, line }) => [feedId, line])]),
    [
      ["temp_cel", "°C", null, [[1, 0], [1, 1], [2, 0]]],
      ["rpm", "", null, [[1, 0]]],
      ["rpm", "1/s", null, [[2, 0]]],
    ],
  );
});
