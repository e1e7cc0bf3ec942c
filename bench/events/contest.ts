/** Lets peers which send events take turns, in rounds, each time with a fresh receiver and a fresh sender. */
import type { LeftOut } from "../comparison.ts";
import { cpuSecondsOf, cpuSecondsOfOurChildren, peakBytesOf } from "../proc_files.ts";
import { run, runTalking } from "../processes.ts";
import { rotated } from "../statistics.ts";
import type { EventPeer } from "./event_peer.ts";

/** A sender which is not done after this long is taken for stuck. */
const SEND_TIMEOUT_MS = 120_000;
/** Events which come first and are not counted, as a part of the others: compilers have then seen enough. */
const WARM_PART = 1 / 5;

/** One run of one peer. */
export interface EventRun {
  readonly eventsPerSecond: number;
  /** User and system time of both sides for one event, microseconds; null where it cannot be measured. */
  readonly cpuMicros: number | null;
  /** Largest resident set of the receiver, bytes; 0 when not known. */
  readonly receiverPeakBytes: number;
}

/** A peer with what was measured. */
export interface MeasuredPeer {
  readonly peer: EventPeer;
  readonly runs: EventRun[];
}

/** How a contest runs. */
export interface ContestOptions {
  /** Rounds that count; a warm-up comes first. */
  readonly rounds: number;
  /** Events of a run which are counted. */
  readonly events: number;
  /** Told what is going on, for a person. */
  readonly tell: (line: string) => void;
}

/**
 * Prepares all peers under `dir` and lets them take turns. One which cannot be prepared or which fails is left out with
 * its reason, and the others go on.
 */
export async function contest(
  peers: readonly EventPeer[],
  dir: string,
  { rounds, events, tell }: ContestOptions,
): Promise<{ measured: MeasuredPeer[]; leftOut: LeftOut[] }> {
  const leftOut: LeftOut[] = [];
  let measured: MeasuredPeer[] = [];
  const giveUp = ({ name }: EventPeer, error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    leftOut.push({ name, reason });
    measured = measured.filter(({ peer }) => peer.name !== name);
    tell(`${name} is left out: ${reason}`);
  };
  for (const peer of peers) {
    const own = `${dir}/${peer.name}`;
    await Deno.mkdir(own);
    measured.push({ peer, runs: [] });
    await peer.prepare(own, events).catch((error) => giveUp(peer, error));
  }
  for (let round = 0; round <= rounds; round++) {
    for (const { peer, runs } of rotated(measured, round)) {
      try {
        const result = await runOnce(peer, `${dir}/${peer.name}/kept`, events);
        if (round > 0) runs.push(result);
        const rate = `${Math.round(result.eventsPerSecond)} events/s`;
        tell(`${round === 0 ? "warm-up" : `round ${round}`}: ${peer.name} ${rate}`);
      } catch (error) {
        giveUp(peer, error);
      }
    }
  }
  return { measured, leftOut };
}

/** One run, checked, with everything deleted behind it. @throws {Error} when it fails, or not all was kept */
async function runOnce(peer: EventPeer, folder: string, eventsMax: number): Promise<EventRun> {
  const events = Math.min(eventsMax, peer.eventsMax ?? Infinity);
  await Deno.mkdir(folder);
  // What others left in the page cache must not be written back on this one's time.
  await run("sync", []);
  const { listening, port } = await peer.listen(folder);
  let isStopped = false;
  const stop = async () => {
    if (!isStopped) await listening.stop();
    isStopped = true;
  };
  try {
    const warm = peer.isWholeCommand === true ? 0 : Math.ceil(events * WARM_PART);
    const { seconds, counted, cpuSeconds } = peer.isWholeCommand === true
      ? await sendWhole(peer, port, listening.pid, events)
      : await send(peer, port, listening.pid, [warm, events, peer.window].map(String));
    const receiverPeakBytes = peakBytesOf(listening.pid);
    await stop();
    await peer.checkKept(folder, warm + events);
    const cpuMicros = cpuSeconds === null ? null : cpuSeconds * 1e6 / counted;
    return { eventsPerSecond: counted / seconds, cpuMicros, receiverPeakBytes };
  } finally {
    await stop();
    await Deno.remove(folder, { recursive: true });
  }
}

interface Sent {
  readonly seconds: number;
  /** Events which were acked in this time. */
  readonly counted: number;
  readonly cpuSeconds: number | null;
}

/** Runs a sender of `peers/`. CPU time is taken from its line `warm` to its end: starting is not a matter of events. */
async function send(peer: EventPeer, port: number, receiver: number, args: readonly string[]): Promise<Sent> {
  const { program, args: all } = peer.sender(port, args);
  const childrenBefore = cpuSecondsOfOurChildren();
  let [warmSender, warmReceiver, doneReceiver]: (number | null)[] = [null, null, null];
  let warm: Record<string, unknown> = {};
  let done: Record<string, unknown> = {};
  await runTalking(program, all, SEND_TIMEOUT_MS, (line, pid) => {
    if (line["event"] === "warm") {
      warmSender = cpuSecondsOf(pid);
      warmReceiver = cpuSecondsOf(receiver);
      warm = line;
    }
    if (line["event"] === "done") {
      doneReceiver = cpuSecondsOf(receiver);
      done = line;
    }
  });
  const childrenAfter = cpuSecondsOfOurChildren();
  const [seconds, counted] = [Number(done["seconds"]), Number(done["events"]) - Number(warm["events"])];
  if (!(seconds > 0 && counted > 0)) {
    throw new Error(`Cannot count a run as the sender must say what it did: received ${JSON.stringify(done)}`);
  }
  const times = [childrenBefore, childrenAfter, warmSender, warmReceiver, doneReceiver];
  const cpuSeconds = times.includes(null)
    ? null
    : childrenAfter! - childrenBefore! - warmSender! + doneReceiver! - warmReceiver!;
  return { seconds, counted, cpuSeconds };
}

/** Runs a command from its start to its exit. */
async function sendWhole(peer: EventPeer, port: number, receiver: number, counted: number): Promise<Sent> {
  const { program, args } = peer.sender(port, []);
  const [childrenBefore, receiverBefore] = [cpuSecondsOfOurChildren(), cpuSecondsOf(receiver)];
  const startMs = performance.now();
  // A box tries for ever to reach a server which is gone.
  await runTalking(program, args, SEND_TIMEOUT_MS, () => {});
  const seconds = (performance.now() - startMs) / 1000;
  const times = [childrenBefore, receiverBefore, cpuSecondsOfOurChildren(), cpuSecondsOf(receiver)];
  const [a, b, c, d] = times;
  return { seconds, counted, cpuSeconds: times.includes(null) ? null : c! - a! + d! - b! };
}
