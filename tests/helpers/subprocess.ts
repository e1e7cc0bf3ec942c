import { TextLineStream } from "@std/streams";
import { waitFor } from "./wait_for.ts";

/** How to start a {@linkcode Subprocess}. */
export interface SubprocessOptions {
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Added to the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which is then closed; without it there is none. */
  readonly stdin?: string | Uint8Array | ReadableStream<Uint8Array>;
  readonly cwd?: string;
}

/** Bytes of standard error which are kept: the newest. */
const STDERR_CHARACTERS_MAX = 1_000_000;
/** How often the memory of a process is looked at, milliseconds; the kernel keeps the peak in between. */
const MEMORY_POLL_MS = 50;

/** A running program whose output is read all the time, so that it never blocks on a full pipe. */
export class Subprocess implements AsyncDisposable {
  readonly pid: number;
  /** Resolves when the process is gone and its output has been read to the end; never rejects. */
  readonly stopped: Promise<Deno.CommandStatus>;
  /** Lines of standard output up to now. */
  readonly stdoutLines: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #command: string;
  #stderr = "";
  #peakRssBytes = 0;
  #gone = false;

  private constructor(options: SubprocessOptions) {
    const [program, ...args] = options.command;
    if (program === undefined) throw new RangeError("Cannot start a program as command must not be empty: received []");
    this.#command = options.command.join(" ");
    this.#child = new Deno.Command(program, {
      args,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { NO_COLOR: "1", ...options.env },
      stdin: options.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.pid = this.#child.pid;
    this.stopped = this.#follow(options.stdin);
  }

  /** Starts the program. */
  static start(options: SubprocessOptions): Subprocess {
    return new Subprocess(options);
  }

  /** What it wrote to standard error up to now. */
  stderr(): string {
    return this.#stderr;
  }

  /** Lines of standard output which are JSON objects, up to now. */
  events(): Record<string, unknown>[] {
    return this.stdoutLines.flatMap((line) => {
      const value = parse(line);
      return value === undefined ? [] : [value];
    });
  }

  /**
   * Waits for a line of standard output which is a JSON object and for which `wanted` holds.
   *
   * @throws {Error} when the program ends before, or at the deadline; the text has its standard error.
   */
  async event(
    wanted: (event: Record<string, unknown>) => boolean,
    options: { what: string; deadlineMs?: number },
  ): Promise<Record<string, unknown>> {
    const ended = Symbol("ended");
    let found: Record<string, unknown> | typeof ended;
    try {
      found = await waitFor(() => this.events().find(wanted) ?? (this.#gone && ended), options);
    } catch (error) {
      throw new Error(`${this.#command}: ${String(error)}\n${this.#said()}`, { cause: error });
    }
    if (found === ended) throw new Error(`${this.#command} ended before ${options.what}\n${this.#said()}`);
    return found as Record<string, unknown>;
  }

  /** Sends a signal and resolves when the process is gone; no error when it is gone already. */
  kill(signal: Deno.Signal = "SIGKILL"): Promise<Deno.CommandStatus> {
    this.signal(signal);
    return this.stopped;
  }

  /** Sends a signal and waits for nothing; no error when the process is gone already. */
  signal(signal: Deno.Signal): void {
    this.#sampleMemory();
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Largest resident memory of the process up to now, bytes; 0 where there is no /proc. */
  peakRssBytes(): number {
    this.#sampleMemory();
    return this.#peakRssBytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill("SIGKILL");
  }

  async #follow(stdin: SubprocessOptions["stdin"]): Promise<Deno.CommandStatus> {
    const memory = setInterval(() => this.#sampleMemory(), MEMORY_POLL_MS);
    const [status] = await Promise.all([
      this.#child.status.then((status) => {
        clearInterval(memory);
        return status;
      }),
      this.#readStdout(),
      this.#readStderr(),
      stdin === undefined ? undefined : this.#feed(stdin),
    ]);
    this.#gone = true;
    return status;
  }

  async #readStdout(): Promise<void> {
    const lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const line of lines) this.stdoutLines.push(line);
  }

  async #readStderr(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARACTERS_MAX);
    }
  }

  async #feed(stdin: string | Uint8Array | ReadableStream<Uint8Array>): Promise<void> {
    const source = stdin instanceof ReadableStream
      ? stdin
      : ReadableStream.from([typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin]);
    // A program may end, or be killed, before it has read everything.
    await source.pipeTo(this.#child.stdin).catch(() => {});
  }

  #sampleMemory(): void {
    if (this.#gone) return;
    try {
      const status = Deno.readTextFileSync(`/proc/${this.pid}/status`);
      const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
      // A process which has ended but was not waited for has no such line.
      if (kib !== undefined) this.#peakRssBytes = Number(kib) * 1024;
    } catch {
      // No /proc, or the process is gone: what was seen before stays.
    }
  }

  #said(): string {
    return `standard output:\n${this.stdoutLines.slice(-50).join("\n")}\nstandard error:\n${
      this.#stderr.slice(-10_000)
    }`;
  }
}

/** The JSON object in `line`; undefined when it is anything else. */
function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
