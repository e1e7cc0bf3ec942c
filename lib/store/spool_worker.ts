/** Entry of the spool's worker: batches of calls, each batch in one transaction, as that of the catalog. */
/// <reference lib="deno.worker" />
import { SpoolDatabase, type SpooledFeed } from "./spool_database.ts";
import type { SpooledSource } from "./spool_frame_tables.ts";

/** A call of a method of {@linkcode SpoolDatabase}, or of its part: `frames.add`. */
export interface SpoolCall {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What became of it. */
export type SpoolResult =
  | { readonly value: unknown }
  | { readonly failure: "full" | "damaged" | "broken" | "refused"; readonly text: string };

/** What `open` gives. */
export interface SpoolContent {
  readonly feeds: readonly SpooledFeed[];
  readonly sources: readonly SpooledSource[];
  /** Files with pictures. */
  readonly segments: readonly number[];
}

const READS = ["read", "dropped", "feeds", "frames.read", "clips.all"];
const SQLITE_FULL = 13;
/** CORRUPT and NOTADB. */
const SQLITE_DAMAGED = [11, 26];
/** IOERR, CANTOPEN, READONLY: nobody knows what is on the disk. */
const SQLITE_BROKEN = [10, 14, 8];

let database: SpoolDatabase | undefined;

function runOne({ method, args }: SpoolCall): unknown {
  if (method === "open") {
    const opened = new SpoolDatabase(args[0] as string);
    database = opened;
    return opened.transaction((): SpoolContent => {
      const segments = opened.frames.segments();
      return { feeds: opened.feeds(), sources: opened.frames.sources(), segments };
    });
  }
  if (database === undefined) throw new Error(`Cannot call ${method} as the spool is not open`);
  const [part, name] = method.includes(".") ? method.split(".") : [undefined, method];
  const target = part === undefined ? database : database[part as "frames" | "clips"];
  return (target as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[name!]!(...args);
}

function failureOf(error: unknown): SpoolResult {
  const code = (Number((error as { errcode?: number }).errcode) || 0) & 0xff;
  const text = error instanceof Error ? error.message : String(error);
  if (code === SQLITE_FULL) return { failure: "full", text };
  if (SQLITE_DAMAGED.includes(code)) {
    letGo();
    return { failure: "damaged", text };
  }
  return { failure: SQLITE_BROKEN.includes(code) ? "broken" : "refused", text };
}

/** Before the file is moved aside: SQLite removes its log by name when it closes, which would be that of the next file. */
function letGo(): void {
  try {
    database?.close();
  } catch {
    // It is damaged.
  }
  database = undefined;
}

/** All together if that works; else one by one, so that one bad call takes no other with it. */
function runBatch(calls: readonly SpoolCall[]): SpoolResult[] {
  const runAll = () => calls.map((call) => ({ value: runOne(call) }));
  try {
    const isPlain = ["open", "close", "checkpoint"].includes(calls[0]!.method) ||
      calls.every(({ method }) => READS.includes(method));
    return isPlain ? runAll() : database!.transaction(runAll);
  } catch (error) {
    if (calls.length === 1) return [failureOf(error)];
    return calls.flatMap((call) => runBatch([call]));
  }
}

self.onmessage = (event: MessageEvent<SpoolCall[]>) => self.postMessage(runBatch(event.data));
