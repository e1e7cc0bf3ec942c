/** The sending side of framewire as a box of the comparisons. */
import { runUplink, type UplinkOptions } from "../lib/client/uplink.ts";
import { SOFTWARE } from "../lib/config/version.ts";
import { systemClock } from "../lib/platform/clock.ts";
import { systemNetwork } from "../lib/platform/network.ts";
import { systemRandom } from "../lib/platform/random.ts";

/** Sends all of it to a server on this machine. @throws {FramewireError} when the connection is lost once */
export async function sendTo(port: number, jobs: Pick<UplinkOptions, "sources" | "feeds">): Promise<void> {
  const options: UplinkOptions = {
    network: systemNetwork,
    clock: systemClock,
    random: systemRandom,
    address: { hostname: "127.0.0.1", port },
    identity: { device: "bench", token: "", software: SOFTWARE },
    retryForMs: 0,
    ...jobs,
    connected: () => {},
    interrupted: () => {},
  };
  await runUplink(options, [], new AbortController().signal);
}
