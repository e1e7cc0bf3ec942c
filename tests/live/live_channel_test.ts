import { assertEquals } from "@std/assert";
import { LiveChannel } from "../../lib/live/live_channel.ts";
import { jpegOf } from "../helpers/frame_fixture.ts";

Deno.test("LiveChannel.head finds each of the last frames, whatever was dropped between them and whose run they are", () => {
  const channel = new LiveChannel({ device: "box", source: "cam" }, "visible");
  const frame = { device: "box", source: "cam", sourceKind: "visible", name: null, jpeg: jpegOf(10) } as const;
  const times = { capturedMs: 1, timeMs: 1, receivedMs: 1 };
  const published: [string, number][] = [];
  // Numbers with holes, and behind them a new run which counts the same numbers again.
  for (const run of ["one", "two"]) {
    for (let sequence = 1; sequence <= 150; sequence += sequence % 7 === 0 ? 5 : 1) published.push([run, sequence]);
  }
  for (const [index, [run, sequence]] of published.entries()) {
    channel.publish({ ...frame, ...times, run, sequence, name: `${run} ${sequence}` }, index);
    for (const [run, sequence] of published.slice(Math.max(0, index - 200), index + 1)) {
      assertEquals(channel.head(run, sequence)?.name, `${run} ${sequence}`);
    }
    assertEquals(channel.head(run, sequence + 1), null);
    assertEquals(channel.head("other", sequence), null);
  }
});
