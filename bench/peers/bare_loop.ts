import type { Peer } from "./peer.ts";
import { twoPrograms } from "./two_programs.ts";

/** What the runtime, the kernel and the page cache allow when nothing at all is asked for. */
export const bareLoop: Peer = twoPrograms({
  name: "bare-loop",
  why: "two Deno processes, read into a reused 256 KiB buffer and write: the ceiling, with nothing of what one wants",
  syncs: "nothing",
  verifies: "nothing",
  orientation: true,
  server: "bare_loop_server",
  client: "bare_loop_client",
  runtime: "deno",
  fileName: "upload.bin",
});
