/** The lines of a program as events. It is started again when it ends: by its interval, or after a pause as for a failure. */
import { FramewireError, messageOf } from "../errors.ts";
import { LineSplitter, type SplitLine } from "../events/line_splitter.ts";
import { CameraProcess } from "../frames/camera_process.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { Exit, Processes } from "../platform/processes.ts";
import type { FeedOrigin } from "./agent_config.ts";
import type { LineFeed } from "./line_feed.ts";
import type { Part, PartHealth } from "./supervised_part.ts";

export interface CommandOptions {
  readonly command: Extract<FeedOrigin, { kind: "command" }>;
  readonly lines: LineFeed;
  readonly processes: Processes;
  readonly clock: Clock;
}

/** Longest wait for output, ms: a program may be silent for as long as it likes. */
const SILENCE_MS = 3_600_000;
/** Characters of its last words that a person gets to see. */
const WORDS_MAX = 300;

export class CommandPart implements Part {
  readonly name: string;
  readonly #options: CommandOptions;

  constructor(feed: string, options: CommandOptions) {
    this.name = `feed ${feed} of ${options.command.program}`;
    this.#options = options;
  }

  async run(signal: AbortSignal, health: PartHealth): Promise<void> {
    const { command: { program, everyMs }, clock } = this.#options;
    while (!signal.aborted) {
      const { exit, words } = await this.#runOnce(health, signal);
      if (signal.aborted) return;
      const how = exit === null
        ? "hangs"
        : exit.signal !== null
        ? `was ended by ${exit.signal}`
        : `ended with code ${exit.code}`;
      if (everyMs === null || exit?.code !== 0) {
        const last = words === "" ? "" : `: ${words.slice(-WORDS_MAX)}`;
        throw new FramewireError("SOURCE_UNREADABLE", `${program} ${how}; it is started again${last}`);
      }
      health.works();
      await sleep(clock, everyMs, signal);
    }
  }

  async #runOnce(health: PartHealth, signal: AbortSignal): Promise<{ exit: Exit | null; words: string }> {
    const { command: { program, args }, processes, clock, lines } = this.#options;
    let child: CameraProcess;
    try {
      child = new CameraProcess(processes.spawn({ program, args, input: false }), clock);
    } catch (cause) {
      throw new FramewireError("SOURCE_UNREADABLE", `Cannot start ${program}: ${messageOf(cause)}`, { cause });
    }
    const splitter = new LineSplitter();
    const take = (split: readonly SplitLine[]) =>
      lines.take(split.map((line) => ({ ...line, place: `line ${line.number}` })), health, signal);
    let isAtEnd = false;
    try {
      while (!signal.aborted && !isAtEnd) {
        const bytes = await child.read(SILENCE_MS, signal);
        if (bytes === null) isAtEnd = true;
        else if (typeof bytes !== "string") await take(splitter.push(bytes));
      }
      if (isAtEnd) await take(splitter.finish());
    } finally {
      await child.stop(isAtEnd);
    }
    return { exit: await child.stop(isAtEnd), words: child.lastWords() };
  }
}
