/** A network whose connections carry only so many bytes a second upwards: a made-up bad link, so that one can watch. */
import { type Clock, sleep } from "../platform/clock.ts";
import type { Connection, Network } from "../platform/network.ts";

/** A write takes this long, ms; short enough that a bar moves smoothly. */
const STEP_MS = 50;

/** `network`, with writes of connections made through it slowed to `bytesPerSecond`. */
export function slowNetwork(network: Network, clock: Clock, bytesPerSecond: number): Network {
  const stepBytes = Math.max(1, Math.round(bytesPerSecond * STEP_MS / 1000));
  const slow = (connection: Connection): Connection => {
    let freeAtMs = clock.now();
    return {
      remote: connection.remote,
      read: (into) => connection.read(into),
      async write(bytes) {
        const count = await connection.write(bytes.subarray(0, stepBytes));
        freeAtMs = Math.max(freeAtMs, clock.now()) + count / bytesPerSecond * 1000;
        await sleep(clock, freeAtMs - clock.now());
        return count;
      },
      closeWrite: () => connection.closeWrite(),
      close: () => connection.close(),
    };
  };
  return {
    connect: async (address, options) => slow(await network.connect(address, options)),
    listen: (address) => network.listen(address),
  };
}
