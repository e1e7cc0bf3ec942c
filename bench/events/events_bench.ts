/** `deno task bench events`: framewire and its peers, the same readings, the same run. */
import { chosenPeers } from "../flags.ts";
import { machineFacts } from "../machine.ts";
import { endAll } from "../processes.ts";
import { inTemporaryFolder, saveResult, tell, write } from "../run_files.ts";
import { allEventPeers } from "./all_peers.ts";
import { contest } from "./contest.ts";
import { HELP, parseEventsOptions } from "./options.ts";
import { eventsMarkdownOf, eventsReportOf } from "./report.ts";

/** Runs the comparison of events; the exit code. @throws {RangeError} when a flag is unknown or out of range */
export async function benchEvents(args: readonly string[]): Promise<number> {
  const options = parseEventsOptions(args);
  if (options.help) {
    write(Deno.stdout, HELP);
    return 0;
  }
  const { events, rounds, syncMs } = options;
  const peers = chosenPeers(allEventPeers(syncMs), options);
  const report = await inTemporaryFolder(options.dir, endAll, async (dir) => {
    const machine = await machineFacts(dir);
    if (machine.loadBefore > machine.cores / 4) tell("The machine is busy: the figures will be doubtful");
    const result = await contest(peers, dir, { rounds, events, tell });
    return eventsReportOf(result, { machine, events, rounds, syncMs });
  });
  const markdown = eventsMarkdownOf(report);
  await saveResult(report, markdown);
  write(Deno.stdout, options.json ? JSON.stringify(report) + "\n" : markdown);
  // A comparison without its own subject must not look like a success.
  return report.leftOut.some(({ name }) => name.startsWith("framewire")) ? 1 : 0;
}
