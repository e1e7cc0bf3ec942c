/** Connections to the server, one after the other, until every clip, source and feed has been stored or cannot be. */
import type { ClipJob } from "../clips/clip_job.ts";
import { type ErrorCode, FramewireError, messageOf } from "../errors.ts";
import type { FeedJob } from "../events/feed_job.ts";
import type { SourceJob } from "../frames/source_job.ts";
import type { Clock } from "../platform/clock.ts";
import { sleep } from "../platform/clock.ts";
import type { Address, Connection, Network } from "../platform/network.ts";
import type { Random } from "../platform/random.ts";
import type { Welcome } from "../protocol/message.ts";
import { backoffMs } from "../config/backoff.ts";
import { type BoxIdentity, BoxSession } from "./box_session.ts";
import type { OpenWork } from "./open_work.ts";
import type { BoxHealth } from "./status_teller.ts";

export interface UplinkOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly address: Address;
  readonly identity: BoxIdentity;
  /** Gives up when no connection was welcomed for this long, ms; Infinity is never. */
  readonly retryForMs: number;
  /** Cameras and folders of pictures, beside the clips; none if left out. */
  readonly sources?: readonly SourceJob[];
  /** Feeds of events; none if left out. */
  readonly feeds?: readonly FeedJob[];
  /** How the box is, for the server to show; not told if left out. */
  readonly health?: () => BoxHealth;
  /** Of an agent, whose jobs come and go: it changes the lists, and starts what it adds. */
  readonly work?: OpenWork;
  readonly connected: (welcome: Welcome, remote: string) => void;
  /** Tells why there is no connection, and when the next is tried; ms. */
  readonly interrupted: (error: FramewireError, retryInMs: number) => void;
}

/** What all of them have in common. */
type Job = Pick<ClipJob, "isEnded">;

/** A connection attempt ends after this long, ms; the kernel's own limit is two minutes. */
const CONNECT_TIMEOUT_MS = 10_000;
/** What no later attempt can change. */
const FINAL: readonly ErrorCode[] = ["UNSUPPORTED_VERSION", "UNAUTHENTICATED", "INVALID_DEVICE"];
/** One unexpected message can be damage on the way; so many connections in a row which end by one are a mistake. */
const UNEXPECTED_MAX = 3;

/**
 * Sends all clips, sources and feeds; resolves when each has ended. Sources are captured from the beginning, also without a
 * connection.
 *
 * When `signal` aborts, sources and feeds end as cleanly as they can in a moment, and clips stop where they are.
 *
 * @throws {FramewireError} `GAVE_UP` after `retryForMs`, `SHUTTING_DOWN` when `signal` aborts, or the refusal of the server.
 */
export async function runUplink(options: UplinkOptions, clips: readonly ClipJob[], signal: AbortSignal): Promise<void> {
  const { clock, random, retryForMs, interrupted, sources = [], feeds = [] } = options;
  const isDone = () =>
    options.work?.isOpen !== true && [...clips, ...sources, ...feeds].every((job: Job) => job.isEnded);
  // A camera that cannot be opened at all is known before there is a connection.
  const over = new AbortController();
  const paused = AbortSignal.any([signal, over.signal]);
  for (const { settled } of [...sources, ...feeds]) settled.then(() => isDone() && over.abort());
  for (const source of sources) source.start();
  let failures = 0;
  let unexpected = 0;
  let lastWelcomeMs = clock.now();
  while (!isDone()) {
    if (signal.aborted) throw stopped();
    const before = progressOf(clips, sources, feeds);
    const attempt = await runOnce(options, clips, signal, paused);
    if (attempt.welcomed) lastWelcomeMs = clock.now();
    // A connection which brought nothing is a failure, however friendly its end.
    if (progressOf(clips, sources, feeds) !== before) failures = 0;
    if (isDone() && ![...sources, ...feeds].some(({ stopped }) => stopped)) return;
    if (signal.aborted) throw stopped();
    const error = attempt.error ??
      new FramewireError("CONNECTION_LOST", "The server ended the connection before everything was sent");
    unexpected = error.code === "UNEXPECTED_MESSAGE" ? unexpected + 1 : 0;
    if (FINAL.includes(error.code) || unexpected >= UNEXPECTED_MAX) throw error;
    const leftMs = lastWelcomeMs + retryForMs - clock.now();
    if (leftMs <= 0) {
      const text = `Gave up after ${Math.round(retryForMs / 1000)} s: ${error.message}`;
      throw new FramewireError("GAVE_UP", text, { cause: error });
    }
    // On top of what the server asks for, so that a hundred boxes do not come back together; and the last attempt is made
    // when the time is up, not given up before.
    const pauseMs = Math.min(error.retryAfterMs + backoffMs(failures++, random), leftMs);
    interrupted(error, pauseMs);
    await sleep(clock, pauseMs, paused);
  }
}

/** A number that grows with everything the server has taken. */
function progressOf(
  clips: readonly ClipJob[],
  sources: readonly SourceJob[],
  feeds: readonly FeedJob[],
): number {
  const ended = [...clips, ...sources, ...feeds].filter((job: Job) => job.isEnded).length;
  const bytes = clips.reduce((sum, clip) => sum + clip.receivedBytes, 0);
  return [...sources, ...feeds].reduce(
    (sum, { received, alreadyThere }) => sum + received + alreadyThere,
    ended + bytes,
  );
}

async function runOnce(
  options: UplinkOptions,
  clips: readonly ClipJob[],
  signal: AbortSignal,
  paused: AbortSignal,
): Promise<{ welcomed: boolean; error: FramewireError | null }> {
  let connection: Connection;
  try {
    connection = await connect(options, paused);
  } catch (thrown) {
    const error = thrown instanceof FramewireError ? thrown : new FramewireError("CONNECTION_LOST", messageOf(thrown));
    return { welcomed: false, error };
  }
  const { address, clock, random, identity, connected, retryForMs, sources = [], feeds = [], work, health } = options;
  const jobs = { clips, sources, feeds, work };
  const session = new BoxSession(
    { connection, clock, random, identity, ...jobs, health, retryForMs, welcomed: connected },
  );
  const reason = await session.run(signal);
  if (!session.isWelcome && reason.error?.code === "MESSAGE_TOO_LARGE") {
    const peer = `${address.hostname}:${address.port}`;
    const text = `${peer} does not speak Framewire (is it the port of the page?), or it wants TLS (--tls)`;
    return { welcomed: false, error: new FramewireError("MESSAGE_TOO_LARGE", text, { cause: reason.error }) };
  }
  return { welcomed: session.isWelcome, error: reason.error };
}

async function connect({ network, clock, address }: UplinkOptions, signal: AbortSignal): Promise<Connection> {
  const deadline = new AbortController();
  const abort = () => deadline.abort();
  const cancel = clock.timer(CONNECT_TIMEOUT_MS, abort);
  signal.addEventListener("abort", abort);
  try {
    return await network.connect(address, { signal: deadline.signal });
  } finally {
    cancel();
    signal.removeEventListener("abort", abort);
  }
}

function stopped(): FramewireError {
  return new FramewireError("SHUTTING_DOWN", "Stopped; what was sent is kept, the same command goes on from there");
}
