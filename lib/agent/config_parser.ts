/** The text of an `edge.json` as a config, or all its mistakes, each with its place. */
import { resolve } from "node:path";
import { parseCommandLine } from "../analysis/command_line.ts";
import { type SourceOptions, toSourceOptions } from "../client/source_options.ts";
import { Options } from "../config/options.ts";
import { parseBytes, parseDuration, parseHostPort } from "../config/values.ts";
import { FramewireError } from "../errors.ts";
import type { AgentConfig, ClipFolderSettings, FeedOrigin, FeedSettings } from "./agent_config.ts";
import { type CheckedItem, type CheckedSection, checkObject, type Mistake } from "./config_checks.ts";
import { parseInterval, SECTIONS, TOP } from "./config_table.ts";
import { parseBroker } from "./mqtt_broker.ts";
import { JsonError, type JsonNode, parseJsonPlaces } from "./json_places.ts";

/** Defaults of the spool. */
const SPOOL = { folder: "spool", max: "2GB", keep: "7d" };

/** What came out: a config when there are no mistakes. */
export type ParsedConfig =
  | { readonly config: AgentConfig; readonly mistakes: readonly [] }
  | { readonly config: null; readonly mistakes: readonly Mistake[] };

/** Never throws. Paths in the file are seen from `folder`, in which it lies. */
export function parseConfig(text: string, folder: string): ParsedConfig {
  let root: JsonNode;
  try {
    root = parseJsonPlaces(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { config: null, mistakes: [{ line: error.line, text: error.message }] };
  }
  const mistakes: Mistake[] = [];
  const section = checkObject(TOP, SECTIONS, root, "", mistakes);
  const config = new ConfigBuilder(folder, mistakes).build(section);
  mistakes.sort((a, b) => a.line - b.line);
  return mistakes.length > 0 || config === null ? { config: null, mistakes } : { config, mistakes: [] };
}

/** Builds from values which are each right by themselves; sees what is wrong between them. */
class ConfigBuilder {
  readonly #folder: string;
  readonly #mistakes: Mistake[];

  constructor(folder: string, mistakes: Mistake[]) {
    this.#folder = folder;
    this.#mistakes = mistakes;
  }

  build({ item: top, lists, spool }: CheckedSection): AgentConfig | null {
    const sources = this.#each(lists["sources"], (item) => this.#source(item));
    const clips = this.#each(lists["clips"], (item) => this.#clips(item));
    const feeds = this.#each(lists["feeds"], (item) => this.#feed(item));
    this.#checkNames("source", lists["sources"]);
    this.#checkNames("feed", lists["feeds"]);
    this.#checkNames("folder", lists["clips"]);
    this.#checkOneInput(lists["feeds"]);
    if (this.#mistakes.length > 0) return null;
    const uplink = {
      server: parseHostPort("server", top.text("server")!),
      device: top.text("device") ?? null,
      tokenFile: this.#path(top.text("token-file")),
      tls: top.flag("tls") || top.text("tls-ca") !== undefined,
      tlsCa: this.#path(top.text("tls-ca")),
    };
    return {
      uplink,
      spool: {
        folder: this.#path(spool?.text("dir") ?? SPOOL.folder)!,
        bytesMax: parseBytes("max", spool?.text("max") ?? SPOOL.max),
        keepMs: parseDuration("keep", spool?.text("keep") ?? SPOOL.keep),
      },
      sources,
      clips,
      feeds,
    };
  }

  #path(text: string): string;
  #path(text: string | undefined): string | null;
  #path(text: string | undefined): string | null {
    return text === undefined ? null : resolve(this.#folder, text);
  }

  /** The items without mistakes of their own, built. */
  #each<T>(items: readonly CheckedItem[] | undefined, build: (item: CheckedItem) => T): T[] {
    return (items ?? []).filter(({ isRight }) => isRight).flatMap((item) => {
      try {
        return [build(item)];
      } catch (thrown) {
        if (!(thrown instanceof FramewireError)) throw thrown;
        // What are flags elsewhere are keys here.
        this.#refuse(item, thrown.message.replaceAll(/--([a-z][a-z-]*)/g, '"$1"'));
        return [];
      }
    });
  }

  #source(item: CheckedItem): SourceOptions {
    const values = new Map([...item.values].map(([key, text]) => [key, [this.#sourceText(key, text)]]));
    return toSourceOptions([new Options(values)], Deno.build.os)[0]!;
  }

  /** Folders and video files are seen from the file. */
  #sourceText(key: string, text: string): string {
    const isPath = key === "frames" ||
      (key === "camera" && text !== "test" && !/^(\/|[a-zA-Z][\w+.-]*:\/\/)/.test(text));
    return isPath ? resolve(this.#folder, text) : text;
  }

  #clips(item: CheckedItem): ClipFolderSettings {
    const end = (item.text("then") ?? "keep") as ClipFolderSettings["end"];
    const moveTo = this.#path(item.text("to"));
    const folder = this.#path(item.text("folder")!);
    if ((end === "move") !== (moveTo !== null)) {
      throw new FramewireError(
        "USAGE",
        `Cannot use ${item.path} as "to" must be there if "then" is "move", and only then`,
      );
    }
    if (moveTo !== null && `${moveTo}/`.startsWith(`${folder}/`)) {
      throw new FramewireError(
        "USAGE",
        `Cannot use ${item.path}.to as it must be outside of the folder: received ${moveTo}`,
      );
    }
    const settledMs = parseDuration("settled", item.text("settled") ?? "5s");
    return { folder, pattern: item.text("pattern") ?? "*", end, moveTo, settledMs };
  }

  #feed(item: CheckedItem): FeedSettings {
    const from = this.#origin(item);
    if (item.text("interval") !== undefined && from.kind !== "demo" && from.kind !== "command") {
      throw new FramewireError("USAGE", `Cannot use ${item.path}.interval as it is for a sensor or a command`);
    }
    if (from.kind !== "mqtt") {
      const strange = ["topics", "tls-ca"].find((key) => item.text(key) !== undefined);
      if (strange !== undefined) {
        throw new FramewireError("USAGE", `Cannot use ${item.path}.${strange} as it is for "mqtt"`);
      }
    }
    const whenFull = (item.text("when-full") ?? "drop-oldest") as FeedSettings["whenFull"];
    return { feed: item.text("feed")!, from, source: item.text("source") ?? null, whenFull };
  }

  #origin(item: CheckedItem): FeedOrigin {
    const [command, file, http] = [item.text("command"), item.text("file"), item.text("http")];
    const interval = item.text("interval");
    const everyMs = interval === undefined ? null : parseInterval("interval", interval);
    if (command !== undefined) return { kind: "command", ...parseCommandLine("command", command), everyMs };
    if (file !== undefined) return { kind: "file", path: this.#path(file) };
    if (http !== undefined) return { kind: "http", address: parseHostPort("http", http) };
    if (item.text("mqtt") !== undefined) return this.#mqtt(item);
    if (item.text("sensor") !== undefined) return { kind: "demo", everyMs: everyMs ?? 1_000 };
    if (!item.flag("stdin")) {
      throw new FramewireError(
        "USAGE",
        `Cannot use ${item.path}.stdin as it must be true, or left out: received false`,
      );
    }
    return { kind: "stdin" };
  }

  #mqtt(item: CheckedItem): FeedOrigin {
    const broker = parseBroker("mqtt", item.text("mqtt")!);
    const [topics, tlsCa] = [item.texts("topics"), this.#path(item.text("tls-ca"))];
    if (topics === undefined) {
      throw new FramewireError("USAGE", `Cannot use ${item.path} as it must have "topics": ["sensors/#", …]`);
    }
    if (tlsCa !== null && !broker.tls) {
      throw new FramewireError("USAGE", `Cannot use ${item.path}.tls-ca as it is for a broker of mqtts://`);
    }
    return { kind: "mqtt", ...broker, topics, tlsCa };
  }

  #checkNames(key: string, items: readonly CheckedItem[] = []): void {
    const seen = new Map<string, CheckedItem>();
    for (const item of items) {
      const name = item.text(key);
      const other = name === undefined ? undefined : seen.get(name);
      if (other !== undefined) {
        this.#refuse(
          item,
          `Cannot use ${item.path}.${key} as line ${other.line} has it already: received ${JSON.stringify(name)}`,
        );
      } else if (name !== undefined) seen.set(name, item);
    }
  }

  #checkOneInput(feeds: readonly CheckedItem[] = []): void {
    const [first, ...others] = feeds.filter((item) => item.flag("stdin"));
    for (const item of others) {
      this.#refuse(
        item,
        `Cannot use ${item.path}.stdin as standard input can be read once, and line ${first!.line} does`,
      );
    }
  }

  #refuse({ line }: CheckedItem, text: string): void {
    this.#mistakes.push({ line, text });
  }
}
