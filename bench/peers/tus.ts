import type { Peer } from "./peer.ts";
import { twoPrograms } from "./two_programs.ts";

/** Resumable uploads over HTTP, both sides by the makers of the protocol. */
export const tus: Peer = twoPrograms({
  name: "tus",
  why: "@tus/server 2.4.5 with its file store and tus-js-client 4.3.1: the usual way to have resumable uploads",
  syncs: "nothing",
  verifies: "nothing",
  server: "tus_server",
  client: "tus_client",
  // Measured: no slower than under Deno, and quicker to start.
  runtime: "node",
  fileName: null,
});
