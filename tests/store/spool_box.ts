/**
 * A box in a process of its own, to be killed: adds events one after the other, and prints each number once it is safe; and
 * pictures, twenty at a time, of which it prints the last one once all of them are.
 */
import { systemClock } from "../../lib/platform/clock.ts";
import { systemDisk } from "../../lib/platform/disk.ts";
import { systemRandom } from "../../lib/platform/random.ts";
import { Spool } from "../../lib/store/spool.ts";
import { madeUpJpeg } from "../helpers/source_world.ts";

const encoder = new TextEncoder();

function print(object: object): void {
  Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(object)}\n`));
}

/** Bytes of a picture; its content is made of its capture time. */
export const PICTURE_BYTES = 20_000;

async function addPictures(spool: Spool): Promise<void> {
  const source = await spool.source("cam", "visible");
  print({ pictureRun: source.run });
  for (let seed = 1;;) {
    for (const end = seed + 20; seed < end; seed++) source.add(madeUpJpeg(PICTURE_BYTES, seed), seed);
    while (source.memoryBytes > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    print({ pictures: source.lastSequence });
    // The server has some of them.
    const stored = source.lastSequence - 27;
    print({ storedPictures: stored });
    source.stored(stored);
  }
}

if (import.meta.main) {
  const [path = "", round = ""] = Deno.args;
  const spool = await Spool.open({
    ...{ path, bytesMax: 1e9, keepMs: 1e9, disk: systemDisk, clock: systemClock, random: systemRandom },
    note: (text) => print({ note: text }),
  });
  void addPictures(spool);
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
