/** Pictures over the page's one WebSocket: `ViewerHub` with `PictureRounds` and `WatchedSources` inside. */
import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import type { LiveInlet } from "../../lib/live/live_hub.ts";
import { madeUpFrame, madeUpResult, numberedJpeg } from "../helpers/made_up_frame_library.ts";
import { MadeUpSocket, ViewerHubSetting } from "../helpers/viewer_hub_setting.ts";

/** A hub with so many sources of one device, which a box sends. */
class Cameras extends ViewerHubSetting {
  readonly inlets: LiveInlet[] = [];
  readonly ids: number[] = [];

  constructor(count: number) {
    super();
    for (let i = 1; i <= count; i++) {
      this.ids.push(this.frames.addSource("press-4", `cam ${i}`));
      this.inlets.push(this.live.open({ device: "press-4", source: `cam ${i}` }, "visible"));
    }
  }

  /** A frame of the source at `index`. */
  publish(sequence: number, index = 0, bytes = 200): void {
    const patch = { source: `cam ${index + 1}`, jpeg: numberedJpeg(sequence, bytes) };
    this.inlets[index]!.publish(madeUpFrame(sequence, patch));
  }

  /** A page which watches all sources. */
  async watcher(fpsMax: number | null = null): Promise<MadeUpSocket> {
    const socket = await this.join();
    socket.watch(...this.ids.map((id) => ({ id, fpsMax })));
    await this.clock.advance(0);
    return socket;
  }
}

const sequences = ({ pictures }: MadeUpSocket) => pictures.map(({ sequence }) => sequence);

Deno.test("a page gets the newest picture at once, and then each as it comes, with its header", async () => {
  const cameras = new Cameras(1);
  cameras.publish(1);
  cameras.publish(2);
  const page = await cameras.watcher();
  assertEquals(sequences(page), [2]);
  for (const sequence of [3, 4]) {
    cameras.publish(sequence);
    await cameras.clock.advance(1);
  }
  assertEquals(sequences(page), [2, 3, 4]);
  const frame = madeUpFrame(4);
  assertEquals(page.pictures.at(-1), {
    source: 1,
    run: "r1",
    sequence: 4,
    capturedMs: frame.capturedMs,
    timeMs: frame.timeMs,
    receivedMs: frame.receivedMs,
    sentMs: cameras.clock.wallMs() - 1,
    missed: 0,
    jpeg: frame.jpeg,
  });
});

Deno.test("a page gets no picture that it does not watch, and none before its snapshot", async () => {
  const cameras = new Cameras(2);
  cameras.publish(1, 0);
  cameras.publish(1, 1);
  const list = cameras.library.list.bind(cameras.library);
  cameras.library.list = () => Promise.reject(new Error("not yet"));
  const page = await cameras.join();
  page.watch({ id: 2, fpsMax: null });
  await cameras.clock.advance(100);
  assertEquals([page.texts.length, page.pictures.length], [0, 0]);
  cameras.library.list = list;
  await cameras.clock.advance(1_000);
  assertEquals(page.pictures.map(({ source }) => source), [2]);
  page.watch();
  cameras.publish(2, 1);
  await cameras.clock.advance(1_000);
  assertEquals(page.pictures.length, 1);
  assertEquals(cameras.live.figures({ device: "press-4", source: "cam 2" })?.missed, 0);
});

Deno.test("publishing sends nothing by itself: what came in one turn goes out once, as the newest", async () => {
  const cameras = new Cameras(1);
  const page = await cameras.watcher();
  for (let sequence = 1; sequence <= 100; sequence++) cameras.publish(sequence);
  assertEquals(page.pictures.length, 0);
  await cameras.clock.advance(1);
  assertEquals(page.pictures.map(({ sequence, missed }) => [sequence, missed]), [[100, 99]]);
});

Deno.test("a slow page gets the newest when it has room, with what it missed, and holds no more than its bound", async () => {
  const cameras = new Cameras(1);
  const [slow, quick] = [await cameras.watcher(), await cameras.watcher()];
  slow.stuck = true;
  for (let sequence = 1; sequence <= 60; sequence++) {
    cameras.publish(sequence, 0, 45_000);
    await cameras.clock.advance(33);
  }
  assertEquals(sequences(quick).length, 60);
  assert(quick.pictures.every(({ missed }) => missed === 0));
  // 256 KiB hold six pictures of 45 KB; the updates beside them are small.
  assertEquals(sequences(slow), [1, 2, 3, 4, 5, 6]);
  assert(slow.buffered < LIMITS.viewerPictureQueueBytesMax + 45_000, String(slow.buffered));
  slow.stuck = false;
  slow.buffered = 0;
  await cameras.clock.advance(100);
  assertEquals(slow.pictures.slice(6).map(({ sequence, missed }) => [sequence, missed]), [[60, 53]]);
  assertEquals(cameras.live.figures({ device: "press-4", source: "cam 1" })?.missed, 53);
});

Deno.test("sources take turns where there is room for one picture at a time only", async () => {
  const cameras = new Cameras(4);
  const page = await cameras.watcher();
  page.stuck = true;
  for (let round = 1; round <= 20; round++) {
    // The first one is much faster than the others.
    for (let i = 1; i <= 10; i++) cameras.publish(round * 10 + i, 0, 270_000);
    for (const index of [1, 2, 3]) cameras.publish(round, index, 270_000);
    await cameras.clock.advance(100);
    page.buffered = 0;
  }
  const counts = cameras.ids.map((id) => page.pictures.filter(({ source }) => source === id).length);
  assertEquals(counts, [5, 5, 5, 5]);
});

Deno.test("fpsMax thins a source out evenly, and that is nothing missed", async () => {
  const cameras = new Cameras(1);
  const page = await cameras.watcher(5);
  for (let sequence = 1; sequence <= 90; sequence++) {
    cameras.publish(sequence);
    await cameras.clock.advance(1000 / 30);
  }
  assert(page.pictures.length >= 14 && page.pictures.length <= 16, String(page.pictures.length));
  assertEquals(page.pictures.filter(({ missed }) => missed > 0), []);
  assertEquals(cameras.live.figures({ device: "press-4", source: "cam 1" })?.missed, 0);
  page.watch({ id: 1, fpsMax: null });
  page.pictures.length = 0;
  for (let sequence = 91; sequence <= 100; sequence++) {
    cameras.publish(sequence);
    await cameras.clock.advance(1000 / 30);
  }
  assertEquals(page.pictures.length >= 10, true);
});

Deno.test("a page gets results of what it watches, and only the newest when it is behind", async () => {
  const cameras = new Cameras(1);
  const page = await cameras.watcher();
  const results = () => page.take().filter((message) => message.type === "result").map(({ sequence }) => sequence);
  cameras.publish(1);
  cameras.inlets[0]!.publishResult("r1", 1, madeUpResult("defect"));
  await cameras.clock.advance(1);
  assertEquals(results(), [1]);
  page.stuck = true;
  page.buffered = LIMITS.viewerPictureQueueBytesMax;
  for (let sequence = 2; sequence <= 9; sequence++) {
    cameras.inlets[0]!.publishResult("r1", sequence, madeUpResult("ok"));
    await cameras.clock.advance(10);
  }
  assertEquals(results(), []);
  page.buffered = 0;
  await cameras.clock.advance(100);
  assertEquals(results(), [9]);
});

Deno.test("a page which takes pictures slowly is not cut, one which takes none is", async () => {
  const cameras = new Cameras(1);
  const [slow, stuck] = [await cameras.watcher(), await cameras.watcher()];
  slow.stuck = stuck.stuck = true;
  for (let ms = 0; ms < 3 * LIMITS.viewerStallMs; ms += 250) {
    cameras.publish(ms + 1, 0, 45_000);
    await cameras.clock.advance(250);
    // It takes a picture, and gets another at once: its queue looks the same each time.
    slow.buffered = Math.max(0, slow.buffered - 46_000);
  }
  assertEquals([slow.closed, stuck.closed], [undefined, 1013]);
  assert(slow.pictures.length > 50, String(slow.pictures.length));
});

Deno.test("a page without room is looked at now and then, not at each picture", async () => {
  const cameras = new Cameras(1);
  const page = await cameras.watcher();
  page.stuck = true;
  page.buffered = LIMITS.viewerPictureQueueBytesMax;
  await cameras.clock.advance(1_000);
  const before = page.looks;
  for (let sequence = 1; sequence <= 1_000; sequence++) {
    cameras.publish(sequence);
    await cameras.clock.advance(1);
  }
  assert(page.looks - before < 60, String(page.looks - before));
});

Deno.test("a picture says when it was sent to this page, also when others got it long ago", async () => {
  const cameras = new Cameras(1);
  const early = await cameras.watcher();
  cameras.publish(1);
  await cameras.clock.advance(60_000);
  const late = await cameras.watcher();
  const sent = [early, late].map(({ pictures }) => pictures[0]!.sentMs);
  assertEquals(sent[1]! - sent[0]!, 60_000);
});

Deno.test("nothing is left behind by pages that have gone, and a page that is cut gets nothing more", async () => {
  const cameras = new Cameras(3);
  const pages = [await cameras.watcher(), await cameras.watcher(5)];
  cameras.publish(1);
  await cameras.clock.advance(1);
  pages[0]!.events!.received("nonsense");
  assertEquals(pages[0]!.closed, 1008);
  cameras.publish(2);
  await cameras.clock.advance(1);
  assertEquals(sequences(pages[0]!), [1]);
  for (const page of pages) page.events!.closed();
  cameras.publish(3);
  assertEquals([cameras.hub.viewers, cameras.clock.pendingTimers], [0, 0]);
});

Deno.test("an update tells which sources have changed: a state at once, figures once a second", async () => {
  const cameras = new Cameras(2);
  const page = await cameras.join();
  const [snapshot] = page.take();
  assert(snapshot?.type === "snapshot");
  assertEquals(snapshot.sources.map(({ state }) => state), ["stale", "stale"]);
  cameras.publish(1, 1);
  await cameras.clock.advance(250);
  const [live] = page.take();
  assert(live?.type === "update");
  assertEquals(live.sources?.map(({ id, state }) => [id, state]), [[2, "live"]]);
  const updates = [];
  for (let ms = 0; ms < 2_000; ms += 50) {
    cameras.publish(2 + ms, 1);
    await cameras.clock.advance(50);
    updates.push(...page.take());
  }
  assertEquals(updates.length, 2);
  cameras.frames.removeSource(1);
  const fresh = cameras.frames.addSource("press-5", "new");
  await cameras.clock.advance(250);
  const [last] = page.take();
  assert(last?.type === "update");
  assertEquals([last.removedSources, last.sources?.map(({ id }) => id)], [[1], [fresh]]);
});

Deno.test("a source which comes later is watched as soon as it is there", async () => {
  const cameras = new Cameras(1);
  const page = await cameras.join();
  page.watch({ id: 2, fpsMax: null });
  cameras.frames.addSource("press-5", "new");
  cameras.live.open({ device: "press-5", source: "new" }, "infrared").publish(madeUpFrame(7));
  await cameras.clock.advance(300);
  assertEquals(page.pictures.map(({ source, sequence }) => [source, sequence]), [[2, 7]]);
});
