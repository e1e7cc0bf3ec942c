import { assertEquals, assertRejects } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { Feed } from "../../lib/live/feed.ts";
import { liveBody } from "../../lib/viewer/live_body.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

class Setting {
  readonly clock = new MadeUpClock();
  readonly feed = new Feed<Uint8Array>(1);
  readonly stopping = new AbortController();
  asked = 0;
  ended = 0;

  body(preamble = new Uint8Array()): ReadableStreamDefaultReader<Uint8Array> {
    const reader = this.feed.reader();
    return liveBody({
      preamble,
      next: async (signal) => {
        this.asked++;
        return (await reader.next(signal))?.item ?? null;
      },
      clock: this.clock,
      onEnd: () => this.ended++,
      signal: this.stopping.signal,
    }).getReader();
  }
}

Deno.test("liveBody asks for a piece only when the one before was taken", async () => {
  const setting = new Setting();
  const reader = setting.body(new Uint8Array([9]));
  await setting.clock.advance(10);
  assertEquals(setting.asked, 0);
  assertEquals((await reader.read()).value, new Uint8Array([9]));
  for (const byte of [1, 2]) {
    setting.feed.put(new Uint8Array([byte]));
    await setting.clock.advance(10);
    assertEquals(setting.asked, byte - 1);
    assertEquals((await reader.read()).value, new Uint8Array([byte]));
  }
  await reader.cancel();
});

Deno.test("liveBody cuts a viewer which takes nothing, not one which waits", async () => {
  const setting = new Setting();
  const waiting = setting.body();
  const read = waiting.read();
  await setting.clock.advance(10 * LIMITS.liveStallMs);
  setting.feed.put(new Uint8Array([1]));
  assertEquals((await read).done, false);
  await setting.clock.advance(LIMITS.liveStallMs - 1);
  assertEquals(setting.ended, 0);
  await setting.clock.advance(1);
  assertEquals(setting.ended, 1);
  await assertRejects(() => waiting.read());
  // Nor may one that never took anything stay.
  setting.body();
  await setting.clock.advance(LIMITS.liveStallMs);
  assertEquals([setting.ended, setting.clock.pendingTimers], [2, 0]);
});

Deno.test("liveBody ends when the viewer leaves and when the server stops, also while it waits", async () => {
  const setting = new Setting();
  const leaving = setting.body();
  const left = leaving.read();
  await setting.clock.advance(1);
  await leaving.cancel();
  assertEquals((await left).done, true);
  const staying = setting.body();
  const ended = staying.read();
  await setting.clock.advance(1);
  setting.stopping.abort();
  assertEquals((await ended).done, true);
  assertEquals((await setting.body().read()).done, true);
  assertEquals([setting.ended, setting.clock.pendingTimers], [3, 0]);
});
