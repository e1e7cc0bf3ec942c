/** The two programs, started for real. */
import { fileURLToPath } from "node:url";
import { Subprocess, type SubprocessOptions } from "./subprocess.ts";
import { type TempFolder, tempFolder } from "./temp_folder.ts";

/** The folder of `deno.json`. */
export const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Until a program must have started, milliseconds: it may have to compile on a busy machine. */
const START_DEADLINE_MS = 60_000;

/** How to start a server. */
export interface ServerOptions {
  /** Behind the arguments every server gets. */
  readonly args?: readonly string[];
  /** Data folder; without it one is made, and removed with the server. */
  readonly data?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Program and first arguments; default `deno run -A server.ts` of this project. */
  readonly entry?: readonly string[];
  /** Put before the program: the `prefix` of a slow link, `strace` and the like. */
  readonly prefix?: readonly string[];
  /** Host to listen on; default 127.0.0.1. */
  readonly host?: string;
}

/** A server in a process of its own. `await using` kills it. */
export class ServerProgram implements AsyncDisposable {
  /** HOST:PORT of the boxes' side; stays the same over a restart. */
  readonly listen: string;
  /** Address of the page, without a slash at the end; stays the same over a restart. */
  readonly http: string;
  /** Data folder. */
  readonly data: string;
  readonly #options: ServerOptions;
  readonly #ownFolder: TempFolder | undefined;
  #process: Subprocess;

  private constructor(
    ready: { process: Subprocess; listen: string; http: string },
    data: string,
    ownFolder: TempFolder | undefined,
    options: ServerOptions,
  ) {
    this.#process = ready.process;
    this.listen = ready.listen;
    this.http = ready.http;
    this.data = data;
    this.#ownFolder = ownFolder;
    this.#options = options;
  }

  /** Starts a server and resolves when it is ready. @throws {Error} with its output when it is not ready in time. */
  static async start(options: ServerOptions = {}): Promise<ServerProgram> {
    const ownFolder = options.data === undefined ? await tempFolder() : undefined;
    const data = options.data ?? ownFolder?.path ?? "";
    const host = options.host ?? "127.0.0.1";
    try {
      const ready = await launch({ options, data, listen: `${host}:0`, http: `${host}:0` });
      return new ServerProgram(ready, data, ownFolder, options);
    } catch (error) {
      await ownFolder?.[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Resolves when the running process is gone. */
  get stopped(): Promise<Deno.CommandStatus> {
    return this.#process.stopped;
  }

  /** The running process: its output, its memory. */
  get process(): Subprocess {
    return this.#process;
  }

  /** Standard error of the running process. */
  stderr(): string {
    return this.#process.stderr();
  }

  /** Peak of the resident memory of the running process, bytes. */
  peakRssBytes(): number {
    return this.#process.peakRssBytes();
  }

  /** Sends a signal, SIGKILL by default, and resolves when the process is gone. */
  kill(signal: Deno.Signal = "SIGKILL"): Promise<Deno.CommandStatus> {
    return this.#process.kill(signal);
  }

  /** Kills the process if it still runs, and starts another on the same ports and the same data folder. */
  async restart(): Promise<void> {
    await this.#process.kill("SIGKILL");
    const http = new URL(this.http).host;
    const ready = await launch({ options: this.#options, data: this.data, listen: this.listen, http });
    this.#process = ready.process;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.kill("SIGKILL");
    await this.#ownFolder?.[Symbol.asyncDispose]();
  }
}

/** Starts a server in a process of its own; see {@linkcode ServerProgram.start}. */
export const startServer: (options?: ServerOptions) => Promise<ServerProgram> = ServerProgram.start;

async function launch(
  { options, data, listen, http }: { options: ServerOptions; data: string; listen: string; http: string },
): Promise<{ process: Subprocess; listen: string; http: string }> {
  const entry = options.entry ?? [Deno.execPath(), "run", "-A", `${PROJECT_ROOT}server.ts`];
  const own = ["--listen", listen, "--http", http, "--data", data, "--json"];
  const process = Subprocess.start({
    command: [...options.prefix ?? [], ...entry, ...own, ...options.args ?? []],
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  try {
    const ready = await process.event((event) => event["event"] === "ready", {
      what: "the server to be ready",
      deadlineMs: START_DEADLINE_MS,
    });
    const { listen: boundListen, http: boundHttp } = ready;
    if (typeof boundListen !== "string" || typeof boundHttp !== "string") {
      throw new Error(
        `Cannot use server as its ready line must have listen and http: received ${JSON.stringify(ready)}`,
      );
    }
    return { process, listen: boundListen, http: boundHttp };
  } catch (error) {
    await process.kill("SIGKILL");
    throw error;
  }
}

/** How to start a sender. */
export interface SendOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: NonNullable<SubprocessOptions["stdin"]>;
  readonly cwd?: string;
  /** Program and first arguments, up to `send`; default `deno run -A client.ts send` of this project. */
  readonly entry?: readonly string[];
  /** Put before the program: the `prefix` of a slow link, `strace` and the like. */
  readonly prefix?: readonly string[];
  /** False leaves out `--json`. */
  readonly json?: boolean;
}

/** What a sender left behind. */
export interface SendResult {
  /** Exit code; 128 plus the number of the signal for a killed one. */
  readonly code: number;
  readonly signal: Deno.Signal | null;
  /** Lines of standard output which are JSON objects. */
  readonly events: Record<string, unknown>[];
  /** All lines of standard output. */
  readonly stdout: string[];
  readonly stderr: string;
  /** Peak of its resident memory, bytes, as last seen before its end. */
  readonly peakRssBytes: number;
}

/** A sender in a process of its own. `await using` kills it. */
export interface SendProgram extends AsyncDisposable {
  readonly process: Subprocess;
  readonly pid: number;
  /** Resolves when the process is gone; never rejects. */
  readonly result: Promise<SendResult>;
  /** Sends a signal, SIGKILL by default, and resolves when the process is gone. */
  kill(signal?: Deno.Signal): Promise<SendResult>;
}

/** Starts `send` with `args`, and does not wait for its end. */
export function startSend(args: readonly string[], options: SendOptions = {}): SendProgram {
  const { entry = [Deno.execPath(), "run", "-A", `${PROJECT_ROOT}client.ts`, "send"], prefix = [], json = true } =
    options;
  const process = Subprocess.start({
    command: [...prefix, ...entry, ...(json ? ["--json"] : []), ...args],
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const result = process.stopped.then(({ code, signal }): SendResult => ({
    code,
    signal,
    events: process.events(),
    stdout: process.stdoutLines,
    stderr: process.stderr(),
    peakRssBytes: process.peakRssBytes(),
  }));
  return {
    process,
    pid: process.pid,
    result,
    kill(signal = "SIGKILL") {
      process.signal(signal);
      return result;
    },
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

/**
 * Runs `send` with `args` to its end, however it ends.
 *
 * @throws {Error} with its output when it still runs at the deadline (default 120 s); it is killed then.
 */
export async function runSend(
  args: readonly string[],
  options: SendOptions & { readonly deadlineMs?: number } = {},
): Promise<SendResult> {
  const { deadlineMs = 120_000, ...rest } = options;
  await using program = startSend(args, rest);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), deadlineMs);
  });
  const result = await Promise.race([program.result, late]);
  clearTimeout(timer);
  if (result !== undefined) return result;
  const { stdout, stderr } = await program.kill();
  throw new Error(`send ${args.join(" ")} still ran after ${deadlineMs} ms\n${stdout.join("\n")}\n${stderr}`);
}
