import { assert, assertEquals } from "@std/assert";
import type { LiveSource } from "../../lib/frames/frame_outlets.ts";
import { LiveHub } from "../../lib/live/live_hub.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { madeUpFrame, madeUpResult, numberedJpeg } from "../helpers/made_up_frame_library.ts";

const CAM = { device: "press-4", source: "cam" };

function setting() {
  const clock = new MadeUpClock();
  return { clock, hub: new LiveHub({ clock }) };
}

Deno.test("the newest frame is kept, also after the source has stopped", () => {
  const { hub } = setting();
  assertEquals([hub.has(CAM), hub.newest(CAM), hub.figures(CAM)], [false, undefined, undefined]);
  const inlet: LiveSource = hub.open(CAM, "visible");
  inlet.publish(madeUpFrame(1));
  inlet.publish(madeUpFrame(2));
  inlet.close("stopped");
  inlet.publish(madeUpFrame(3));
  assertEquals(hub.newest(CAM)?.sequence, 2);
  assertEquals(hub.watchFrames(CAM).take()?.item.sequence, 2);
});

Deno.test("a source is stale, live, stopped and offline when it should be", async () => {
  const { hub, clock } = setting();
  const state = () => hub.figures(CAM)?.state;
  const inlet = hub.open(CAM, "visible");
  assertEquals(state(), "stale");
  for (let sequence = 1; sequence <= 10; sequence++) {
    inlet.publish(madeUpFrame(sequence));
    await clock.advance(100);
  }
  assertEquals([state(), hub.figures(CAM)!.fps > 5], ["live", true]);
  await clock.advance(3_000);
  assertEquals([state(), hub.figures(CAM)!.fps], ["stale", 0]);
  inlet.publish(madeUpFrame(11));
  assertEquals(state(), "live");
  inlet.close("offline");
  assertEquals(state(), "offline");
  hub.open(CAM, "visible").close("stopped");
  assertEquals(state(), "stopped");
});

Deno.test("a newer connection takes a source over: the older one neither shows pictures nor ends it", () => {
  const { hub } = setting();
  const old = hub.open(CAM, "visible");
  old.publish(madeUpFrame(1));
  const fresh = hub.open(CAM, "infrared");
  fresh.publish(madeUpFrame(1, { run: "r2" }));
  old.publish(madeUpFrame(2));
  old.close("offline");
  old.publishDrop("link", 4);
  const figures = hub.figures(CAM)!;
  assertEquals([figures.state, figures.kind, figures.frames, figures.dropped.link], ["live", "infrared", 2, 4]);
  assertEquals(hub.newest(CAM)?.run, "r2");
});

Deno.test("results know their frame: its name, its times, and its id when it was stored", () => {
  const { hub } = setting();
  const inlet = hub.open(CAM, "visible");
  const reader = hub.watchResults(CAM);
  inlet.publish(madeUpFrame(1, { name: "1.jpg" }));
  inlet.publish(madeUpFrame(2));
  inlet.publishStored("r1", 1, 77);
  inlet.publishResult("r1", 1, madeUpResult("ok"));
  inlet.publishResult("r0", 1, madeUpResult("defect"));
  const { item } = reader.take()!;
  assertEquals([item.sequence, item.frame?.name, item.frame?.id, item.result.result], [1, "1.jpg", 77, "ok"]);
  assertEquals(item.frame?.timeMs, madeUpFrame(1).timeMs);
  assertEquals(reader.take()?.item.frame, null, "of a run that is not known");
  assertEquals([hub.figures(CAM)?.analysed, hub.figures(CAM)?.defects], [2, 1]);
});

Deno.test("publishing calls nobody who waits: viewers run later", async () => {
  const { hub } = setting();
  const inlet = hub.open(CAM, "visible");
  let done = 0;
  const waiting = Array.from({ length: 20 }, async () => {
    const next = await hub.watchFrames(CAM).next(new AbortController().signal);
    done++;
    return next?.item.sequence;
  });
  for (let sequence = 1; sequence <= 100; sequence++) inlet.publish(madeUpFrame(sequence));
  assertEquals(done, 0);
  assertEquals(new Set(await Promise.all(waiting)), new Set([100]));
});

Deno.test("what is kept of sources that are over is bounded, but nothing that is watched or sent goes", () => {
  const { hub } = setting();
  const at = (i: number) => ({ device: "press-4", source: `cam ${i}` });
  const open = hub.open(at(0), "visible");
  open.publish(madeUpFrame(1));
  const watched = hub.watchFrames(at(1));
  for (let i = 1; i <= 1_200; i++) hub.open(at(i), "visible").close("offline");
  assertEquals([hub.has(at(0)), hub.has(at(1)), hub.has(at(2)), hub.has(at(1_200))], [true, true, false, true]);
  assertEquals(hub.allFigures().length, 1_025);
  for (let i = 0; i < 100; i++) {
    const inlet = hub.open(at(i), "visible");
    inlet.publish(madeUpFrame(1, { jpeg: numberedJpeg(1, 1024 * 1024) }));
    inlet.close("offline");
  }
  const bytes = hub.allFigures().reduce(
    (sum, { device, source }) => sum + (hub.newest({ device, source })?.jpeg.length ?? 0),
    0,
  );
  assert(bytes <= 65 * 1024 * 1024, String(bytes));
  assertEquals(watched.take()?.item.jpeg.length, 1024 * 1024, "it is still the same feed");
});
