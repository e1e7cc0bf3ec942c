/** The options of `send`, from one table. */
import type { CommandSpec, Options } from "../config/options.ts";
import { readPem } from "../config/pem.ts";
import { parseDuration, parseHostPort } from "../config/values.ts";
import { FramewireError } from "../errors.ts";
import type { Program } from "../platform/program.ts";
import { EVENT_OPTION_SPECS, type EventOptions, stdinCount, toEventOptions } from "./event_options.ts";
import { SOURCE_GROUP, SOURCE_OPTION_SPECS, type SourceOptions, toSourceOptions } from "./source_options.ts";

export const SEND_SPEC: CommandSpec = {
  name: "framewire send",
  summary: "Sends clips (any files), pictures, cameras and events to a Framewire server, over one connection.",
  options: [
    {
      name: "file",
      kind: "list",
      value: "PATH…",
      help: "Clips; folders are walked; - is standard input (--file may be left out)",
    },
    ...SOURCE_OPTION_SPECS,
    ...EVENT_OPTION_SPECS,
    { name: "server", kind: "text", value: "HOST:PORT", help: "Where to", default: "127.0.0.1:12345" },
    { name: "device", kind: "text", value: "NAME", help: "Who we are [host name]" },
    { name: "name", kind: "text", value: "NAME", help: "Name of the clip, if it is only one [file name]" },
    {
      name: "token-file",
      kind: "text",
      value: "FILE",
      help: "File with the token (or FRAMEWIRE_TOKEN), if the server wants one",
    },
    { name: "tls", kind: "flag", help: "Encrypt, and check the server's certificate" },
    { name: "tls-ca", kind: "text", value: "FILE", help: "Trust this authority alone (PEM); means --tls" },
    {
      name: "retry-for",
      kind: "text",
      value: "TIME",
      help: "Give up without a connection for so long, e.g. 10m [never]",
    },
    { name: "json", kind: "flag", help: "One JSON object a line on standard output" },
    { name: "quiet", kind: "flag", help: "Say nothing but results and errors" },
  ],
  words: "file",
  group: SOURCE_GROUP,
  examples: [
    "mytool | framewire send --events --spool spool/ --source heat --camera /dev/video2 --file clip.mp4",
  ],
};

export interface SendOptions {
  readonly paths: readonly string[];
  readonly sources: readonly SourceOptions[];
  readonly events: EventOptions;
  readonly server: { readonly hostname: string; readonly port: number };
  readonly device: string;
  readonly name: string | undefined;
  readonly token: string;
  /** Null: no TLS. `caCert` is a PEM text; null for the authorities that everybody trusts. */
  readonly tls: { readonly caCert: string | null } | null;
  readonly retryForMs: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** @throws {FramewireError} `USAGE`. */
export function toSendOptions(options: Options, program: Program): SendOptions {
  const paths = options.list("file");
  const sources = toSourceOptions(options.groups, Deno.build.os);
  const events = toEventOptions(options);
  if (paths.length + sources.length + events.feeds.length === 0 && events.spool === null) {
    const text =
      "Cannot send as there is nothing to send: use --file, --frames, --camera, --events, --text or --sensor";
    throw new FramewireError("USAGE", text);
  }
  if (paths.filter((path) => path === "-").length + stdinCount(events) > 1) {
    throw new FramewireError("USAGE", "Cannot send as standard input can be read once: received it more than once");
  }
  const name = options.text("name");
  if (name !== undefined && paths.length > 1) {
    throw new FramewireError("USAGE", `Cannot use --name as it must be for one file: received ${paths.length} files`);
  }
  return {
    paths,
    sources,
    events,
    server: options.required("server", parseHostPort),
    device: options.text("device") ?? program.hostname,
    name,
    token: readToken(options.text("token-file"), program),
    tls: readTls(options, program),
    retryForMs: options.parsed("retry-for", parseDuration) ?? Infinity,
    json: options.flag("json"),
    quiet: options.flag("quiet"),
  };
}

function readTls(options: Options, program: Program): SendOptions["tls"] {
  const path = options.text("tls-ca");
  if (path !== undefined) return { caCert: readPem(program, "--tls-ca", path, "CERTIFICATE") };
  return options.flag("tls") ? { caCert: null } : null;
}

function readToken(path: string | undefined, program: Program): string {
  if (path === undefined) return program.env("FRAMEWIRE_TOKEN") ?? "";
  try {
    return program.readText(path).trim();
  } catch (cause) {
    throw new FramewireError("USAGE", `Cannot read --token-file ${path}`, { cause });
  }
}
