/** `deno task bench`: framewire and its peers, the same file, the same run. */
import { fileURLToPath } from "node:url";
import { compare, stopAll } from "./comparison.ts";
import { machineFacts } from "./machine.ts";
import { type BenchOptions, HELP, parseOptions } from "./options.ts";
import { writeRandomFile } from "./payload.ts";
import { bareLoop } from "./peers/bare_loop.ts";
import { framewire } from "./peers/framewire.ts";
import { grpc } from "./peers/grpc.ts";
import type { Peer } from "./peers/peer.ts";
import { rsync } from "./peers/rsync.ts";
import { scp } from "./peers/scp.ts";
import { sha256 } from "./peers/sha256.ts";
import { tus } from "./peers/tus.ts";
import { markdownOf, type Report, reportOf } from "./report.ts";

const RESULTS = fileURLToPath(new URL("./results/", import.meta.url));

/** All of them, in the order of the table. */
function allPeers(syncMs: number): readonly Peer[] {
  return [
    framewire(syncMs),
    rsync(false, 0),
    rsync(true, syncMs),
    tus,
    grpc,
    scp(null),
    scp("aes128-gcm@openssh.com"),
    bareLoop,
    sha256,
  ];
}

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  stream.writeSync(new TextEncoder().encode(text));
}

function chosen(options: BenchOptions): Peer[] {
  const peers = allPeers(options.syncMs);
  const names = peers.map((peer) => peer.name);
  for (const name of [...(options.only ?? []), ...options.without]) {
    if (!names.includes(name)) throw new RangeError(`Cannot choose peers as they are ${names}: received ${name}`);
  }
  return peers.filter(({ name }) => (options.only?.includes(name) ?? true) && !options.without.includes(name));
}

async function bench(options: BenchOptions): Promise<Report> {
  const peers = chosen(options);
  const dir = await Deno.makeTempDir({
    prefix: "framewire-bench-",
    ...(options.dir === null ? {} : { dir: options.dir }),
  });
  const tell = (line: string) => write(Deno.stderr, `${line}\n`);
  const interrupted = () => {
    // The children of a terminal get the signal as well; those of a script do not.
    stopAll(peers, tell).then(() => Deno.remove(dir, { recursive: true })).finally(() => Deno.exit(130));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, interrupted);
  try {
    const machine = await machineFacts(dir);
    if (machine.loadBefore > machine.cores / 4) tell("The machine is busy: the figures will be doubtful");
    const path = `${dir}/payload.bin`;
    const payload = { path, bytes: options.sizeBytes, sha256: writeRandomFile(path, options.sizeBytes) };
    const result = await compare(peers, payload, dir, { rounds: options.rounds, tell });
    const { sizeBytes, rounds, syncMs } = options;
    return reportOf(result, { machine, sizeBytes, rounds, syncMs });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Keeps a run under bench/results/, which git does not. */
async function save(report: Report): Promise<void> {
  await Deno.mkdir(RESULTS, { recursive: true });
  const stem = `${RESULTS}${new Date().toISOString().replaceAll(":", "-")}`;
  await Deno.writeTextFile(`${stem}.json`, JSON.stringify(report, null, 2) + "\n");
  await Deno.writeTextFile(`${stem}.md`, markdownOf(report));
}

async function main(): Promise<number> {
  try {
    const options = parseOptions(Deno.args);
    if (options.help) {
      write(Deno.stdout, HELP);
      return 0;
    }
    const report = await bench(options);
    await save(report);
    write(Deno.stdout, options.json ? JSON.stringify(report) + "\n" : markdownOf(report));
    // A comparison without its own subject must not look like a success.
    return report.leftOut.some(({ name }) => name === "framewire") ? 1 : 0;
  } catch (error) {
    write(Deno.stderr, `${error instanceof Error ? error.message : error}\n`);
    return error instanceof RangeError ? 2 : 1;
  }
}

Deno.exit(await main());
