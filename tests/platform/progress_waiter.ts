/** A thread that waits for direct writes, as the catalog's does. */
/// <reference lib="deno.worker" />
import { DirectProgress } from "../../lib/platform/direct_progress.ts";

self.onmessage = ({ data }: MessageEvent<{ memory: SharedArrayBuffer; tickets: readonly number[] }>) => {
  const progress = new DirectProgress(data.memory);
  self.postMessage("begun");
  self.postMessage(data.tickets.map((ticket) => progress.wait(ticket)));
};
