import { assertEquals } from "@std/assert";
import { type LogRows, ROWS_LIVE_MAX, withLive, withOlder } from "../../../../lib/viewer/page/events/log_rows.ts";
import { pictureGroups } from "../../../../lib/viewer/page/events/marks.ts";
import { madeUpEvent } from "../../../helpers/made_up_events.ts";

const event = (id: number) => madeUpEvent(id, { timeMs: id * 10 });
const ids = ({ events }: Pick<LogRows, "events">) => events.map(({ id }) => id);
const START: LogRows = { events: [event(5), event(3)], next: "3", isCut: false };

Deno.test("live events come on top, each once, and late ones where they belong", () => {
  assertEquals(ids(withLive(START, [event(4), event(5), event(6)])), [6, 5, 4, 3]);
  assertEquals(withLive(START, []), START);
});

Deno.test("too many live rows push the oldest out, which the next page brings again", () => {
  const many = Array.from({ length: ROWS_LIVE_MAX }, (_, i) => event(i + 10));
  const rows = withLive(START, many);
  assertEquals([rows.events.length, rows.isCut, rows.events.at(-1)?.id], [ROWS_LIVE_MAX, true, 10]);
  const older = withOlder(rows, { events: [event(10), event(5)], next: null });
  assertEquals([ids(older).slice(-2), older.isCut, older.next], [[10, 5], false, null]);
});

Deno.test("pictures which stand too near are one group with the newest on top", () => {
  const events = [10, 20, 80].map((id) => madeUpEvent(id, { timeMs: id, picture: `/events/${id}.jpg` }));
  const groups = pictureGroups([...events, madeUpEvent(81, { timeMs: 81 })], { fromMs: 0, toMs: 100 }, 0.2);
  assertEquals(groups.map(({ at, events }) => [at, events.map(({ id }) => id)]), [[0.2, [10, 20]], [0.8, [80]]]);
  assertEquals(pictureGroups(events, { fromMs: 50, toMs: 100 }, 0.2).length, 1);
});
