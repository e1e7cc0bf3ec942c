/** A live stream of the server, over as many connections as it takes. */
import { backoffMs } from "../config/backoff.ts";
import { FramewireError, messageOf } from "../errors.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { HttpAnswer, HttpClient } from "../platform/http_client.ts";
import type { Random } from "../platform/random.ts";

/** Without a byte for so long it is asked for anew, ms: the network may be gone, or nothing has happened at all. */
const SILENT_MS = 60_000;
/** An answer begins within this time, ms. */
const ANSWER_MS = 10_000;
/** After a stream which lasted so long the next pause is short again, ms. */
const WORKED_MS = 10_000;

/** Bytes in, things out. */
export interface StreamParser<T> {
  /** @throws {FramewireError} `MALFORMED`. */
  push(bytes: Uint8Array): T[];
}

export interface WatchStreamOptions<T> {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly url: string;
  /** For each connection a new one. @throws {FramewireError} `MALFORMED`. */
  readonly parser: (contentType: string) => StreamParser<T>;
  /** Takes one thing; nothing more is read meanwhile. False: that was enough. */
  readonly take: (item: T) => Promise<boolean>;
  /** The server knows no such source: what to throw. */
  readonly unknown: (signal: AbortSignal) => Promise<FramewireError>;
  readonly connected: () => void;
  /** Why there is no stream, and when the next is tried; ms. */
  readonly interrupted: (error: FramewireError, retryInMs: number) => void;
}

/**
 * Follows a stream until `take` has enough, or `signal` aborts.
 *
 * @throws {FramewireError} what `unknown` gives, or what `take` throws.
 */
export async function watchStream<T>(options: WatchStreamOptions<T>, signal: AbortSignal): Promise<void> {
  const { clock, random } = options;
  let failures = 0;
  while (!signal.aborted) {
    const startedMs = clock.now();
    const end = await watchOnce(options, signal);
    if (end === "enough" || signal.aborted) return;
    if (end === "silent") continue;
    if (clock.now() - startedMs >= WORKED_MS) failures = 0;
    const pauseMs = backoffMs(failures++, random);
    options.interrupted(end, pauseMs);
    await sleep(clock, pauseMs, signal);
  }
}

/** One connection; gives why there must be another. */
async function watchOnce<T>(
  options: WatchStreamOptions<T>,
  signal: AbortSignal,
): Promise<"enough" | "silent" | FramewireError> {
  const { http, clock, url } = options;
  const tooLong = new AbortController();
  const either = AbortSignal.any([signal, tooLong.signal]);
  const within = async <R>(ms: number, work: (signal: AbortSignal) => Promise<R>): Promise<R> => {
    const cancel = clock.timer(ms, () => tooLong.abort());
    try {
      return await work(either);
    } finally {
      cancel();
    }
  };
  let answer: HttpAnswer | undefined;
  try {
    answer = await within(ANSWER_MS, (during) => http.get(url, during));
    if (answer.status === 404) throw new UnknownSource();
    if (answer.status !== 200) {
      return new FramewireError("CONNECTION_LOST", `Cannot watch ${url} as the server answered ${answer.status}`);
    }
    const parser = options.parser(answer.header("content-type") ?? "");
    options.connected();
    for (;;) {
      const open = answer;
      const bytes = await within(SILENT_MS, () => open.read());
      if (bytes === null) return new FramewireError("CONNECTION_LOST", "The server ended the stream");
      for (const item of parser.push(bytes)) {
        if (!await options.take(item).catch((cause) => Promise.reject(new TakeFailed(cause)))) return "enough";
      }
    }
  } catch (thrown) {
    if (thrown instanceof TakeFailed) throw thrown.cause;
    if (thrown instanceof UnknownSource) throw await options.unknown(either);
    if (tooLong.signal.aborted && answer !== undefined) return "silent";
    if (thrown instanceof FramewireError) return thrown;
    const text = tooLong.signal.aborted ? `${url} did not answer` : `The stream broke: ${messageOf(thrown)}`;
    return new FramewireError("CONNECTION_LOST", text, { cause: thrown });
  } finally {
    await answer?.close();
  }
}

class UnknownSource extends Error {}

/** What a taker throws ends everything; what the network throws does not. */
class TakeFailed extends Error {
  constructor(cause: unknown) {
    super("Cannot take it", { cause });
  }
}
