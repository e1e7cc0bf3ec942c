/** Everything that an agent touches of the outside. */
import type { Outside } from "../client/send_command.ts";
import { parseEvent, parseText } from "../events/event_parser.ts";
import { SensorDemo } from "../events/sensor_demo.ts";
import type { EventBody } from "../protocol/event.ts";
import type { Http } from "../platform/http.ts";
import type { SourceKind } from "../protocol/message.ts";
import type { FeedQueue } from "../store/feed_queue.ts";
import type { FrameSpool } from "../store/frame_spool.ts";
import { Spool } from "../store/spool.ts";
import type { SpoolClips } from "../store/spool_clips.ts";
import type { SpoolOptions, SpoolStatus } from "../store/spool_options.ts";

/** What an agent needs of a spool. */
export interface AgentSpool {
  /** The queue of a feed, the same for each call. */
  feed(name: string): Promise<FeedQueue>;
  /** Feeds that have events, also of those which are not sent any more. */
  feeds(): readonly string[];
  /** The pictures of a source, the same for each call. */
  source(name: string, kind: SourceKind): Promise<FrameSpool>;
  /** Sources that have pictures, also those which are not in the config any more. */
  sources(): readonly { readonly name: string; readonly kind: SourceKind }[];
  /** The files of a watched folder. */
  clips(folder: string): Promise<SpoolClips>;
  status(): SpoolStatus;
  close(): Promise<void>;
}

/** A line as an event. @throws {FramewireError} for what is none. */
export type ParseLine = (text: string) => { readonly body: EventBody; readonly timeMs?: number };

/** What the program gives. */
export interface AgentProgramOutside extends Outside {
  readonly httpServer: Http;
}

export interface AgentOutside extends AgentProgramOutside {
  readonly openSpool: (options: SpoolOptions) => Promise<AgentSpool>;
  readonly parseLine: ParseLine;
  /** A made-up reading. */
  readonly demoReading: (number: number, timeMs: number) => EventBody;
}

/** The spool and the events of Framewire. */
export function agentOutside(outside: AgentProgramOutside): AgentOutside {
  const sensor = new SensorDemo(outside.random);
  return {
    ...outside,
    openSpool: (options) => Spool.open(options),
    // What begins as an object must be one; anything else is a text.
    parseLine: (text) => text.trimStart().startsWith("{") ? parseEvent(text) : parseText(text),
    demoReading: (number, timeMs) => sensor.reading(number, timeMs),
  };
}
