/** A made-up reading every interval: to see that everything works before there is a sensor. */
import { type Clock, sleep } from "../platform/clock.ts";
import type { EventBody } from "../protocol/event.ts";
import type { LineFeed } from "./line_feed.ts";
import type { Part, PartHealth } from "./supervised_part.ts";

export interface DemoOptions {
  readonly everyMs: number;
  readonly source: string | null;
  readonly lines: LineFeed;
  readonly reading: (number: number, timeMs: number) => EventBody;
  readonly clock: Clock;
}

export class DemoPart implements Part {
  readonly name: string;
  readonly #options: DemoOptions;

  constructor(feed: string, options: DemoOptions) {
    this.name = `feed ${feed} of the demo sensor`;
    this.#options = options;
  }

  async run(signal: AbortSignal, health: PartHealth): Promise<void> {
    const { everyMs, source, lines, reading, clock } = this.#options;
    for (let number = 1; !signal.aborted; number++) {
      const timeMs = clock.wallMs();
      await lines.takeEvents([{ timeMs, source, body: reading(number, timeMs) }], health, signal);
      await sleep(clock, everyMs, signal);
    }
  }
}
