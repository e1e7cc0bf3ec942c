/** The options of `serve`, from one table. */
import { type AnalysisLimits, DEFAULT_LIMITS } from "../analysis/analysis_limits.ts";
import { parseAnalysisLimits } from "../analysis/analysis_limits_parser.ts";
import type { AnalysisPoolOptions } from "../analysis/analysis_pool.ts";
import { LIMITS } from "../config/limits.ts";
import type { CommandSpec, Options } from "../config/options.ts";
import { readPem } from "../config/pem.ts";
import { parseBytes, parseChoice, parseDuration, parseHostPort, usage } from "../config/values.ts";
import { FramewireError } from "../errors.ts";
import { NO_RULES, parseRules, type RulesFile } from "../events/rules_parser.ts";
import { parseRecordPolicy, type RecordPolicy } from "../frames/record_policy.ts";
import type { LogLevel } from "../log.ts";
import type { Program } from "../platform/program.ts";

/** Each holds its own decoder and a picture: 64 are more than a machine has processors for. */
const ANALYSIS_WORKERS_MAX = 64;
const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

export const SERVE_SPEC: CommandSpec = {
  name: "framewire-server",
  summary: "framewire-server: takes clips, frames and events from boxes, keeps them, and shows them in a page.",
  options: [
    { name: "listen", kind: "text", value: "HOST:PORT", help: "For boxes; port 0 is any", default: "127.0.0.1:12345" },
    { name: "http", kind: "text", value: "HOST:PORT", help: "For the page; port 0 is any", default: "127.0.0.1:8080" },
    { name: "page-url", kind: "text", value: "URL", help: "Where people find the page; boxes print it [--http]" },
    { name: "data", kind: "text", value: "DIR", help: "Where everything is kept", default: "./data" },
    { name: "allow-host", kind: "list", value: "NAME", help: "Name under which browsers may call the page" },
    {
      name: "token-file",
      kind: "text",
      value: "FILE",
      help: "Tokens of boxes (or FRAMEWIRE_TOKEN): `TOKEN` or `DEVICE TOKEN` a line",
    },
    { name: "tls-cert", kind: "text", value: "FILE", help: "Certificate for boxes (PEM); wants --tls-key" },
    { name: "tls-key", kind: "text", value: "FILE", help: "Its private key (PEM)" },
    { name: "keep-unfinished", kind: "text", value: "TIME", help: "Keep what nobody continues", default: "7d" },
    {
      name: "record",
      kind: "text",
      value: "WHICH",
      help: "Frames: all, none, every:N, on:ok or on:defect",
      default: "all",
    },
    { name: "keep", kind: "text", value: "TIME", help: "Keep frames for so long [for ever]" },
    { name: "max-disk", kind: "text", value: "BYTES", help: "Keep so much of all frames, the newest [no limit]" },
    { name: "max-disk-source", kind: "text", value: "BYTES", help: "The same of each source [no limit]" },
    { name: "analyzer", kind: "text", value: "COMMAND", help: "Looks at each frame: `python3 detect.py`" },
    { name: "analysis-limits", kind: "text", value: "FILE", help: "When a frame is a defect (JSON)" },
    {
      name: "analysis-workers",
      kind: "text",
      value: "N",
      help: "Threads which measure frames; 0 is none [processors - 1]",
    },
    { name: "keep-events", kind: "text", value: "TIME", help: "Keep events for so long [for ever]" },
    { name: "rules", kind: "text", value: "FILE", help: "Units, ranges and alerts of events (JSON)" },
    { name: "print", kind: "flag", help: "Print events as they come" },
    { name: "reserve", kind: "text", value: "BYTES", help: "Disk space never given to clips", default: "256MiB" },
    { name: "log-level", kind: "text", value: "LEVEL", help: LOG_LEVELS.join(", "), default: "info" },
    { name: "json", kind: "flag", help: "Ready line and log as JSON objects" },
  ],
  examples: ["deno task serve", "framewire-server --listen :12345 --http :8080 --data /var/lib/framewire"],
};

/** A token, and the one device it is for; null is any. */
export interface TokenRule {
  readonly device: string | null;
  readonly token: string;
}

export interface ServeOptions {
  readonly listen: { readonly hostname: string; readonly port: number };
  readonly http: { readonly hostname: string; readonly port: number };
  /** What boxes are told to be the address of the page, without a slash at its end; null: where it listens. */
  readonly pageUrl: string | null;
  readonly data: string;
  readonly allowedHosts: readonly string[];
  /** None: every box is taken. */
  readonly tokens: readonly TokenRule[];
  /** PEM texts; null: no TLS for boxes. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly keepUnfinishedMs: number;
  readonly reserveBytes: number;
  /** Which frames are kept. */
  readonly record: RecordPolicy;
  /** Frames older than this are removed, ms; null: none. */
  readonly keepMs: number | null;
  /** The oldest frames are removed when all together have more bytes; null: none. */
  readonly diskBytesMax: number | null;
  /** The same for each source. */
  readonly sourceBytesMax: number | null;
  readonly analysis: Pick<AnalysisPoolOptions, "workers" | "limits" | "analyzer">;
  /** Events which arrived longer ago are removed, ms; null: none. */
  readonly keepEventsMs: number | null;
  readonly rules: RulesFile;
  /** Events go to standard output, too. */
  readonly print: boolean;
  readonly logLevel: LogLevel;
  readonly json: boolean;
}

/** @throws {FramewireError} `USAGE`. */
export function toServeOptions(options: Options, program: Program): ServeOptions {
  const pageUrl = options.parsed("page-url", parsePageUrl) ?? null;
  return {
    listen: options.required("listen", parseHostPort),
    http: options.required("http", parseHostPort),
    pageUrl,
    data: options.text("data")!,
    allowedHosts: [...options.list("allow-host"), ...pageUrl === null ? [] : [new URL(pageUrl).hostname]],
    tokens: readTokens(options.text("token-file"), program),
    tls: readTls(options, program),
    keepUnfinishedMs: options.required("keep-unfinished", parseDuration),
    reserveBytes: options.parsed("reserve", parseBytes) ?? LIMITS.diskReserveBytes,
    record: options.required("record", parseRecordPolicy),
    keepMs: options.parsed("keep", parseKeep) ?? null,
    diskBytesMax: options.parsed("max-disk", parseBytesToKeep) ?? null,
    sourceBytesMax: options.parsed("max-disk-source", parseBytesToKeep) ?? null,
    analysis: {
      workers: options.parsed("analysis-workers", parseWorkers) ?? defaultWorkers(),
      limits: readLimits(options.text("analysis-limits"), program),
      analyzer: options.text("analyzer") ?? null,
    },
    keepEventsMs: options.parsed("keep-events", parseKeepEvents) ?? null,
    rules: readRules(options.text("rules"), program),
    print: options.flag("print"),
    logLevel: options.required("log-level", (name, text) => parseChoice(name, text, LOG_LEVELS)),
    json: options.flag("json"),
  };
}

/** Frames are kept for a while: what is removed as it comes is not recorded in the first place. */
function parseKeep(name: string, text: string): number {
  const keepMs = parseDuration(name, text);
  if (keepMs <= 0) throw usage(name, "more than 0; --record none keeps nothing", text);
  return keepMs;
}

function parseKeepEvents(name: string, text: string): number {
  const keepMs = parseDuration(name, text);
  if (keepMs <= 0) throw usage(name, "more than 0", text);
  return keepMs;
}

function parseBytesToKeep(name: string, text: string): number {
  const bytes = parseBytes(name, text);
  if (bytes <= 0) throw usage(name, "more than 0; --record none keeps nothing", text);
  return bytes;
}

function parseWorkers(name: string, text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) > ANALYSIS_WORKERS_MAX) {
    throw usage(name, `a number from 0 to ${ANALYSIS_WORKERS_MAX}`, text);
  }
  return Number(text);
}

/** One processor is left to everything else. */
function defaultWorkers(): number {
  return Math.min(ANALYSIS_WORKERS_MAX, Math.max(1, navigator.hardwareConcurrency - 1));
}

function readLimits(path: string | undefined, program: Program): AnalysisLimits {
  return path === undefined ? DEFAULT_LIMITS : parseAnalysisLimits(readFile("analysis-limits", path, program));
}

function readRules(path: string | undefined, program: Program): RulesFile {
  return path === undefined ? NO_RULES : parseRules(readFile("rules", path, program));
}

function readFile(name: string, path: string, program: Program): string {
  try {
    return program.readText(path);
  } catch (cause) {
    throw new FramewireError("USAGE", `Cannot read --${name} ${path}`, { cause });
  }
}

function parsePageUrl(name: string, text: string): string {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw usage(name, "an address such as https://clips.example.org", text);
  }
  return text.replace(/\/+$/, "");
}

function readTls(options: Options, program: Program): ServeOptions["tls"] {
  const [cert, key] = [options.text("tls-cert"), options.text("tls-key")];
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) {
    throw new FramewireError("USAGE", "Cannot use TLS as --tls-cert and --tls-key must be given together");
  }
  return {
    cert: readPem(program, "--tls-cert", cert, "CERTIFICATE"),
    key: readPem(program, "--tls-key", key, "PRIVATE KEY"),
  };
}

function readTokens(path: string | undefined, program: Program): TokenRule[] {
  let text = program.env("FRAMEWIRE_TOKEN") ?? "";
  if (path !== undefined) text = readFile("token-file", path, program);
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  const rules = lines.map((line): TokenRule => {
    const words = line.split(/\s+/);
    if (words.length > 2) {
      throw new FramewireError("USAGE", "Cannot use tokens as a line must be TOKEN or DEVICE TOKEN");
    }
    return words.length === 1 ? { device: null, token: words[0]! } : { device: words[0]!, token: words[1]! };
  });
  if (path !== undefined && rules.length === 0) {
    throw new FramewireError("USAGE", `Cannot use --token-file ${path} as it must hold a token: received none`);
  }
  return rules;
}
