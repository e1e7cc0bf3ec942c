/** The rules of the house (docs/ARCHITECTURE.md), as functions of the sources: `tests/architecture_test.ts` holds the tree against them. */
import { posix } from "node:path";
import type { SourceUses, Use } from "./architecture.ts";

/** One file of the project. */
export interface Source {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly uses: SourceUses;
}

/** Rooms of `lib/`: each may import those of lower floors, and no other of its own. */
const FLOORS: readonly (readonly string[])[] = [
  ["errors"],
  ["platform"],
  ["log"],
  ["config"],
  ["bytes"],
  ["framing"],
  ["protocol"],
  ["session", "store"],
  ["clips", "frames", "events", "live", "analysis"],
  ["viewer"],
  ["server", "client"],
  // All of a box in one program.
  ["agent"],
  // Starts a server and a made-up box in one process: the one room which knows both.
  ["demo"],
];

/** Built into Node and pure: bytes in, bytes out. */
const PURE_NODE_MODULES = new Set(["node:buffer", "node:crypto", "node:path", "node:url", "node:util", "node:zlib"]);

/** Uses of the outside which are fine above `lib/platform/`, with their reason. */
const ALLOWED: readonly { readonly what: string; readonly below: string; readonly why: string }[] = [
  { what: "Deno.errors", below: "lib/", why: "classes for `instanceof`" },
  { what: "Deno.build", below: "lib/", why: "a constant of the build" },
  { what: "new Worker", below: "lib/store/", why: "SQLite blocks, so the catalog has a thread of its own" },
  { what: "new Worker", below: "lib/analysis/", why: "decoding pictures has threads of its own" },
];

/** Ways to the outside; `.*` stands for every member. */
const OUTSIDE = [
  ...["Deno.*", "fetch", "new WebSocket", "new EventSource", "new Worker"],
  ...["process.env", "process.exit", "process.argv", "process.stdin", "process.stdout", "process.stderr"],
];

/** Ways to the clock and to chance. */
const TIME_AND_CHANCE = [
  ...["setTimeout", "setInterval", "setImmediate", "AbortSignal.timeout", "performance.*", "Date.now", "new Date()"],
  ...["Math.random", "crypto.getRandomValues", "crypto.randomUUID", "process.hrtime"],
];

const LINES_MAX = 400;
const ENTRY_LINES_MAX = 39;
const PAGE = "lib/viewer/page/";

/** The room of a file in `lib/`; empty for others. */
function roomOf(path: string): string {
  return /^lib\/([^/]+?)(\/|\.tsx?$)/.exec(path)?.[1] ?? "";
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(room));
}

/** What a relative import means, from the root; other specifiers as they are. */
function targetOf(source: Source, use: Use): string {
  return use.what.startsWith(".") ? posix.join(posix.dirname(source.path), use.what) : use.what;
}

function at(source: Source, use: Use): string {
  return `${source.path}:${use.line}`;
}

function inLib(sources: readonly Source[]): Source[] {
  return sources.filter(({ path }) => path.startsWith("lib/"));
}

/** Files of `lib/` outside of the page, which is browser code. */
function inHouse(sources: readonly Source[]): Source[] {
  return inLib(sources).filter(({ path }) => !path.startsWith(PAGE));
}

/** A violation for each import for which `problem` says something. */
function eachImport(sources: readonly Source[], problem: (source: Source, target: string, use: Use) => string | false) {
  return sources.flatMap((source) =>
    source.uses.imports.flatMap((use) => {
      const text = problem(source, targetOf(source, use), use);
      return text === false ? [] : [`${at(source, use)} ${text}: ${use.what}`];
    })
  );
}

/** Imports run downwards only. */
export function upwardImports(sources: readonly Source[]): string[] {
  const strangers = inLib(sources).filter(({ path }) => floorOf(roomOf(path)) < 0);
  return [
    ...strangers.map(({ path }) => `${path} is in no known room: give the room a floor`),
    ...eachImport(inLib(sources), (source, target) => {
      const [from, to] = [roomOf(source.path), roomOf(target)];
      if (to === "" || from === to || floorOf(from) > floorOf(to)) return false;
      return floorOf(from) === floorOf(to) ? `${from} imports its neighbour ${to}` : `${from} imports upwards ${to}`;
    }),
  ];
}

/** `lib/` imports `lib/`, `gen/`, data of the project and bare names; never entries, tests or tools. */
export function foreignImports(sources: readonly Source[]): string[] {
  return eachImport(inLib(sources), (_, target, use) => {
    if (/^(npm|jsr|https?|data|file):/.test(target) || target.startsWith("/")) return "imports past deno.json";
    if (!use.what.startsWith(".")) return use.what === "(not a literal)" && "imports what cannot be seen";
    return !/^(lib|gen|assets)\/|^deno\.json$/.test(target) && "imports from outside of lib";
  });
}

/** Generated code has one importer each. */
export function generatedImports(sources: readonly Source[]): string[] {
  return eachImport(inLib(sources), ({ path }, target) => {
    if (!target.startsWith("gen/")) return false;
    const owner = target.startsWith("gen/page") ? "lib/viewer/" : "lib/protocol/";
    return !path.startsWith(owner) && `only ${owner} may import this`;
  });
}

/** The page is browser code: it takes nothing but types from the house, and the house nothing from it. */
export function pageImports(sources: readonly Source[]): string[] {
  return eachImport(inLib(sources), ({ path }, target, use) => {
    if (!path.startsWith(PAGE)) return target.startsWith(PAGE) && "imports the page's source";
    if (target.startsWith("node:")) return "the page runs in a browser";
    if (!use.what.startsWith(".") || target.startsWith(PAGE)) return false;
    const isViewerType = use.isType && posix.dirname(target) === "lib/viewer";
    return !isViewerType && "the page may import only types of lib/viewer/*.ts";
  });
}

function matches(what: string, patterns: readonly string[]): boolean {
  const bare = what.replace(/^(globalThis|self)\./, "");
  const namespace = bare.split(".")[0];
  return patterns.includes(bare) || patterns.includes(`${namespace}.*`) ||
    // A namespace taken apart: what was taken cannot be seen.
    (bare.endsWith(".*") && patterns.some((pattern) => pattern.startsWith(`${namespace}.`)));
}

function globalUses(sources: readonly Source[], patterns: readonly string[]): string[] {
  return sources.filter(({ path }) => !path.startsWith("lib/platform/")).flatMap((source) =>
    source.uses.globals
      .filter(({ what }) => matches(what, patterns))
      .filter(({ what }) => !ALLOWED.some((entry) => entry.what === what && source.path.startsWith(entry.below)))
      .map((use) => `${at(source, use)} only lib/platform/ may use this: ${use.what}`)
  );
}

/** Only `lib/platform/` touches files, sockets, processes and the environment. */
export function outsideUses(sources: readonly Source[]): string[] {
  const modules = eachImport(inHouse(sources), ({ path }, target) => {
    if (!target.startsWith("node:") || PURE_NODE_MODULES.has(target) || path.startsWith("lib/platform/")) return false;
    if (target === "node:sqlite") return !path.startsWith("lib/store/") && "only lib/store/ may import this";
    return "only lib/platform/ may import this";
  });
  return [...modules, ...globalUses(inHouse(sources), OUTSIDE)];
}

/** Time and chance come in as values. */
export function timeAndChance(sources: readonly Source[]): string[] {
  return globalUses(inHouse(sources), TIME_AND_CHANCE);
}

/** What is told to people goes through `lib/log.ts` or a value which was passed in. */
export function consoleUses(sources: readonly Source[]): string[] {
  return inLib(sources).flatMap((source) =>
    source.uses.globals.filter(({ what }) => matches(what, ["console.*"]))
      .map((use) => `${at(source, use)} lib/ may not use this: ${use.what}`)
  );
}

/** No file is long, and the entries only parse, call and exit. */
export function longFiles(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split("\n").length;
    const max = path.includes("/") ? LINES_MAX : ENTRY_LINES_MAX;
    return lines > max ? [`${path} must have <= ${max} lines: received ${lines}`] : [];
  });
}

/** File and folder names are snake_case. */
export function oddNames(sources: readonly Source[]): string[] {
  return sources.filter(({ path }) => !/^([a-z0-9_]+\/)*[a-z0-9_]+(\.d)?\.tsx?$/.test(path))
    .map(({ path }) => `${path} must be snake_case`);
}
