import { assertEquals } from "@std/assert";
import { LiveHub } from "../../lib/live/live_hub.ts";
import { type RecordedFrames, type RecordedSource, StoredFrameLibrary } from "../../lib/server/stored_frame_library.ts";
import type { FrameQuery, FrameRow } from "../../lib/store/frame_catalog.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { madeUpFrame, madeUpResult } from "../helpers/made_up_frame_library.ts";

function sourceRow(id: number, device: string, name: string): RecordedSource {
  const totals = { frames: id, bytes: id * 100, firstMs: 5, lastMs: 9 };
  return { id, device, name, kind: "visible", folder: `${device}/${name}`, createdMs: 0, ...totals };
}

function frameRow(id: number, sourceId: number, result: string | null = null): FrameRow {
  const times = { capturedMs: id, timeMs: id, receivedMs: id };
  const place = { file: "a.mjpeg", position: 0, bytes: 10, crc32: 1 };
  return { id, sourceId, run: "r1", sequence: id, name: null, verdict: null, result, ...times, ...place };
}

class Setting implements RecordedFrames {
  readonly clock = new MadeUpClock();
  readonly hub = new LiveHub({ clock: this.clock });
  readonly library = new StoredFrameLibrary({ store: this, hub: this.hub, clock: this.clock });
  readonly rows = [sourceRow(1, "a", "x"), sourceRow(2, "a", "y"), sourceRow(3, "b", "x")];
  readonly recorded: FrameRow[] = [];
  asked = 0;

  sources(): Promise<RecordedSource[]> {
    this.asked++;
    return Promise.resolve([...this.rows]);
  }
  frames({ sourceId, order, limit, cursor }: FrameQuery): Promise<FrameRow[]> {
    const sign = order === "ascending" ? 1 : -1;
    const found = this.recorded.filter((row) =>
      (sourceId === undefined || row.sourceId === sourceId) && (cursor === undefined || sign * (row.id - cursor) > 0)
    );
    return Promise.resolve(found.toSorted((a, b) => sign * (a.id - b.id)).slice(0, limit));
  }
  frame(id: number): Promise<FrameRow | undefined> {
    return Promise.resolve(this.recorded.find((row) => row.id === id));
  }
  nearest(sourceId: number): Promise<FrameRow | undefined> {
    return Promise.resolve(this.recorded.find((row) => row.sourceId === sourceId));
  }
  jpeg(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  spans(): Promise<{ fromMs: number; toMs: number; frames: number; defects: number }[]> {
    return Promise.resolve([{ fromMs: 1, toMs: 2, frames: 3, defects: 0 }]);
  }
  gaps() {
    const gap = { fromMs: 2, toMs: null, frames: 0, reason: "offline" as const, count: 1 };
    return Promise.resolve([gap]);
  }
}

Deno.test("sources are those of the catalog, with what the hub knows of them", async () => {
  const setting = new Setting();
  setting.hub.open({ device: "a", source: "y" }, "visible").publish(madeUpFrame(1));
  const sources = await setting.library.sources();
  assertEquals(sources.map(({ id, state, storedFrames }) => [id, state, storedFrames]), [
    [1, "offline", 1],
    [2, "live", 2],
    [3, "offline", 3],
  ]);
  assertEquals([sources[0]?.lastFrameMs, sources[1]?.lastFrameMs], [null, madeUpFrame(1).timeMs]);
});

Deno.test("the catalog is asked for its sources once in two seconds, and when there is a new one", async () => {
  const setting = new Setting();
  for (let ms = 0; ms < 10_000; ms += 250) {
    await setting.library.sources();
    await setting.clock.advance(250);
  }
  assertEquals(setting.asked, 5);
  setting.rows.push(sourceRow(4, "c", "z"));
  setting.hub.open({ device: "c", source: "z" }, "visible").publish(madeUpFrame(1));
  await setting.library.sources();
  await setting.clock.advance(250);
  assertEquals((await setting.library.sources()).at(-1)?.state, "live");
  const before = setting.asked;
  await Promise.all([setting.library.sources(), setting.library.sources()]);
  assertEquals(setting.asked, before);
});

Deno.test("frames of a device are those of its sources, in order, and no more than asked for", async () => {
  const setting = new Setting();
  for (let id = 1; id <= 12; id++) setting.recorded.push(frameRow(id, id % 3 + 1));
  const ids = async (options: Partial<Parameters<StoredFrameLibrary["frames"]>[0]>) =>
    (await setting.library.frames({ order: "descending", limit: 4, ...options })).map(({ id }) => id);
  assertEquals(await ids({}), [12, 11, 10, 9]);
  assertEquals(await ids({ device: "a" }), [12, 10, 9, 7]);
  assertEquals(await ids({ device: "a", cursor: 9 }), [7, 6, 4, 3]);
  assertEquals(await ids({ device: "a", source: "y", order: "ascending" }), [1, 4, 7, 10]);
  assertEquals(await ids({ source: "x", order: "ascending" }), [2, 3, 5, 6]);
  assertEquals(await ids({ device: "nobody" }), []);
  assertEquals(await ids({ device: "a", sourceId: 3 }), []);
});

Deno.test("a frame has the names of its source and its result; one of a source that is gone is left out", async () => {
  const setting = new Setting();
  const result = madeUpResult("defect");
  setting.recorded.push(frameRow(1, 2, JSON.stringify(result)), frameRow(2, 99));
  const frame = await setting.library.frame(1);
  assertEquals([frame?.device, frame?.source, frame?.result], ["a", "y", result]);
  assertEquals(await setting.library.frame(2), undefined);
  assertEquals((await setting.library.nearest(2, 0))?.id, 1);
  assertEquals(await setting.library.timeline(2, 0, 9), {
    spans: [{ fromMs: 1, toMs: 2, frames: 3, defects: 0 }],
    gaps: [{ fromMs: 2, toMs: null, frames: 0, reason: "offline", count: 1 }],
  });
});
