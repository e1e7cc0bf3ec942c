/** Lines of a file or a pipe as events of a feed: bad ones are named, and the rest goes on. */
import { FramewireError, messageOf } from "../errors.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import { LIMITS } from "../config/limits.ts";
import type { NewEvent } from "../store/feed_queue.ts";
import type { ParsedEvent } from "./event_parser.ts";
import type { FeedJob } from "./feed_job.ts";
import { LineSplitter, type SplitLine } from "./line_splitter.ts";

export interface LineReaderOptions {
  readonly job: FeedJob;
  /** @throws {FramewireError} for a line that is no event. */
  readonly parse: (line: string) => ParsedEvent;
  /** The first bad line is the end. */
  readonly isStrict: boolean;
  readonly clock: Clock;
  readonly bad: (number: number, reason: string) => void;
  readonly signal: AbortSignal;
}

/** A full spool is asked again after this long, ms. */
const FULL_PAUSE_MS = 500;

/**
 * Pushes all lines; empty ones are none. Resolves when they are safe in the queue.
 *
 * @throws {FramewireError} `MALFORMED` for a bad line if it is strict: what is in front of it is pushed; and as
 * {@linkcode FeedJob.push}.
 */
export async function readLines(chunks: AsyncIterable<Uint8Array>, options: LineReaderOptions): Promise<void> {
  const splitter = new LineSplitter();
  for await (const chunk of chunks) {
    if (options.signal.aborted) return;
    await pushLines(splitter.push(chunk), options);
  }
  await pushLines(splitter.finish(), options);
}

async function pushLines(lines: readonly SplitLine[], options: LineReaderOptions): Promise<void> {
  const { parse, isStrict, bad } = options;
  let events: NewEvent[] = [];
  for (const { number, text, problem } of lines) {
    if (problem === null && text.trim() === "") continue;
    try {
      if (problem !== null) throw new FramewireError("MALFORMED", problem);
      events.push(eventOf(parse(text), options.clock));
    } catch (thrown) {
      bad(number, messageOf(thrown));
      if (!isStrict) continue;
      await pushEvents(events, options);
      throw new FramewireError("MALFORMED", `Stopped at line ${number}: ${messageOf(thrown)}`, { cause: thrown });
    }
    if (events.length < LIMITS.eventsPerBatchMax) continue;
    await pushEvents(events, options);
    events = [];
  }
  await pushEvents(events, options);
}

function eventOf({ body, timeMs }: ParsedEvent, clock: Clock): NewEvent {
  return { timeMs: timeMs ?? clock.wallMs(), source: null, body };
}

async function pushEvents(events: readonly NewEvent[], { job, clock, signal }: LineReaderOptions): Promise<void> {
  while (events.length > 0 && !signal.aborted) {
    try {
      return await job.pushAll(events);
    } catch (thrown) {
      if (!(thrown instanceof FramewireError) || thrown.code !== "NO_SPACE") throw thrown;
    }
    await sleep(clock, FULL_PAUSE_MS, signal);
  }
}
