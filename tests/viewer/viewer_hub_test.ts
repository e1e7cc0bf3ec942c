import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import type { PageMessage } from "../../lib/viewer/page_messages.ts";
import { madeUpClip } from "../helpers/made_up_library.ts";
import { MadeUpSocket, ViewerHubSetting } from "../helpers/viewer_hub_setting.ts";
import { madeUpDevice } from "../helpers/viewer_fixture.ts";

const types = (messages: PageMessage[]) => messages.map(({ type }) => type);

Deno.test("ViewerHub greets with a snapshot of the newest 200 clips", async () => {
  const setting = new ViewerHubSetting();
  for (let i = 0; i < 201; i++) setting.library.add(madeUpClip(`c${i}`, { createdMs: i }));
  const socket = await setting.join();
  const [message] = socket.take();
  assert(message?.type === "snapshot");
  assertEquals([message.clips.length, message.more, message.clips[0]?.id], [200, true, "c200"]);
  assertEquals([message.serverId, message.pageHash], ["server-1", "hash-1"]);
});

Deno.test("ViewerHub joins many changes into at most four updates a second, and says nothing without any", async () => {
  const setting = new ViewerHubSetting();
  setting.library.add(madeUpClip("a", { size: 1000 }));
  setting.library.add(madeUpClip("b"));
  const socket = await setting.join();
  socket.take();
  for (let ms = 0; ms < 1000; ms += 10) {
    setting.library.change("a", { held: [{ start: 0, end: ms + 1 }] });
    await setting.clock.advance(10);
  }
  setting.library.remove("b");
  const updates = socket.take();
  assertEquals(types(updates), ["update", "update", "update", "update"]);
  await setting.clock.advance(250);
  const [last] = socket.take();
  assert(last?.type === "update");
  assertEquals([last.clips.length, last.removed], [0, ["b"]]);
  const held = updates.flatMap((update) =>
    update.type === "update" ? update.clips.map(({ held }) => held[0]?.end) : []
  );
  assertEquals(held.at(-1), 991);
  await setting.clock.advance(4_000);
  assertEquals(socket.take(), []);
});

Deno.test("ViewerHub says that it is alive every 5 seconds", async () => {
  const setting = new ViewerHubSetting();
  const socket = await setting.join();
  socket.take();
  await setting.clock.advance(20_500);
  assertEquals(types(socket.take()), ["alive", "alive", "alive", "alive"]);
});

Deno.test("ViewerHub tells of devices when one comes or goes, not each time it is seen", async () => {
  const setting = new ViewerHubSetting();
  const socket = await setting.join();
  setting.devices = [madeUpDevice("a", { sinceMs: 0, lastSeenMs: 1 })];
  await setting.clock.advance(250);
  const [, update] = socket.take();
  assert(update?.type === "update");
  assertEquals(update.devices, setting.devices);
  setting.devices = [madeUpDevice("a", { sinceMs: 0, lastSeenMs: 2 })];
  await setting.clock.advance(1_000);
  assertEquals(socket.take(), []);
});

Deno.test("ViewerHub skips a slow viewer, and gives it a snapshot when it has drained", async () => {
  const setting = new ViewerHubSetting();
  setting.library.add(madeUpClip("a", { size: 1000 }));
  const [slow, quick] = [await setting.join(), await setting.join()];
  slow.take();
  quick.take();
  slow.stuck = true;
  slow.buffered = LIMITS.viewerQueueBytesMax + 1;
  for (let i = 1; i <= 4; i++) {
    setting.library.change("a", { held: [{ start: 0, end: i }] });
    await setting.clock.advance(250);
  }
  assertEquals(types(quick.take()), ["update", "update", "update", "update"]);
  assertEquals(slow.take(), []);
  slow.stuck = false;
  slow.buffered = 0;
  await setting.clock.advance(500);
  const [fresh, ...more] = slow.take();
  assert(fresh?.type === "snapshot");
  assertEquals([fresh.clips[0]?.held[0]?.end, more.length], [4, 0]);
});

Deno.test("ViewerHub bounds what is queued for a stuck viewer, and cuts it", async () => {
  const setting = new ViewerHubSetting();
  for (let i = 0; i < 200; i++) setting.library.add(madeUpClip(`c${i}`, { name: "n".repeat(1000) }));
  const socket = await setting.join();
  socket.stuck = true;
  socket.buffered = 1;
  for (let ms = 0; ms <= LIMITS.viewerStallMs; ms += 250) {
    for (let i = 0; i < 200; i++) setting.library.change(`c${i}`, { rate: ms });
    assertEquals(socket.closed, undefined);
    await setting.clock.advance(250);
  }
  await setting.clock.advance(500);
  assertEquals(socket.closed, 1013);
  assert(socket.buffered < LIMITS.viewerQueueBytesMax + 400_000, String(socket.buffered));
  assertEquals(setting.hub.viewers, 1, "it counts until its connection is over");
  socket.events?.closed();
  assertEquals([setting.hub.viewers, setting.library.subscribers, setting.clock.pendingTimers], [0, 0, 0]);
});

Deno.test("ViewerHub closes a viewer which says something long, and takes so many viewers", async () => {
  const setting = new ViewerHubSetting();
  const socket = await setting.join();
  const watch = JSON.stringify({ type: "watch", sources: [] });
  socket.events?.received(watch.padEnd(LIMITS.viewerMessageBytesMax));
  assertEquals(socket.closed, undefined);
  socket.events?.received(watch.padEnd(LIMITS.viewerMessageBytesMax + 1));
  assertEquals(socket.closed, 1009);
  for (let i = 1; i < LIMITS.viewersMax; i++) await setting.join();
  assertEquals(setting.hub.join(() => ({ response: new Response(), socket: new MadeUpSocket() })), undefined);
});

Deno.test("ViewerHub goes on after a library which failed once", async () => {
  const setting = new ViewerHubSetting();
  const list = setting.library.list.bind(setting.library);
  setting.library.list = () => Promise.reject(new Error("The catalog is busy"));
  const socket = await setting.join();
  assertEquals(socket.take(), []);
  setting.library.list = list;
  await setting.clock.advance(250);
  assertEquals(types(socket.take()), ["snapshot"]);
});
