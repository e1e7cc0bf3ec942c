import { fileURLToPath } from "node:url";
import { runSender } from "../processes.ts";
import type { Peer } from "./peer.ts";

const PROGRAM = fileURLToPath(new URL("./sha256_program.ts", import.meta.url));

/** Nothing which verifies by SHA-256 can be faster than this. */
export const sha256: Peer = {
  name: "sha256",
  why: "one Deno process which reads the file and hashes it: no network, no writing",
  syncs: "-",
  verifies: "-",
  orientation: true,
  start: () => Promise.resolve(),
  send: (file) => runSender(Deno.execPath(), ["run", "-A", "--no-lock", PROGRAM, file]),
  received: () => null,
  serverPid: () => null,
  stop: () => Promise.resolve(),
};
