/**
 * Large writes past the page cache (`O_DIRECT`), by a thread of their own: the kernel copies nothing and looks for no
 * memory, which for pictures is more work than all else (docs/PROOF.md). Another thread may wait for one of them.
 */
import { pauseAfterWrite } from "./disk.ts";
import { DirectProgress } from "./direct_progress.ts";
import type { DirectAnswer, DirectRequest } from "./direct_worker.ts";

/** What such a write is made of; the block of every disk divides it. */
export const BLOCK_BYTES = 4096;

/** A write under way. */
export interface DirectWrite {
  /** By which other threads know it, see {@linkcode DirectProgress}. */
  readonly ticket: number;
  /** Resolves when it is durable, with all that was written to the file before. A rejection means that it may be lost. */
  readonly done: Promise<void>;
}

export interface DirectWrites {
  /** Fewer bytes are better written as usual. */
  readonly bytesMin: number;
  /**
   * Memory to gather blocks of the file at `path` in; undefined when one better writes as usual: none is left, or the disk
   * is slow.
   */
  take(path: string): Uint8Array | undefined;
  /** Gives back what was taken, and not written. */
  giveBack(buffer: Uint8Array): void;
  /**
   * Begins to write the first `bytes` of what was taken, which is given back by it. Those of a file are done in their
   * order. `bytes` and `offset` are multiples of {@linkcode BLOCK_BYTES}. Undefined when it is to be written as usual,
   * as the file is not open yet, say; nothing is given back then.
   */
  write(path: string, buffer: Uint8Array, bytes: number, offset: number): DirectWrite | undefined;
  /** The file gets no more of them, and is closed when it has got those under way. */
  close(path: string): void;
}

/** Those of a program, which has a thread for them. */
export interface StoppableDirectWrites extends DirectWrites {
  /** What other threads wait with, see {@linkcode DirectProgress}. */
  readonly progress: SharedArrayBuffer;
  /** Called once: there are no more of them until the next start, which only makes pictures slower. */
  onEnded: (error: Error) => void;
  /** Ends the thread; what is under way fails. To be called when nobody waits for one any more. */
  stop(): void;
}

export interface DirectMemory {
  /** Of one portion, a multiple of 64 KiB. */
  readonly bytes: number;
  /** Portions. */
  readonly count: number;
}

const WASM_PAGE_BYTES = 65_536;
/** Two pictures of 45 KB; one alone costs less in the page cache than the way to the other thread. */
const BYTES_MIN = 64 * 1024;

/** Writes under way; with more the catalog, which waits for them, would keep others waiting on a slow disk. */
const UNDER_WAY_MAX = 4;
/** Files that must be free for the thread to begin: without a few of them Deno ends the process. */
const FREE_FILES = 32;

interface UnderWay {
  readonly ticket: number;
  readonly buffer: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Those of the machine. Their memory is used as it is needed; the thread begins when there is something to write. */
export class SystemDirectWrites implements StoppableDirectWrites {
  onEnded: (error: Error) => void = () => {};
  readonly bytesMin = BYTES_MIN;
  readonly #progress = new DirectProgress();
  readonly #memory: DirectMemory;
  readonly #makeWorker: () => Worker;
  #worker: Worker | undefined;
  #hasBegun = false;
  /** Files which the thread was told to open; true when it has. */
  readonly #files = new Map<string, boolean>();
  #shared: SharedArrayBuffer | undefined;
  #free: Uint8Array[] = [];
  #underWay: UnderWay[] = [];
  #ticket = 0;
  #wasSlow = false;
  #slowUntilMs = 0;
  /** Elsewhere an ordinary write does as well. */
  #hasEnded = Deno.build.os !== "linux";

  /** `makeWorker`: tests have others. */
  constructor(memory: DirectMemory, makeWorker: () => Worker = makeDirectWorker) {
    this.#memory = memory;
    this.#makeWorker = makeWorker;
  }

  get progress(): SharedArrayBuffer {
    return this.#progress.memory;
  }

  take(path: string): Uint8Array | undefined {
    if (this.#hasEnded || performance.now() < this.#slowUntilMs) return undefined;
    if (this.#shared === undefined) this.#allocate();
    this.#open(path);
    return this.#free.pop();
  }

  giveBack(buffer: Uint8Array): void {
    this.#free.push(buffer);
  }

  write(path: string, buffer: Uint8Array, bytes: number, offset: number): DirectWrite | undefined {
    if (this.#hasEnded || performance.now() < this.#slowUntilMs) return undefined;
    if (this.#worker === undefined) this.#begin();
    // Else it, and the catalog with it, would wait for the thread or a free file.
    if (this.#files.get(path) !== true) return this.#open(path);
    if (this.#underWay.length >= UNDER_WAY_MAX) return undefined;
    const ticket = this.#ticket = (this.#ticket + 1) | 0;
    const { promise: done, resolve, reject } = Promise.withResolvers<void>();
    this.#underWay.push({ ticket, buffer, resolve, reject });
    this.#tell({ ticket, path, from: buffer.byteOffset, bytes, offset });
    return { ticket, done };
  }

  close(path: string): void {
    if (this.#files.delete(path)) this.#tell({ close: path });
  }

  stop(): void {
    this.onEnded = () => {};
    this.#end(new Error("Direct writes have ended"));
  }

  #allocate(): void {
    const { bytes, count } = this.#memory;
    const pages = count * bytes / WASM_PAGE_BYTES;
    try {
      // Of all memory that scripts can have, only this begins with a page.
      const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
      this.#shared = buffer as unknown as SharedArrayBuffer;
      this.#free = Array.from({ length: count }, (_, index) => new Uint8Array(buffer, index * bytes, bytes));
    } catch (error) {
      this.#end(new Error("There is no memory for direct writes", { cause: error }));
    }
  }

  #open(path: string): undefined {
    if (!this.#hasBegun || this.#files.has(path)) return;
    this.#files.set(path, false);
    this.#tell({ open: path });
  }

  #begin(): void {
    if (!areFilesFree()) return;
    this.#worker = this.#makeWorker();
    this.#worker.onmessage = ({ data }: MessageEvent<DirectAnswer>) => {
      if (data === "begun") this.#hasBegun = true;
      else if ("path" in data) this.#opened(data.path, data.isOpen);
      else this.#answered(data);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(new Error(`Direct writes stopped: ${event.message}`));
    };
    this.#tell({ memory: this.#shared!, progress: this.progress });
  }

  /** One that cannot be opened is tried again with the next write. */
  #opened(path: string, isOpen: boolean): void {
    if (!this.#files.has(path)) return;
    if (isOpen) this.#files.set(path, true);
    else this.#files.delete(path);
  }

  #tell(request: DirectRequest): void {
    this.#worker?.postMessage(request);
  }

  #answered(answer: Exclude<DirectAnswer, "begun" | { path: string }>): void {
    const { buffer, resolve, reject } = this.#underWay.shift()!;
    this.giveBack(buffer);
    if ("text" in answer) return reject(Object.assign(new Error(answer.text), { code: answer.code }));
    const pauseMs = pauseAfterWrite(answer.tookMs);
    // One alone may have met somebody else's writes.
    if (this.#wasSlow && pauseMs > 0) this.#slowUntilMs = performance.now() + pauseMs;
    this.#wasSlow = pauseMs > 0;
    resolve();
  }

  #end(error: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.onEnded(error);
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { ticket, reject } of this.#underWay.splice(0)) {
      this.#progress.ended(ticket, false);
      reject(error);
    }
  }
}

/** Whether the process may open some more files now. */
function areFilesFree(): boolean {
  const files: Deno.FsFile[] = [];
  try {
    while (files.length < FREE_FILES) files.push(Deno.openSync("/dev/null"));
    return true;
  } catch {
    return false;
  } finally {
    for (const file of files) file.close();
  }
}

/** The thread of the program. */
function makeDirectWorker(): Worker {
  return new Worker(new URL("./direct_worker.ts", import.meta.url), { type: "module" });
}
