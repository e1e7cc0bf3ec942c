/** Runs the peers against each other, in rounds. */
import { sha256OfFile } from "./payload.ts";
import type { Peer } from "./peers/peer.ts";
import { cpuSecondsOf, cpuSecondsOfOurChildren, hasChildren, peakBytesOf, resetPeakOf } from "./proc_files.ts";
import { run } from "./processes.ts";
import { rotated } from "./statistics.ts";

/** How long a daemon may take to clear away after a transfer before its CPU time is read. */
const SETTLE_MS = 3_000;

/** One timed transfer. */
export interface Transfer {
  readonly seconds: number;
  /** User and system time of both sides; null where it cannot be measured. */
  readonly cpuSeconds: number | null;
  /** Largest resident sets, bytes; 0 when not known. */
  readonly clientPeakBytes: number;
  readonly serverPeakBytes: number;
}

/** A peer with what was measured. */
export interface Measured {
  readonly peer: Peer;
  readonly transfers: Transfer[];
}

/** A peer which is not in the table, and why. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/** What everybody sends. */
export interface Payload {
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** How a comparison runs. */
export interface ComparisonOptions {
  /** Rounds that count; a warm-up comes first (the first touch of memory is slow, and so is a first start). */
  readonly rounds: number;
  /** Told what is going on, for a person. */
  readonly tell: (line: string) => void;
}

/**
 * Starts all peers under `dir`, lets them take turns, and stops them. A peer which cannot start or which fails is left
 * out with its reason, and the others go on.
 */
export async function compare(
  peers: readonly Peer[],
  payload: Payload,
  dir: string,
  options: ComparisonOptions,
): Promise<{ measured: Measured[]; leftOut: LeftOut[] }> {
  const leftOut: LeftOut[] = [];
  let measured: Measured[] = [];
  const giveUp = (peer: Peer, error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    leftOut.push({ name: peer.name, reason });
    measured = measured.filter((entry) => entry.peer !== peer);
    options.tell(`${peer.name} is left out: ${reason}`);
  };
  try {
    for (const peer of peers) {
      const own = `${dir}/${peer.name}`;
      await Deno.mkdir(own);
      measured.push({ peer, transfers: [] });
      await peer.start(own).catch((error) => giveUp(peer, error));
    }
    for (let round = 0; round <= options.rounds; round++) {
      for (const { peer, transfers } of rotated(measured, round)) {
        try {
          const transfer = await transferOnce(peer, payload);
          if (round > 0) transfers.push(transfer);
          options.tell(`${round === 0 ? "warm-up" : `round ${round}`}: ${peer.name} ${transfer.seconds.toFixed(2)} s`);
        } catch (error) {
          giveUp(peer, error);
        }
      }
    }
  } finally {
    await stopAll(peers, options.tell);
  }
  return { measured, leftOut };
}

/** Stops all peers; one which does not stop keeps no other from being stopped. */
export async function stopAll(peers: readonly Peer[], tell: (line: string) => void): Promise<void> {
  for (const peer of peers) await peer.stop().catch((error) => tell(`${peer.name} did not stop: ${error}`));
}

/** One transfer: timed, then checked and deleted outside of the timed part. @throws {Error} when it arrived damaged */
async function transferOnce(peer: Peer, payload: Payload): Promise<Transfer> {
  // What others left in the page cache must not be written back on this one's time.
  await run("sync", []);
  const pid = peer.serverPid();
  if (pid !== null) resetPeakOf(pid);
  const cpuBefore = cpuSeconds(pid);
  const start = performance.now();
  const { clientPeakBytes } = await peer.send(payload.path);
  const seconds = (performance.now() - start) / 1000;
  if (pid !== null) await settled(pid);
  const cpuAfter = cpuSeconds(pid);
  const serverPeakBytes = pid === null || peer.forks ? 0 : peakBytesOf(pid);
  const received = peer.received();
  if (received !== null) {
    await check(received, payload);
    await Deno.remove(received);
  }
  const cpu = cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore;
  return { seconds, cpuSeconds: cpu, clientPeakBytes: peer.forks ? 0 : clientPeakBytes, serverPeakBytes };
}

/** Both sides: the server with its children, and the senders, which are our own children. */
function cpuSeconds(serverPid: number | null): number | null {
  const clients = cpuSecondsOfOurChildren();
  const server = serverPid === null ? 0 : cpuSecondsOf(serverPid);
  return clients === null || server === null ? null : clients + server;
}

/** Waits until a forking daemon has waited for its children, whose time it only then has. */
async function settled(pid: number): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  while (hasChildren(pid) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function check(path: string, payload: Payload): Promise<void> {
  const { size } = await Deno.stat(path);
  if (size !== payload.bytes) {
    throw new Error(`Cannot count a transfer as ${payload.bytes} bytes must arrive: received ${size}`);
  }
  const sha256 = await sha256OfFile(path);
  if (sha256 !== payload.sha256) {
    throw new Error(`Cannot count a transfer as its SHA-256 must be ${payload.sha256}: received ${sha256}`);
  }
}
