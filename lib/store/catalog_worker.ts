/**
 * Entry of the catalog's worker: takes batches of calls, runs each batch in one transaction, answers with a result a
 * call. One thread and one connection, which alone touch the database file.
 */
/// <reference lib="deno.worker" />
import { type ErrorCode, FramewireError } from "../errors.ts";
import { DirectProgress } from "../platform/direct_progress.ts";
import { ALERT_WRITES } from "./alert_catalog.ts";
import { CATALOG_WRITES } from "./catalog.ts";
import { CatalogDatabase } from "./catalog_database.ts";
import { EVENT_WRITES } from "./event_catalog.ts";
import { FRAME_WRITES } from "./frame_catalog.ts";
import { ALERT_CALL } from "./sqlite_alert_catalog.ts";
import { EVENT_CALL } from "./sqlite_event_catalog.ts";
import { FRAME_CALL } from "./sqlite_frame_catalog.ts";

/** A call of a method of {@linkcode CatalogDatabase}. */
export interface CatalogCall {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What became of it. */
export type CatalogResult =
  | { readonly value: unknown }
  | { readonly failure: "full" | "broken" | "refused"; readonly text: string }
  /** What was given is wrong, which was found before anything was changed. */
  | { readonly failure: "invalid"; readonly text: string; readonly code: ErrorCode };

const WRITES: ReadonlySet<string> = new Set([
  ...CATALOG_WRITES,
  ...FRAME_WRITES.map((name) => FRAME_CALL + name),
  ...EVENT_WRITES.map((name) => EVENT_CALL + name),
  ...ALERT_WRITES.map((name) => ALERT_CALL + name),
]);
const SQLITE_FULL = 13;
/** Results that mean the database itself cannot be trusted or written: IOERR, CORRUPT, CANTOPEN, NOTADB, READONLY. */
const SQLITE_BROKEN = [10, 11, 14, 26, 8];

let database: CatalogDatabase | undefined;
let broken: string | undefined;

function callMethod(object: unknown, name: string, args: readonly unknown[]): unknown {
  return (object as Record<string, (...args: readonly unknown[]) => unknown>)[name]!(...args);
}

function runOne(call: CatalogCall): unknown {
  if (call.method === "open") {
    const [path, memory] = call.args as [string, SharedArrayBuffer | undefined];
    const progress = memory === undefined ? undefined : new DirectProgress(memory);
    database = new CatalogDatabase(path, (ticket) => progress?.wait(ticket) ?? false);
    return;
  }
  if (database === undefined) throw new Error(`Cannot call ${call.method} as the catalog is not open`);
  const isWrite = WRITES.has(call.method);
  if (call.method.startsWith(FRAME_CALL)) {
    const name = call.method.slice(FRAME_CALL.length);
    return callMethod(isWrite ? database.frameTables : database.frameQueries, name, call.args);
  }
  if (call.method.startsWith(EVENT_CALL)) {
    const name = call.method.slice(EVENT_CALL.length);
    // What is asked behind a change of the same transaction is answered with it.
    if (!isWrite) database.eventTables.flush();
    return callMethod(isWrite ? database.eventTables : database.eventQueries, name, call.args);
  }
  if (call.method.startsWith(ALERT_CALL)) {
    return callMethod(database.alertTables, call.method.slice(ALERT_CALL.length), call.args);
  }
  return callMethod(database, call.method, call.args);
}

/** A batch of events which is wrong is its sender's affair: the others of the transaction go on. */
function resultOf(call: CatalogCall): CatalogResult {
  try {
    return { value: runOne(call) };
  } catch (error) {
    if (error instanceof FramewireError) return { failure: "invalid", code: error.code, text: error.message };
    throw error;
  }
}

function failureOf(error: unknown): CatalogResult {
  const code = (Number((error as { errcode?: number }).errcode) || 0) & 0xff;
  const text = error instanceof Error ? error.message : String(error);
  if (code === SQLITE_FULL) return { failure: "full", text };
  // After one failed sync the next commit "succeeds", although nobody knows what is on the disk: stop at the first.
  if (SQLITE_BROKEN.includes(code)) {
    broken = text;
    return { failure: "broken", text };
  }
  return { failure: "refused", text };
}

function attempt(job: () => CatalogResult[]): CatalogResult[] | CatalogResult {
  if (broken !== undefined) return { failure: "broken", text: broken };
  try {
    return job();
  } catch (error) {
    return failureOf(error);
  }
}

/** All together if that works; else one by one, so that one bad call takes no other with it. */
function runBatch(calls: readonly CatalogCall[]): CatalogResult[] {
  const writes = calls.some((call) => WRITES.has(call.method));
  const runAll = (some: readonly CatalogCall[]) => some.map(resultOf);
  const together = attempt(() => writes ? database!.transaction(() => runAll(calls)) : runAll(calls));
  if (Array.isArray(together)) return together;
  if (calls.length === 1) return [together];
  return calls.flatMap((call) => runBatch([call]));
}

self.onmessage = (event: MessageEvent<CatalogCall[]>) => self.postMessage(runBatch(event.data));
