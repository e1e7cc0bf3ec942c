/** Holds the tree against the rules of the house; each rule is first tried on made-up sources which break it. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { usesOf } from "../tools/architecture.ts";
import {
  consoleUses,
  foreignImports,
  generatedImports,
  longFiles,
  oddNames,
  outsideUses,
  pageImports,
  type Source,
  timeAndChance,
  upwardImports,
} from "../tools/architecture_rules.ts";
import { filesBelow, ROOT } from "../tools/run.ts";

const ENTRIES = ["server.ts", "client.ts"];
const FOLDERS = ["lib", "tests", "tools", "bench"];

function made(path: string, text: string): Source {
  return { path, text, uses: usesOf(path, text) };
}

let tree: Promise<Source[]> | undefined;

/** All sources of the project, read once. */
function readTree(): Promise<Source[]> {
  return tree ??= (async () => {
    const skip = (name: string) => name === "node_modules" || name.startsWith(".");
    const below = await Promise.all(
      FOLDERS.map(async (folder) => (await filesBelow(join(ROOT, folder), skip)).map((path) => `${folder}/${path}`)),
    );
    const sources: Source[] = [];
    for (const path of [...ENTRIES, ...below.flat().filter((path) => /\.tsx?$/.test(path))]) {
      const text = await Deno.readTextFile(join(ROOT, path)).catch((error) => {
        if (error instanceof Deno.errors.NotFound) return null;
        throw error;
      });
      if (text !== null) sources.push(made(path, text));
    }
    return sources;
  })();
}

/** A rule, sources which break it (path, text, and words of the complaint), and sources which do not. */
interface Case {
  readonly name: string;
  readonly rule: (sources: readonly Source[]) => string[];
  readonly bad: readonly (readonly [path: string, text: string, complaint: string])[];
  readonly good: readonly (readonly [path: string, text: string])[];
}

const CASES: readonly Case[] = [
  {
    name: "imports in lib run downwards only",
    rule: upwardImports,
    bad: [
      ["lib/framing/a.ts", 'import { a } from "../protocol/a.ts";', "framing imports upwards protocol"],
      ["lib/framing/a.ts", 'import type { A } from "../session/a.ts";', "framing imports upwards session"],
      ["lib/errors.ts", 'export * from "./log.ts";', "errors imports upwards log"],
      ["lib/server/a.ts", 'import { a } from "../client/a.ts";', "server imports its neighbour client"],
      ["lib/client/a.ts", 'const a = await import("../server/a.ts");', "client imports its neighbour server"],
      ["lib/session/a.ts", 'import { a } from "../store/a.ts";', "session imports its neighbour store"],
      ["lib/clips/a.ts", 'type A = import("../viewer/a.ts").A;', "clips imports upwards viewer"],
      ["lib/cellar/a.ts", "", "no known room"],
    ],
    good: [
      ["lib/server/a.ts", 'import { a } from "../store/a.ts"; import { b } from "./b.ts"; import "../errors.ts";'],
      ["lib/platform/network.ts", 'import { FramewireError } from "../errors.ts";'],
      ["lib/errors.ts", '// import { a } from "./server/a.ts";\nconst text = "from \'./server/a.ts\'";'],
    ],
  },
  {
    name: "lib imports nothing from outside of lib but generated code and bare names",
    rule: foreignImports,
    bad: [
      ["lib/log.ts", 'import { a } from "../tests/helpers/a.ts";', "outside of lib"],
      ["lib/server/a.ts", 'import { a } from "../../server.ts";', "outside of lib"],
      ["lib/log.ts", 'import { a } from "npm:left-pad@1.0.0";', "past deno.json"],
      ["lib/log.ts", "const a = await import(name);", "cannot be seen"],
    ],
    good: [["lib/protocol/a.ts", 'import "@std/streams"; import "../../gen/framewire/v1/a.ts"; import "node:zlib";']],
  },
  {
    name: "only lib/protocol imports gen/framewire, and only lib/viewer gen/page",
    rule: generatedImports,
    bad: [
      ["lib/session/a.ts", 'import { a } from "../../gen/framewire/v1/framewire_pb.ts";', "only lib/protocol/"],
      ["lib/server/a.ts", 'import { a } from "../../gen/page/assets.ts";', "only lib/viewer/"],
    ],
    good: [
      ["lib/protocol/a.ts", 'import { a } from "../../gen/framewire/v1/framewire_pb.ts";'],
      ["lib/viewer/a.ts", 'import { a } from "../../gen/page/assets.ts";'],
    ],
  },
  {
    name: "the page and the house share nothing but types",
    rule: pageImports,
    bad: [
      ["lib/viewer/page/main.tsx", 'import { LIMITS } from "../../config/limits.ts";', "only types"],
      ["lib/viewer/page/main.tsx", 'import type { A } from "../../store/a.ts";', "only types"],
      ["lib/viewer/page/main.tsx", 'import { a } from "../routes.ts";', "only types"],
      ["lib/viewer/page/main.tsx", 'import { a } from "node:path";', "browser"],
      ["lib/viewer/routes.ts", 'import { a } from "./page/main.tsx";', "the page's source"],
    ],
    good: [[
      "lib/viewer/page/main.tsx",
      'import { a } from "./a.ts"; import type { A } from "../clip_library.ts"; import "preact";',
    ]],
  },
  {
    name: "only lib/platform touches the outside, and only lib/store SQLite",
    rule: outsideUses,
    bad: [
      ["lib/server/a.ts", 'const file = await Deno.open("a");', "Deno.open"],
      ["lib/server/a.ts", 'globalThis.fetch("a");', "globalThis.fetch"],
      ["lib/server/a.ts", 'Deno["listen"]({ port: 0 });', "Deno.listen"],
      ["lib/server/a.ts", "const { serve } = Deno;", "Deno.*"],
      ["lib/store/a.ts", "let file: Deno.FsFile;", "Deno.FsFile"],
      ["lib/server/a.ts", 'import { open } from "node:fs/promises";', "only lib/platform/"],
      ["lib/server/a.ts", 'import { DatabaseSync } from "node:sqlite";', "only lib/store/"],
      ["lib/server/a.ts", 'new Worker("a");', "new Worker"],
    ],
    good: [
      ["lib/platform/disk.ts", 'import { statfs } from "node:fs/promises"; await Deno.open("a");'],
      [
        "lib/store/a.ts",
        'import "node:sqlite"; import "node:crypto"; new Worker("a"); a instanceof Deno.errors.NotFound;',
      ],
      ["lib/viewer/a.ts", '// Deno.open\nconst a = "Deno.open"; b.Deno.open(); const c = { fetch: 1 };'],
      ["lib/viewer/page/main.tsx", 'fetch("/api/clips"); new WebSocket("/ws");'],
    ],
  },
  {
    name: "time and chance come from lib/platform only",
    rule: timeAndChance,
    bad: [
      ["lib/session/a.ts", "const now = Date.now();", "Date.now"],
      ["lib/session/a.ts", "const now = new Date();", "new Date()"],
      ["lib/session/a.ts", "const { now } = performance;", "performance.*"],
      ["lib/session/a.ts", "wait(setTimeout);", "setTimeout"],
      ["lib/session/a.ts", "AbortSignal.timeout(5);", "AbortSignal.timeout"],
      ["lib/session/a.ts", "Math.random() + Math.max(1, 2);", "Math.random"],
      ["lib/session/a.ts", "crypto.randomUUID();", "crypto.randomUUID"],
    ],
    good: [
      ["lib/platform/clock.ts", "performance.now(); setTimeout(f, 1); Math.random();"],
      ["lib/session/a.ts", "new Date(clock.wallMs()).toISOString(); Math.max(1, 2); clock.now(); let a: Date;"],
      ["lib/session/b.ts", "AbortSignal.any([a]); interface A { setTimeout(): void } crypto.subtle.digest(a, b);"],
      ["lib/viewer/page/main.tsx", "setTimeout(f, 1); Date.now();"],
    ],
  },
  {
    name: "lib does not use console",
    rule: consoleUses,
    bad: [
      ["lib/server/a.ts", 'console.log("a");', "console.log"],
      ["lib/viewer/page/main.tsx", 'console.error("a");', "console.error"],
    ],
    good: [["tools/a.ts", 'console.log("a");']],
  },
  {
    name: "no file has more than 400 lines, and entry files have under 40",
    rule: longFiles,
    bad: [
      ["lib/server/a.ts", "let a;\n".repeat(401), "received 401"],
      ["server.ts", "let a;\n".repeat(40), "received 40"],
    ],
    good: [["lib/server/b.ts", "let a;\n".repeat(400)], ["client.ts", "let a;\n".repeat(39)]],
  },
  {
    name: "file names are snake_case",
    rule: oddNames,
    bad: [["lib/server/clipStore.ts", "", "snake_case"], ["lib/server/Clip-store.ts", "", "snake_case"]],
    good: [["lib/server/clip_store.ts", ""], ["lib/viewer/page/main.tsx", ""], ["client.ts", ""]],
  },
];

for (const { name, rule, bad, good } of CASES) {
  Deno.test(`architecture: ${name}`, async () => {
    assertEquals(rule(await readTree()), []);
  });

  Deno.test(`architecture: a violation is seen of: ${name}`, () => {
    for (const [path, text, complaint] of bad) {
      const found = rule([made(path, text)]);
      assert(found.length === 1 && found[0]?.includes(complaint), `${text}\ngave ${JSON.stringify(found)}`);
    }
    assertEquals(rule(good.map(([path, text]) => made(path, text))), []);
  });
}

Deno.test("architecture: the tree which is held against the rules is the real one", async () => {
  const paths = (await readTree()).map(({ path }) => path);
  assert(paths.includes("lib/errors.ts"), "lib/errors.ts was not read");
  assert(paths.includes("tests/architecture_test.ts"), "this file was not read");
});
