/** `deno task bench frames`: framewire and its peers, the same pictures, the same run. */
import { chosenPeers } from "../flags.ts";
import { machineFacts } from "../machine.ts";
import { endAll } from "../processes.ts";
import { inTemporaryFolder, saveResult, tell, write } from "../run_files.ts";
import { allFramePeers } from "./all_peers.ts";
import { contest } from "./contest.ts";
import { HELP, parseFramesOptions } from "./options.ts";
import { writePictures } from "./pictures.ts";
import { framesMarkdownOf, framesReportOf } from "./report.ts";

/** Runs the comparison of frames; the exit code. @throws {RangeError} when a flag is unknown or out of range */
export async function benchFrames(args: readonly string[]): Promise<number> {
  const options = parseFramesOptions(args);
  if (options.help) {
    write(Deno.stdout, HELP);
    return 0;
  }
  const { frames, rounds, syncMs } = options;
  const peers = chosenPeers(allFramePeers(syncMs), options);
  const report = await inTemporaryFolder(options.dir, endAll, async (dir) => {
    const machine = await machineFacts(dir);
    if (machine.loadBefore > machine.cores / 4) tell("The machine is busy: the figures will be doubtful");
    const pictures = `${dir}/pictures.bin`;
    writePictures(pictures);
    const result = await contest(peers, pictures, dir, { rounds, frames, tell });
    return framesReportOf(result, { machine, frames, rounds, syncMs });
  });
  const markdown = framesMarkdownOf(report);
  await saveResult(report, markdown);
  write(Deno.stdout, options.json ? JSON.stringify(report) + "\n" : markdown);
  // A comparison without its own subject must not look like a success.
  return report.leftOut.some(({ name }) => name.startsWith("framewire")) ? 1 : 0;
}
