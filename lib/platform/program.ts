/** The program's own surroundings, passed in as a value: arguments, environment, terminal, signals. */
import { readFileSync } from "node:fs";

export interface Program {
  readonly args: readonly string[];
  readonly hostname: string;
  /** Operating system and processor, for the software's name: `linux-x86_64`. */
  readonly system: string;
  readonly stdin: ReadableStream<Uint8Array>;
  env(name: string): string | undefined;
  readText(path: string): string;
  /** Reads a file whole, also one that is inside the executable. */
  readBytes(path: string | URL): Uint8Array<ArrayBuffer>;
  /** Makes an empty folder for this run; `remove` takes it away with all that is in it. */
  makeTempFolder(prefix: string): { readonly path: string; remove(): void };
  /** Writes a line to standard output: results. */
  printLine(line: string): void;
  /** Writes all of `bytes` to standard output, as fast as they are read there; false when nobody reads any more. */
  writeOutput(bytes: Uint8Array): Promise<boolean>;
  /** Writes to standard error as it is: everything else. */
  printError(text: string): void;
  /** Width of the terminal behind standard error in columns; 0 when there is none. */
  terminalColumns(): number;
  /** Calls `stop` at each request to end (Ctrl-C, SIGTERM); the returned function ends that. */
  onStop(stop: () => void): () => void;
  /** Promises which nobody waited for: the program goes on, and says so. */
  onUnhandledRejection(handle: (reason: unknown) => void): void;
  exit(code: number): never;
}

/** A Ctrl-C reaches us from the terminal and again from npx or `deno task`, which pass it on: that is one request, ms. */
const ECHO_MS = 500;

const encoder = new TextEncoder();

function writeAll(to: typeof Deno.stdout | typeof Deno.stderr, text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let done = 0; done < bytes.length;) done += to.writeSync(bytes.subarray(done));
  } catch (error) {
    // Whoever read our output is gone; the work goes on.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

function hostname(): string {
  try {
    return Deno.hostname();
  } catch {
    return "box";
  }
}

/** This process. */
export function systemProgram(): Program {
  const stopSignals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];
  return {
    args: Deno.args,
    hostname: hostname(),
    system: `${Deno.build.os}-${Deno.build.arch}`,
    get stdin() {
      return Deno.stdin.readable;
    },
    env: (name) => Deno.env.get(name),
    readBytes: (path) => Deno.readFileSync(path),
    readText: (path) => readFileSync(path, "utf8"),
    makeTempFolder(prefix) {
      const path = Deno.makeTempDirSync({ prefix });
      return { path, remove: () => Deno.removeSync(path, { recursive: true }) };
    },
    printLine: (line) => writeAll(Deno.stdout, line + "\n"),
    async writeOutput(bytes) {
      try {
        for (let done = 0; done < bytes.length;) done += await Deno.stdout.write(bytes.subarray(done));
        return true;
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) return false;
        throw error;
      }
    },
    printError: (text) => writeAll(Deno.stderr, text),
    terminalColumns() {
      if (!Deno.stderr.isTerminal()) return 0;
      try {
        return Deno.consoleSize().columns;
      } catch {
        return 80;
      }
    },
    onStop(stop) {
      let lastMs = -Infinity;
      const once = () => {
        const nowMs = performance.now();
        if (nowMs - lastMs > ECHO_MS) stop();
        lastMs = nowMs;
      };
      for (const signal of stopSignals) Deno.addSignalListener(signal, once);
      return () => {
        for (const signal of stopSignals) Deno.removeSignalListener(signal, once);
      };
    },
    onUnhandledRejection(handle) {
      globalThis.addEventListener("unhandledrejection", (event) => {
        event.preventDefault();
        handle(event.reason);
      });
    },
    exit: (code) => Deno.exit(code),
  };
}
