/** `deno task bench [clips|frames|events|store|page]`: framewire and its peers, the same data, the same run. */
import { benchClips } from "./clips_bench.ts";
import { benchEvents } from "./events/events_bench.ts";
import { benchStore } from "./events/store_bench.ts";
import { benchFrames } from "./frames/frames_bench.ts";
import { benchPage } from "./page/page_bench.ts";
import { write } from "./run_files.ts";

const BENCHES: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  clips: benchClips,
  frames: benchFrames,
  events: benchEvents,
  store: benchStore,
  page: benchPage,
};

/** Clips without a word, as it was when there were only clips. */
async function main([first = "clips", ...rest]: readonly string[]): Promise<number> {
  try {
    if (first.startsWith("-")) return await benchClips([first, ...rest]);
    const bench = BENCHES[first];
    if (bench !== undefined) return await bench(rest);
    throw new RangeError(`Cannot compare as it must be one of ${Object.keys(BENCHES)}: received ${first}`);
  } catch (error) {
    write(Deno.stderr, `${error instanceof Error ? error.message : error}\n`);
    return error instanceof RangeError ? 2 : 1;
  }
}

Deno.exit(await main(Deno.args));
