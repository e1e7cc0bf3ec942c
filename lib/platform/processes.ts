/** Other programs (ffmpeg, an analyser), passed in as a value: the only file which starts any. */

/** How a program ended. */
export interface Exit {
  readonly code: number;
  /** Name of the signal that ended it, such as `SIGKILL`; null when none did. */
  readonly signal: string | null;
}

/** A running program. */
export interface ChildProcess {
  readonly pid: number;
  /** Reads what it prints: at least one byte into `into`; null at the end. One call at a time. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes all of `bytes` to its standard input. Rejects when it does not listen any more. One call at a time. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends its standard input. */
  closeInput(): Promise<void>;
  /** The last lines that it wrote to its standard error, at most 4 KiB: for the message to a person. */
  lastWords(): string;
  /** Resolves when it has ended. */
  readonly exited: Promise<Exit>;
  /** Asks it to end (`SIGTERM`), or ends it (`SIGKILL`); nothing happens when it has ended already. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** What to start. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Whether we write to its standard input; else it is empty. */
  readonly input: boolean;
}

/** The programs of this machine. */
export interface Processes {
  /** @throws {Deno.errors.NotFound} when there is no such program; other errors of `Deno.errors` when it cannot start. */
  spawn(command: Command): ChildProcess;
}

const LAST_WORDS_BYTES = 4096;

function startProcess({ program, args, input }: Command): ChildProcess {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: input ? "piped" : "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const writer = input ? child.stdin.getWriter() : undefined;
  let rest: Uint8Array = new Uint8Array(0);
  let words = "";
  const listening = (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of child.stderr) {
      words = (words + decoder.decode(bytes, { stream: true })).slice(-LAST_WORDS_BYTES);
    }
  })().catch(() => {});
  const exited = (async () => {
    const { code, signal } = await child.status;
    await listening;
    // A program which ended leaves its input behind.
    await writer?.abort().catch(() => {});
    return { code, signal };
  })();
  return {
    pid: child.pid,
    async read(into) {
      while (rest.length === 0) {
        const { value, done } = await reader.read();
        if (done) return null;
        rest = value;
      }
      const count = Math.min(into.length, rest.length);
      into.set(rest.subarray(0, count));
      rest = rest.subarray(count);
      return count;
    },
    write: (bytes) => writer!.write(bytes as Uint8Array<ArrayBuffer>),
    closeInput: async () => void await writer?.close().catch(() => {}),
    lastWords: () => words.trim(),
    exited,
    kill(signal) {
      try {
        child.kill(signal);
      } catch {
        // It has ended.
      }
    },
  };
}

/** This machine's. */
export const systemProcesses: Processes = { spawn: startProcess };
