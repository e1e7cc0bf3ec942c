/** Rows of events, whichever way they take into their table. */
import { assertEquals } from "@std/assert";
import type { BoxEvent, EventBody } from "../../lib/protocol/event.ts";
import { encodeBatch } from "../../lib/protocol/event_batch.ts";
import { reading, withRealEvents } from "../helpers/event_store_fixture.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

function bodyAt(index: number, random: SeededRandom): EventBody {
  if (random.chance(0.02)) return { kind: "text", text: `text ${index}` };
  if (random.chance(0.02)) return { kind: "json", json: `{"index": ${index}}` };
  const picture = random.chance(0.02) ? Uint8Array.of(1, 2, index & 255) : null;
  return reading(index / 8, { deviceId: random.pick([7, -1]), eventId: index, humidity: index, picture });
}

Deno.test("EventRows keeps every column and the order of a batch, short or long, plain or mixed", () =>
  withRealEvents(async (fixture) => {
    const random = new SeededRandom(5);
    const nowMs = fixture.clock.wallMs();
    const all: BoxEvent[] = [];
    for (const count of [1, 49, 50, 51, 20, 21, 1_000, 737]) {
      const feed = await fixture.open("mixed");
      const first = all.length + 1;
      const batch = Array.from({ length: count }, (_, index): BoxEvent => ({
        sequence: first + index,
        timeMs: nowMs - (5_000 - first - index) * 100.5,
        source: random.chance(0.02) ? "cam" : null,
        body: bodyAt(first + index, random),
      }));
      await fixture.store.append(feed.feedId, feed.run, count === 51, nowMs, 250, encodeBatch(batch));
      all.push(...batch);
      const rows = await fixture.all({ sinceMs: batch[0]!.timeMs - 250 });
      assertEquals(rows.map(({ late, receivedMs }) => [late, receivedMs]), batch.map(() => [count === 51, nowMs]));
    }
    const rows = await fixture.all();
    assertEquals(rows.map(({ id }) => id), all.map((_, index) => index + 1));
    for (const [index, row] of rows.entries()) {
      const { sequence, timeMs, source, body } = all[index]!;
      const isTemp = body.kind === "temp";
      assertEquals(
        [row.sequence, row.capturedMs, row.timeMs, row.source, row.kind, row.hasPicture],
        [sequence, timeMs, timeMs - 250, source, body.kind, isTemp && body.picture !== null],
      );
      assertEquals(
        [row.deviceId, row.eventId, row.humidity, row.tempCel, row.text, row.json],
        isTemp
          ? [body.deviceId, body.eventId, body.humidity, body.tempCel, null, null]
          : [null, null, null, null, body.kind === "text" ? body.text : null, body.kind === "json" ? body.json : null],
      );
    }
  }));
