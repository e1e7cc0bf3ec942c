import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import type { ServerSocket, SocketEvents } from "../../lib/platform/http.ts";
import type { DeviceView } from "../../lib/viewer/clip_library.ts";
import type { PageMessage } from "../../lib/viewer/page_messages.ts";
import { ViewerHub } from "../../lib/viewer/viewer_hub.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { madeUpClip, MadeUpLibrary } from "../helpers/made_up_library.ts";
import { madeUpDevice } from "../helpers/viewer_fixture.ts";

/** A socket whose peer takes everything, or nothing. */
class MadeUpSocket implements ServerSocket {
  readonly texts: string[] = [];
  buffered = 0;
  stuck = false;
  closed: number | undefined;
  events: SocketEvents | undefined;

  send(text: string): void {
    this.texts.push(text);
    if (this.stuck) this.buffered += text.length;
  }
  bufferedBytes(): number {
    return this.buffered;
  }
  close(code: number): void {
    this.closed ??= code;
  }
  /** The messages since the last call. */
  take(): PageMessage[] {
    return this.texts.splice(0).map((text) => JSON.parse(text) as PageMessage);
  }
}

class Setting {
  readonly library = new MadeUpLibrary();
  readonly clock = new MadeUpClock();
  devices: DeviceView[] = [];
  readonly hub = new ViewerHub({
    library: this.library,
    server: () => ({ software: "s", startedMs: 0, devices: this.devices, freeBytes: 5 }),
    clock: this.clock,
    serverId: "server-1",
    pageHash: "hash-1",
    log: () => {},
  });

  async join(): Promise<MadeUpSocket> {
    const socket = new MadeUpSocket();
    const response = this.hub.join((events) => {
      socket.events = events;
      return { response: new Response(), socket };
    });
    assert(response !== undefined);
    socket.events?.opened();
    await settle();
    return socket;
  }
}

const types = (messages: PageMessage[]) => messages.map(({ type }) => type);

Deno.test("ViewerHub greets with a snapshot of the newest 200 clips", async () => {
  const setting = new Setting();
  for (let i = 0; i < 201; i++) setting.library.add(madeUpClip(`c${i}`, { createdMs: i }));
  const socket = await setting.join();
  const [message] = socket.take();
  assert(message?.type === "snapshot");
  assertEquals([message.clips.length, message.more, message.clips[0]?.id], [200, true, "c200"]);
  assertEquals([message.serverId, message.pageHash], ["server-1", "hash-1"]);
});

Deno.test("ViewerHub joins many changes into at most four updates a second, and says nothing without any", async () => {
  const setting = new Setting();
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
  const setting = new Setting();
  const socket = await setting.join();
  socket.take();
  await setting.clock.advance(20_500);
  assertEquals(types(socket.take()), ["alive", "alive", "alive", "alive"]);
});

Deno.test("ViewerHub tells of devices when one comes or goes, not each time it is seen", async () => {
  const setting = new Setting();
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
  const setting = new Setting();
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
  const setting = new Setting();
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
  const setting = new Setting();
  const socket = await setting.join();
  socket.events?.received(LIMITS.viewerMessageBytesMax);
  assertEquals(socket.closed, undefined);
  socket.events?.received(LIMITS.viewerMessageBytesMax + 1);
  assertEquals(socket.closed, 1009);
  for (let i = 1; i < LIMITS.viewersMax; i++) await setting.join();
  assertEquals(setting.hub.join(() => ({ response: new Response(), socket: new MadeUpSocket() })), undefined);
});

Deno.test("ViewerHub goes on after a library which failed once", async () => {
  const setting = new Setting();
  const list = setting.library.list.bind(setting.library);
  setting.library.list = () => Promise.reject(new Error("The catalog is busy"));
  const socket = await setting.join();
  assertEquals(socket.take(), []);
  setting.library.list = list;
  await setting.clock.advance(250);
  assertEquals(types(socket.take()), ["snapshot"]);
});

/** Lets every promise which is settled already run on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
