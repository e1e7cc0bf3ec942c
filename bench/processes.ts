/** Starting, waiting for and ending the processes of the comparison. */
import { MissingProgramError, type SendReport } from "./peers/peer.ts";
import { peakBytesOf } from "./proc_files.ts";

/** How often a running sender's memory is looked at; the peak between the last look and the exit is missed. */
const MEMORY_SAMPLE_MS = 20;
/** Every program here is up within a second; a machine under load gets more. */
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;
/** As much of what a failed program said is told. */
const TAIL_CHARACTERS = 500;

/** A process which listens until it is stopped. */
export interface Listening {
  readonly pid: number;
  /** The first line it printed, parsed; empty when it prints none. */
  readonly ready: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** Those which were started and have not ended. */
const running = new Set<Deno.ChildProcess>();
let isOver = false;

/** Ends whatever is still running of what was started here; nothing more is started. */
export async function endAll(): Promise<void> {
  isOver = true;
  await Promise.all([...running].map(end));
}

function start(command: string, options: Deno.CommandOptions): Deno.ChildProcess {
  if (isOver) throw new Error(`Cannot start ${command} as everything was stopped`);
  const child = new Deno.Command(command, { stdin: "null", ...options }).spawn();
  running.add(child);
  child.status.finally(() => running.delete(child));
  return child;
}

/** Full path of `program`. @throws {MissingProgramError} when it is neither on the path nor in one of `folders` */
export async function find(program: string, folders: readonly string[] = []): Promise<string> {
  for (const folder of [...(Deno.env.get("PATH") ?? "").split(":"), ...folders]) {
    const path = `${folder}/${program}`;
    const info = await Deno.stat(path).catch(() => null);
    if (info?.isFile) return path;
  }
  throw new MissingProgramError(program);
}

/** Runs a short command to its end. @throws {Error} when it fails, with what it said */
export async function run(command: string, args: readonly string[], cwd?: string): Promise<void> {
  const options: Deno.CommandOptions = { args: [...args], stdout: "null", stderr: "piped" };
  if (cwd !== undefined) options.cwd = cwd;
  const { success, code, stderr } = await start(command, options).output();
  if (!success) throw new Error(`Cannot run ${command} as it must exit with 0: received ${code}, ${textOf(stderr)}`);
}

/** Runs a sender from its start to its exit, and samples its memory. @throws {Error} when it fails */
export async function runSender(command: string, args: readonly string[]): Promise<SendReport> {
  const child = start(command, { args: [...args], stdout: "null", stderr: "piped" });
  let clientPeakBytes = 0;
  const timer = setInterval(() => {
    clientPeakBytes = Math.max(clientPeakBytes, peakBytesOf(child.pid));
  }, MEMORY_SAMPLE_MS);
  try {
    const { success, code, stderr } = await child.output();
    if (!success) throw new Error(`Cannot send with ${command} as it must exit with 0: ${code}, ${textOf(stderr)}`);
    return { clientPeakBytes };
  } finally {
    clearInterval(timer);
  }
}

/**
 * Runs a sender which prints JSON lines, and hands over each when it comes, with the process id of the sender.
 *
 * @throws {Error} when it fails, or is not done after `timeoutMs`
 */
export async function runTalking(
  command: string,
  args: readonly string[],
  timeoutMs: number,
  told: (line: Readonly<Record<string, unknown>>, pid: number) => void,
): Promise<void> {
  const child = start(command, { args: [...args], stdout: "piped", stderr: "piped" });
  const complaints = tailOf(child.stderr);
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  try {
    let rest = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("{")) told(JSON.parse(line), child.pid);
    }
    const { success, code } = await child.status;
    if (late) throw new Error(`Cannot send with ${command} as it must be done in ${timeoutMs} ms: ${await complaints}`);
    if (!success) throw new Error(`Cannot send with ${command} as it must exit with 0: ${code}, ${await complaints}`);
  } finally {
    clearTimeout(deadline);
  }
}

/** Starts a program which prints one JSON line when it listens, and takes everything else that it says away. */
export async function listenWithReadyLine(command: string, args: readonly string[]): Promise<Listening> {
  const child = start(command, { args: [...args], stdout: "piped", stderr: "piped" });
  const complaints = tailOf(child.stderr);
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const deadline = setTimeout(() => child.kill("SIGKILL"), READY_TIMEOUT_MS);
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await lines.read();
    if (done) break;
    text += value;
  }
  clearTimeout(deadline);
  const line = text.split("\n")[0] ?? "";
  if (!line.startsWith("{")) {
    await end(child);
    await lines.cancel();
    throw new Error(`Cannot start ${args.join(" ")} as a ready line must come: received ${line} ${await complaints}`);
  }
  // A full pipe would stop the server.
  const drained = (async () => {
    while (!(await lines.read()).done);
  })();
  const stop = async () => {
    await end(child);
    await Promise.all([drained, complaints]);
  };
  return { pid: child.pid, ready: JSON.parse(line) as Record<string, unknown>, stop };
}

/** Starts a program which says nothing when it listens on `port` of 127.0.0.1. */
export async function listenOnPort(command: string, args: readonly string[], port: number): Promise<Listening> {
  const child = start(command, { args: [...args], stdout: "null", stderr: "null" });
  let ended = false;
  child.status.then(() => ended = true);
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!(await answers(port))) {
    if (ended || performance.now() > deadline) {
      await end(child);
      throw new Error(`Cannot start ${command} as it must listen on port ${port}: received no connection`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { pid: child.pid, ready: {}, stop: () => end(child) };
}

/** A port of 127.0.0.1 which nobody listens on just now: for programs which cannot be given port 0. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Ends a process by SIGTERM, then by SIGKILL, and waits for it. */
async function end(child: Deno.ChildProcess): Promise<void> {
  const kill = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
  };
  kill("SIGTERM");
  const timer = setTimeout(() => kill("SIGKILL"), STOP_TIMEOUT_MS);
  await child.status;
  clearTimeout(timer);
}

async function answers(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

/** Reads a stream to its end and keeps the last of its text, so that a failure can be told with its reason. */
async function tailOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  let tail = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) tail = (tail + decoder.decode(bytes, { stream: true })).slice(-TAIL_CHARACTERS);
  return tail.trim();
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).trim().slice(-TAIL_CHARACTERS);
}
