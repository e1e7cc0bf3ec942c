/** The keys of `edge.json`, in tables: what is parsed, what the JSON Schema says, and what a mistake is compared with. */
import { parseCommandLine } from "../analysis/command_line.ts";
import { SOURCE_OPTION_SPECS } from "../client/source_options.ts";
import { LIMITS } from "../config/limits.ts";
import { parseBytes, parseChoice, parseDuration, parseHostPort, usage } from "../config/values.ts";
import { parseCamera, parseFps, parseQuality, parseScale, parseWidth } from "../frames/camera_spec.ts";
import { FRAME_POLICIES, SOURCE_KINDS } from "../protocol/message.ts";
import { parseBroker } from "./mqtt_broker.ts";
import { checkFilter } from "./mqtt_topics.ts";

/** One key of an object. */
export interface KeySpec {
  readonly name: string;
  /** Types of JSON that it takes; `texts` is a list of strings. */
  readonly types: readonly ("string" | "number" | "boolean")[] | readonly ["texts"];
  readonly help: string;
  readonly required?: true;
  readonly choices?: readonly string[];
  /** Looks at the value as text, at each of a list. @throws {FramewireError} `USAGE`. */
  readonly check?: (name: string, text: string) => unknown;
}

/** One object of the file: the whole, the spool, or each of a list. */
export interface SectionSpec {
  readonly help: string;
  /** Whether there is a list of it. */
  readonly isList: boolean;
  readonly keys: readonly KeySpec[];
  /** Of these keys each must have exactly one. */
  readonly oneOf?: readonly string[];
}

/** What becomes of a clip once it is stored. */
export const CLIP_ENDS = ["keep", "delete", "move"] as const;
/** What a spool does with a feed's events when it is full. */
export const WHEN_FULL = ["drop-oldest", "refuse-new"] as const;

const TEXT = ["string"] as const;
const FLAG = ["boolean"] as const;
const NUMBER = ["number", "string"] as const;
const TEXTS = ["texts"] as const;

/** Checks of keys which are options of `send`, too. */
const SOURCE_CHECKS: Readonly<Record<string, Partial<KeySpec>>> = {
  camera: { types: TEXT, check: (name, text) => parseCamera(name, text, Deno.build.os) },
  // A camera's default name counts: it would change with those above it.
  source: {
    types: TEXT,
    required: true,
    help: "Name of this source, unique on this box",
    check: shortName(LIMITS.sourceNameBytesMax),
  },
  kind: { types: TEXT, choices: SOURCE_KINDS },
  policy: { types: TEXT, choices: FRAME_POLICIES },
  fps: { types: NUMBER, check: parseFps },
  width: { types: NUMBER, check: parseWidth },
  scale: { types: TEXT, check: parseScale },
  quality: { types: NUMBER, check: parseQuality },
};

/** Keys of the whole file, besides its sections. */
export const TOP: SectionSpec = {
  help: "What a box sends, and where to",
  isList: false,
  keys: [
    { name: "$schema", types: TEXT, help: "For editors; not read" },
    { name: "server", types: TEXT, required: true, help: "HOST:PORT of the server", check: parseHostPort },
    { name: "device", types: TEXT, help: "Name of this box [host name]", check: shortName(LIMITS.deviceNameBytesMax) },
    { name: "token-file", types: TEXT, help: "File with the token (or the variable FRAMEWIRE_TOKEN)" },
    { name: "tls", types: FLAG, help: "Encrypt, and check the server's certificate" },
    { name: "tls-ca", types: TEXT, help: "Trust this authority alone (PEM file); means tls" },
  ],
};

const SPOOL: SectionSpec = {
  help: "Where events wait for the server, and how much of them",
  isList: false,
  keys: [
    { name: "dir", types: TEXT, help: "Folder; made if it is missing [spool, beside this file]" },
    { name: "max", types: NUMBER, help: "Bytes, such as 2GB [2GB]", check: parseBytes },
    { name: "keep", types: TEXT, help: "Age, such as 7d [7d]", check: parseDuration },
  ],
};

const SOURCES: SectionSpec = {
  help: "Cameras and folders of pictures",
  isList: true,
  keys: SOURCE_OPTION_SPECS.map(({ name, kind, help }) => ({
    name,
    help,
    types: kind === "flag" ? FLAG : TEXT,
    ...SOURCE_CHECKS[name],
  })),
  oneOf: ["camera", "frames"],
};

const CLIPS: SectionSpec = {
  help: "Folders whose files are sent once they have stopped growing",
  isList: true,
  keys: [
    { name: "folder", types: TEXT, required: true, help: "Folder which is watched, with those in it" },
    { name: "pattern", types: TEXT, help: "File names, with * and ? [*]", check: parsePattern },
    { name: "then", types: TEXT, help: "What becomes of a file once it is stored [keep]", choices: CLIP_ENDS },
    { name: "to", types: TEXT, help: "Folder for then: move" },
    { name: "settled", types: TEXT, help: "How long a file must not have changed [5s]", check: parseDuration },
  ],
};

const FEEDS: SectionSpec = {
  help: "Events: readings, texts and JSON objects, one a line",
  isList: true,
  keys: [
    {
      name: "feed",
      types: TEXT,
      required: true,
      help: "Name of the feed, unique on this box",
      check: shortName(LIMITS.feedNameBytesMax),
    },
    { name: "command", types: TEXT, help: "A program with arguments; each line is an event", check: parseCommandLine },
    { name: "file", types: TEXT, help: "A file that grows; each line is an event, exactly once over restarts" },
    { name: "stdin", types: FLAG, help: "Lines of standard input" },
    { name: "sensor", types: TEXT, help: "A made-up reading every interval", choices: ["demo"] },
    { name: "http", types: TEXT, help: "HOST:PORT which takes POSTs of JSON lines", check: parseHostPort },
    { name: "mqtt", types: TEXT, help: "mqtt:// or mqtts:// broker; each message is an event", check: parseBroker },
    { name: "topics", types: TEXTS, help: "What is wanted of a broker, such as sensors/#", check: checkFilter },
    { name: "tls-ca", types: TEXT, help: "Of mqtts://: trust this authority alone (PEM file)" },
    {
      name: "interval",
      types: TEXT,
      help: "Of a sensor: pause between readings [1s]; of a command: runs it again so long after it ended",
      check: parseInterval,
    },
    {
      name: "source",
      types: TEXT,
      help: "Source of this box whose pictures belong to the events",
      check: shortName(LIMITS.sourceNameBytesMax),
    },
    { name: "when-full", types: TEXT, help: "What a full spool does [drop-oldest]", choices: WHEN_FULL },
  ],
  oneOf: ["command", "file", "stdin", "sensor", "http", "mqtt"],
};

/** The objects and lists of the file, by key. */
export const SECTIONS = { spool: SPOOL, sources: SOURCES, clips: CLIPS, feeds: FEEDS } as const;

const encoder = new TextEncoder();

function shortName(bytesMax: number): (name: string, text: string) => void {
  return (name, text) => {
    const { length } = encoder.encode(text);
    if (length === 0 || length > bytesMax) throw usage(name, `a name of 1 to ${bytesMax} bytes`, text);
  };
}

/** `*.mp4`. @throws {FramewireError} `USAGE`. */
export function parsePattern(name: string, text: string): RegExp {
  if (text === "" || text.includes("/")) throw usage(name, "a file name with * and ?, without /", text);
  const escaped = text.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${escaped}$`, "s");
}

/** Milliseconds, at least 10. @throws {FramewireError} `USAGE`. */
export function parseInterval(name: string, text: string): number {
  const ms = parseDuration(name, text);
  if (ms < 10) throw usage(name, "10ms or more", text);
  return ms;
}

/** The check of a key that is one of a few words. @throws {FramewireError} `USAGE`. */
export function checkKey(spec: KeySpec, name: string, text: string): void {
  if (spec.choices !== undefined) parseChoice(name, text, spec.choices);
  spec.check?.(name, text);
}
