/** Lets peers which send frames take turns, in rounds, each time with a fresh receiver and a fresh sender. */
import type { LeftOut } from "../comparison.ts";
import { cpuSecondsOf, cpuSecondsOfOurChildren } from "../proc_files.ts";
import { run, runTalking } from "../processes.ts";
import { rotated } from "../statistics.ts";
import type { FramePeer } from "./frame_peer.ts";
import { FRAME_BYTES } from "./pictures.ts";

/** A sender which is not done after this long is taken for stuck; the slowest takes three seconds. */
const SEND_TIMEOUT_MS = 60_000;
/** Frames sent before those which are counted: compilers have then seen enough of a program, and its memory is there. */
const WARM_FRAMES = 4_000;
const WARM_FRAMES_LOCK_STEP = 500;
/** Counted frames in lock step, as a part of those with a window. */
const LOCK_STEP_PART = 1 / 5;
/** Memory that is touched beforehand, as a part of what is saved: there are copies in sockets and processes, too. */
const MEMORY_FACTOR = 1.25;
const TOUCHED_PIECES = [FRAME_BYTES, 256 * 1024, 1024 * 1024] as const;

/** One run of one peer. */
export interface FrameRun {
  /** From the ack of the last frame which is not counted to the ack of the last one. */
  readonly framesPerSecond: number;
  /** From the write of a frame to its ack. */
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  /** User and system time of both sides for one frame, microseconds; null where it cannot be measured. */
  readonly cpuMicros: number | null;
}

/** A peer with what was measured. */
export interface MeasuredPeer {
  readonly peer: FramePeer;
  readonly runs: FrameRun[];
}

/** How a contest runs. */
export interface ContestOptions {
  /** Rounds that count; a warm-up comes first. */
  readonly rounds: number;
  readonly frames: number;
  /** Told what is going on, for a person. */
  readonly tell: (line: string) => void;
}

/**
 * Prepares all peers under `dir` and lets them take turns with the pictures at `pictures`. One which cannot be prepared
 * or which fails is left out with its reason, and the others go on.
 */
export async function contest(
  peers: readonly FramePeer[],
  pictures: string,
  dir: string,
  options: ContestOptions,
): Promise<{ measured: MeasuredPeer[]; leftOut: LeftOut[] }> {
  const leftOut: LeftOut[] = [];
  let measured: MeasuredPeer[] = [];
  const giveUp = ({ name }: FramePeer, error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    leftOut.push({ name, reason });
    measured = measured.filter(({ peer }) => peer.name !== name);
    options.tell(`${name} is left out: ${reason}`);
  };
  for (const peer of peers) {
    const own = `${dir}/${peer.name}`;
    await Deno.mkdir(own);
    measured.push({ peer, runs: [] });
    await peer.prepare(own).catch((error) => giveUp(peer, error));
  }
  for (let round = 0; round <= options.rounds; round++) {
    for (const { peer, runs } of rotated(measured, round)) {
      try {
        const result = await runOnce(peer, pictures, `${dir}/${peer.name}/received`, options.frames);
        if (round > 0) runs.push(result);
        const rate = `${result.framesPerSecond.toFixed(0)} frames/s`;
        options.tell(`${round === 0 ? "warm-up" : `round ${round}`}: ${peer.name} ${rate}`);
      } catch (error) {
        giveUp(peer, error);
      }
    }
  }
  return { measured, leftOut };
}

/** One run, checked, with everything deleted behind it. @throws {Error} when it fails, or not all was saved */
async function runOnce(peer: FramePeer, pictures: string, folder: string, framesMax: number): Promise<FrameRun> {
  const wanted = Math.ceil(peer.window === 1 ? framesMax * LOCK_STEP_PART : framesMax);
  const frames = Math.min(wanted, peer.framesMax ?? Infinity);
  const warm = Math.min(peer.window === 1 ? WARM_FRAMES_LOCK_STEP : WARM_FRAMES, peer.framesMax ?? Infinity);
  await Deno.mkdir(folder);
  // What others left in the page cache must not be written back on this one's time.
  await run("sync", []);
  const { listening, port } = await peer.listen(folder);
  try {
    // Right before it is used: a host takes free memory back within seconds, and some receivers take one to start.
    if (peer.keepsNothing !== true) touchMemory(folder, (warm + frames) * FRAME_BYTES * MEMORY_FACTOR);
    const result = await send(
      peer,
      port,
      listening.pid,
      [pictures, FRAME_BYTES, warm, frames, peer.window].map(String),
    );
    if (peer.keepsNothing !== true) await checkSaved(folder, (warm + frames) * FRAME_BYTES);
    const { seconds, ackP50Ms, ackP99Ms, cpuSeconds } = result;
    const cpuMicros = cpuSeconds === null ? null : cpuSeconds * 1e6 / frames;
    return { framesPerSecond: frames / seconds, ackP50Ms, ackP99Ms, cpuMicros };
  } finally {
    await listening.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Has the kernel take as much memory for files as a run will, and give it up again. Memory which a virtual machine has
 * given back to its host is several times slower to touch, and it is chance which peer would meet it. In small and in
 * large pieces: the kernel keeps them apart, and peers write both.
 */
function touchMemory(folder: string, bytes: number): void {
  const paths = TOUCHED_PIECES.map((pieceBytes) => {
    const path = `${folder}/memory-${pieceBytes}.bin`;
    const piece = new Uint8Array(pieceBytes);
    using file = Deno.openSync(path, { write: true, createNew: true });
    for (let written = 0; written < bytes; written += pieceBytes) file.writeSync(piece);
    return path;
  });
  for (const path of paths) Deno.removeSync(path);
}

/** Runs a sender. CPU time is taken from its line `warm` to its end: starting is not a matter of frames. */
async function send(peer: FramePeer, port: number, receiver: number, args: readonly string[]) {
  const command = peer.sender(port, args);
  const childrenBefore = cpuSecondsOfOurChildren();
  let warmSender: number | null = null;
  let warmReceiver: number | null = null;
  let doneReceiver: number | null = null;
  let done: Record<string, unknown> = {};
  await runTalking(command.program, command.args, SEND_TIMEOUT_MS, (line, pid) => {
    if (line["event"] === "warm") {
      warmSender = cpuSecondsOf(pid);
      warmReceiver = cpuSecondsOf(receiver);
    }
    if (line["event"] === "done") {
      doneReceiver = cpuSecondsOf(receiver);
      done = line;
    }
  });
  const childrenAfter = cpuSecondsOfOurChildren();
  const number = (name: string) => {
    const value = done[name];
    if (typeof value === "number" && value > 0) return value;
    throw new Error(`Cannot count a run as the sender must say its ${name}: received ${JSON.stringify(done)}`);
  };
  const times = [childrenBefore, childrenAfter, warmSender, warmReceiver, doneReceiver];
  const cpuSeconds = times.includes(null)
    ? null
    : childrenAfter! - childrenBefore! - warmSender! + doneReceiver! - warmReceiver!;
  return { seconds: number("seconds"), ackP50Ms: number("ackP50Ms"), ackP99Ms: number("ackP99Ms"), cpuSeconds };
}

/** @throws {Error} when there are fewer bytes in `folder` than were acked */
async function checkSaved(folder: string, bytes: number): Promise<void> {
  const saved = await bytesBelow(folder);
  if (saved < bytes) throw new Error(`Cannot count a run as ${bytes} bytes must be saved: received ${saved}`);
}

async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    bytes += isDirectory ? await bytesBelow(path) : (await Deno.stat(path)).size;
  }
  return bytes;
}
