/** `deno task bench clips`: framewire and its peers, the same file, the same run. */
import { compare, stopAll } from "./comparison.ts";
import { chosenPeers } from "./flags.ts";
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
import { inTemporaryFolder, saveResult, tell, write } from "./run_files.ts";

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

async function bench(options: BenchOptions): Promise<Report> {
  const peers = chosenPeers(allPeers(options.syncMs), options);
  return await inTemporaryFolder(options.dir, () => stopAll(peers, tell), async (dir) => {
    const machine = await machineFacts(dir);
    if (machine.loadBefore > machine.cores / 4) tell("The machine is busy: the figures will be doubtful");
    const path = `${dir}/payload.bin`;
    const payload = { path, bytes: options.sizeBytes, sha256: writeRandomFile(path, options.sizeBytes) };
    const result = await compare(peers, payload, dir, { rounds: options.rounds, tell });
    const { sizeBytes, rounds, syncMs } = options;
    return reportOf(result, { machine, sizeBytes, rounds, syncMs });
  });
}

/** Runs the comparison of clips; the exit code. @throws {RangeError} when a flag is unknown or out of range */
export async function benchClips(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    write(Deno.stdout, HELP);
    return 0;
  }
  const report = await bench(options);
  await saveResult(report, markdownOf(report));
  write(Deno.stdout, options.json ? JSON.stringify(report) + "\n" : markdownOf(report));
  // A comparison without its own subject must not look like a success.
  return report.leftOut.some(({ name }) => name === "framewire") ? 1 : 0;
}
