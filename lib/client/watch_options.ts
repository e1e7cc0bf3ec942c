/** The options of `watch`, from one table. */
import type { CommandSpec, Options } from "../config/options.ts";
import { usage } from "../config/values.ts";
import { FramewireError } from "../errors.ts";

export const WATCH_SPEC: CommandSpec = {
  name: "framewire watch",
  summary: "Shows the pictures of a source as they arrive at the server: in words, as files, or to another program.",
  options: [
    { name: "device", kind: "text", value: "NAME", help: "The box" },
    { name: "source", kind: "text", value: "NAME", help: "Its camera or folder" },
    { name: "page", kind: "text", value: "URL", help: "The server's page", default: "http://127.0.0.1:8080" },
    { name: "out", kind: "text", value: "DIR", help: "Write each picture as SEQUENCE.jpg, whole files only" },
    { name: "stdout", kind: "flag", help: "Write the JPEGs to standard output, one behind the other" },
    { name: "results", kind: "flag", help: "Print the results of the analysis, one JSON object a line" },
    { name: "count", kind: "text", value: "N", help: "End after so many pictures (or results, if only these)" },
    { name: "json", kind: "flag", help: "One JSON object a line on standard output" },
    { name: "quiet", kind: "flag", help: "Say nothing but results and errors" },
  ],
  examples: [
    "deno task watch --device box --source camera0",
    "framewire watch --device box --source left --stdout | ffplay -loglevel error -",
    "framewire watch --device box --source left --out pictures/ --results --page http://10.0.0.5:8080",
  ],
};

export interface WatchOptions {
  readonly device: string;
  readonly source: string;
  /** Without a slash at its end. */
  readonly page: string;
  /** Where pictures go. */
  readonly pictures: { readonly folder: string } | "stdout" | "lines" | "nowhere";
  readonly results: boolean;
  readonly countMax: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** @throws {FramewireError} `USAGE`. */
export function toWatchOptions(options: Options): WatchOptions {
  const folder = options.text("out");
  const [stdout, results] = [options.flag("stdout"), options.flag("results")];
  if (stdout && (folder !== undefined || results || options.flag("json"))) {
    throw new FramewireError("USAGE", "Cannot use --stdout together with --out, --results or --json");
  }
  return {
    device: options.required("device", (_, text) => text),
    source: options.required("source", (_, text) => text),
    page: options.required("page", parsePage),
    pictures: folder !== undefined ? { folder } : stdout ? "stdout" : results ? "nowhere" : "lines",
    results,
    countMax: options.parsed("count", parseCount) ?? Infinity,
    json: options.flag("json"),
    quiet: options.flag("quiet"),
  };
}

function parsePage(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw usage(name, "an address such as http://10.0.0.5:8080", text);
  }
  return url.href.replace(/[?#].*$/, "").replace(/\/+$/, "");
}

function parseCount(name: string, text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count < 1) throw usage(name, "a whole number from 1 on", text);
  return count;
}
