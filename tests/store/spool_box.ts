/** A box in a process of its own, to be killed: adds events one after the other, and prints each number once it is safe. */
import { systemClock } from "../../lib/platform/clock.ts";
import { systemDisk } from "../../lib/platform/disk.ts";
import { systemRandom } from "../../lib/platform/random.ts";
import { Spool } from "../../lib/store/spool.ts";

const encoder = new TextEncoder();

function print(object: object): void {
  Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(object)}\n`));
}

if (import.meta.main) {
  const [path = "", round = ""] = Deno.args;
  const spool = await Spool.open({
    ...{ path, bytesMax: 1e9, keepMs: 1e9, disk: systemDisk, clock: systemClock, random: systemRandom },
    note: (text) => print({ note: text }),
  });
  const queue = await spool.feed("room");
  print({ run: queue.run, mark: queue.mark });
  let oldest = queue.floor;
  for (let number = 1;; number++) {
    const text = `${round}-${number}`;
    const event = { timeMs: 1, source: null, body: { kind: "text" as const, text }, mark: text };
    const { firstSequence } = await queue.append([event]);
    print({ sequence: firstSequence, text });
    // Now and then the server acks something.
    if (number % 7 === 0) queue.stored(oldest, oldest += 2, 3);
    if (number % 7 === 0) print({ stored: ++oldest - 1 });
  }
}
