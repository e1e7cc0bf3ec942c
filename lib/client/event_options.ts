/** The options of events: a file or a pipe of them, texts, a made-up sensor, and the spool. */
import { LIMITS } from "../config/limits.ts";
import type { Options, OptionSpec } from "../config/options.ts";
import { parseBytes, parseChoice, parseDuration, usage } from "../config/values.ts";
import { FramewireError } from "../errors.ts";
import { SPOOL_POLICIES, type SpoolPolicy } from "../store/spool_options.ts";

export const EVENT_OPTION_SPECS: readonly OptionSpec[] = [
  {
    name: "events",
    kind: "text",
    value: "FILE",
    bare: "-",
    help: "JSON objects, one a line [standard input]; an unchanged file is stored once",
  },
  { name: "text", kind: "text", value: "TEXT", bare: "-", help: "A text; without one, lines of standard input" },
  { name: "sensor", kind: "text", value: "demo", help: "A made-up reading every --interval" },
  { name: "interval", kind: "text", value: "TIME", help: "Between two readings", default: "1s" },
  { name: "feed", kind: "text", value: "NAME", help: "Name of the feed [events, text or sensor]" },
  { name: "strict", kind: "flag", help: "Stop at the first line that is no event" },
  {
    name: "spool",
    kind: "text",
    value: "DIR",
    help: "Keep events, and pictures of cameras with --policy all, here until stored",
  },
  {
    name: "spool-max",
    kind: "text",
    value: "BYTES",
    help: "Bound of the spool",
    default: "2GB",
  },
  {
    name: "when-full",
    kind: "text",
    value: "RULE",
    help: "drop-oldest, which is told; refuse-new: who brings events waits",
    default: "drop-oldest",
  },
  { name: "spool-keep", kind: "text", value: "TIME", help: "Older ones are dropped, and that is told", default: "7d" },
];

/** Where the events of a feed come from. */
export type EventOrigin =
  | { readonly type: "events" | "text"; readonly path: string }
  | { readonly type: "line"; readonly text: string }
  | { readonly type: "sensor"; readonly intervalMs: number };

export interface FeedOptions {
  readonly feed: string;
  readonly origin: EventOrigin;
}

export interface EventOptions {
  readonly feeds: readonly FeedOptions[];
  readonly isStrict: boolean;
  readonly spool: {
    readonly path: string;
    readonly bytesMax: number;
    readonly keepMs: number;
    readonly policy: SpoolPolicy;
  } | null;
}

/** Standard input, as a path. */
export const STDIN = "-";
const SENSORS = ["demo"] as const;
const INTERVAL_MS_MIN = 1;
/** Smaller than this it would hold nothing for long, bytes. */
const SPOOL_BYTES_MIN = 1_000_000;
const encoder = new TextEncoder();

/** @throws {FramewireError} `USAGE`. */
export function toEventOptions(options: Options): EventOptions {
  const origins: { name: string; origin: EventOrigin }[] = [];
  const events = options.text("events");
  if (events !== undefined) origins.push({ name: "events", origin: { type: "events", path: events } });
  const text = options.text("text");
  if (text !== undefined) {
    const origin: EventOrigin = text === STDIN ? { type: "text", path: STDIN } : { type: "line", text };
    origins.push({ name: "text", origin });
  }
  if (options.parsed("sensor", (name, value) => parseChoice(name, value, SENSORS)) !== undefined) {
    origins.push({
      name: "sensor",
      origin: { type: "sensor", intervalMs: options.required("interval", parseInterval) },
    });
  }
  const name = options.parsed("feed", parseFeed);
  if (name !== undefined && origins.length > 1) {
    const text = `Cannot use --feed as it must be for one of --events, --text and --sensor: received ${origins.length}`;
    throw new FramewireError("USAGE", text);
  }
  const path = options.text("spool");
  return {
    feeds: origins.map(({ name: kind, origin }) => ({ feed: name ?? kind, origin })),
    isStrict: options.flag("strict"),
    spool: path === undefined ? null : {
      path,
      bytesMax: options.required("spool-max", parseSpoolMax),
      keepMs: options.required("spool-keep", parseDuration),
      policy: options.required("when-full", (name, text) => parseChoice(name, text, SPOOL_POLICIES)),
    },
  };
}

/** How often standard input is read. */
export function stdinCount({ feeds }: EventOptions): number {
  return feeds.filter(({ origin }) => "path" in origin && origin.path === STDIN).length;
}

function parseInterval(name: string, text: string): number {
  const ms = parseDuration(name, text);
  if (ms < INTERVAL_MS_MIN) throw usage(name, `at least ${INTERVAL_MS_MIN}ms`, text);
  return ms;
}

function parseSpoolMax(name: string, text: string): number {
  const bytes = parseBytes(name, text);
  if (bytes < SPOOL_BYTES_MIN) throw usage(name, `at least ${SPOOL_BYTES_MIN} bytes`, text);
  return bytes;
}

function parseFeed(name: string, text: string): string {
  const bytes = encoder.encode(text).length;
  if (bytes === 0 || bytes > LIMITS.feedNameBytesMax) {
    throw usage(name, `a name of 1 to ${LIMITS.feedNameBytesMax} bytes`, text);
  }
  return text;
}
