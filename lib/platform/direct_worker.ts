/**
 * Entry of the thread of direct writes: one after the other, in the order they come, each durable before the next begins.
 * A disk that knows no direct writes gets ordinary ones.
 */
/// <reference lib="deno.worker" />
import { closeSync, constants, fdatasyncSync, openSync, writeSync } from "node:fs";
import { DirectProgress } from "./direct_progress.ts";

/** What the thread is told: the memory it shares, once; files to open and to close; writes from the memory to one of them. */
export type DirectRequest =
  | { readonly memory: SharedArrayBuffer; readonly progress: SharedArrayBuffer }
  | { readonly open: string }
  | { readonly close: string }
  | {
    readonly ticket: number;
    readonly path: string;
    /** Where in the memory they are. */
    readonly from: number;
    readonly bytes: number;
    /** Where in the file they go. */
    readonly offset: number;
  };

/** The thread has its memory; a file is open, or cannot be; what became of a write, in the order of the requests. */
export type DirectAnswer =
  | "begun"
  | { readonly path: string; readonly isOpen: boolean }
  | { readonly tookMs: number }
  | { readonly text: string; readonly code: string | undefined };

const files = new Map<string, number>();
let memory: Uint8Array = new Uint8Array();
let progress = new DirectProgress();

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | null)?.code;
}

/** Opens it, without `O_DIRECT` if the file system refuses that. */
function open(path: string): boolean {
  for (const flags of [constants.O_DIRECT ?? 0, 0]) {
    try {
      files.set(path, openSync(path, constants.O_WRONLY | flags));
      return true;
    } catch (error) {
      if (codeOf(error) !== "EINVAL") return false;
    }
  }
  return false;
}

function writeAll(file: number, from: number, bytes: number, offset: number): void {
  for (let done = 0; done < bytes;) done += writeSync(file, memory, from + done, bytes - done, offset + done);
}

/** Some file systems take the flag, and then refuse to write so. */
function writeAnyhow(path: string, from: number, bytes: number, offset: number): void {
  try {
    writeAll(files.get(path)!, from, bytes, offset);
  } catch (error) {
    if (codeOf(error) !== "EINVAL") throw error;
    close(path);
    files.set(path, openSync(path, constants.O_WRONLY));
    writeAll(files.get(path)!, from, bytes, offset);
  }
  fdatasyncSync(files.get(path)!);
}

function close(path: string): void {
  const file = files.get(path);
  files.delete(path);
  if (file !== undefined) closeSync(file);
}

function write({ ticket, path, from, bytes, offset }: Extract<DirectRequest, { ticket: number }>): DirectAnswer {
  const start = performance.now();
  try {
    writeAnyhow(path, from, bytes, offset);
  } catch (error) {
    progress.ended(ticket, false);
    return { text: error instanceof Error ? error.message : String(error), code: codeOf(error) };
  }
  progress.ended(ticket, true);
  return { tookMs: performance.now() - start };
}

self.onmessage = ({ data }: MessageEvent<DirectRequest>) => {
  if ("memory" in data) {
    memory = new Uint8Array(data.memory);
    progress = new DirectProgress(data.progress);
    self.postMessage("begun");
  } else if ("open" in data) self.postMessage({ path: data.open, isOpen: open(data.open) });
  else if ("close" in data) close(data.close);
  else self.postMessage(write(data));
};
