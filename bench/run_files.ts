/** The temporary folder of a run, and where its result is kept. */
import { fileURLToPath } from "node:url";

const RESULTS = fileURLToPath(new URL("./results/", import.meta.url));

/** Writes text as it is. */
export function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  stream.writeSync(new TextEncoder().encode(text));
}

/** Tells a person what is going on. */
export function tell(line: string): void {
  write(Deno.stderr, `${line}\n`);
}

/** Works in a new folder under `parent` (null: the system's), which is removed at the end; at Ctrl-C, too, behind `stop`. */
export async function inTemporaryFolder<T>(
  parent: string | null,
  stop: () => Promise<void>,
  work: (dir: string) => Promise<T>,
): Promise<T> {
  const dir = await Deno.makeTempDir({ prefix: "framewire-bench-", ...(parent === null ? {} : { dir: parent }) });
  let isInterrupted = false;
  const interrupted = () => {
    if (isInterrupted) Deno.exit(130);
    isInterrupted = true;
    // The children of a terminal get the signal as well; those of a script do not.
    stop().then(() => Deno.remove(dir, { recursive: true })).finally(() => Deno.exit(130));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, interrupted);
  try {
    return await work(dir);
  } finally {
    // What fails because everything was stopped is no news.
    if (isInterrupted) await new Promise(() => {});
    await Deno.remove(dir, { recursive: true });
  }
}

/** Keeps a run under bench/results/, which git does not. */
export async function saveResult(report: unknown, markdown: string): Promise<void> {
  await Deno.mkdir(RESULTS, { recursive: true });
  const stem = `${RESULTS}${new Date().toISOString().replaceAll(":", "-")}`;
  await Deno.writeTextFile(`${stem}.json`, JSON.stringify(report, null, 2) + "\n");
  await Deno.writeTextFile(`${stem}.md`, markdown);
}
