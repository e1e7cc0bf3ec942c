import { assert, assertEquals, assertGreater } from "@std/assert";
import { systemClock } from "../../lib/platform/clock.ts";
import { systemDisk } from "../../lib/platform/disk.ts";
import { Spool } from "../../lib/store/spool.ts";
import { FramewireError } from "../../lib/errors.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { CAN_MOUNT, tmpfs } from "../helpers/tmpfs.ts";
import { waitFor } from "../helpers/wait_for.ts";

Deno.test({
  name: "a spool on a disk that becomes full keeps to its rule, says so, and lives on when there is room again",
  ignore: !CAN_MOUNT,
  async fn() {
    for (const policy of ["drop-oldest", "refuse-new"] as const) {
      await using disk = await tmpfs(48 << 20);
      const spool = await Spool.open({
        ...{ path: `${disk.path}/spool`, bytesMax: 1e9, keepMs: 1e9, policyOf: () => policy, disk: systemDisk },
        ...{ clock: systemClock, random: new SeededRandom(1), note: () => {} },
      });
      const queue = await spool.feed("room");
      const events = (text: string) => [{ timeMs: 1, source: null, body: { kind: "text" as const, text } }];
      const refused = new Set<string>();
      let kept = 0;
      for (let round = 0; round < 600; round++) {
        await queue.append(events("x".repeat(100_000))).then(
          () => kept++,
          (error: FramewireError) => void refused.add(error.code),
        );
      }
      assertEquals(queue.events + queue.dropped, kept);
      assertGreater(queue.events, 20);
      if (policy === "refuse-new") assertEquals([[...refused], queue.dropped], [["NO_SPACE"], 0]);
      else assertGreater(queue.dropped, 50);
      // Somebody else takes the rest.
      await Deno.writeFile(`${disk.path}/other`, new Uint8Array(60 << 20)).catch(() => {});
      for (let round = 0; round < 50; round++) {
        await queue.append(events("x".repeat(100_000))).catch((error) => assert(error instanceof FramewireError));
      }
      const last = queue.lastSequence;
      await Deno.remove(`${disk.path}/other`);
      await queue.held([{ first: 1, last }]);
      assertEquals([queue.events, queue.bytes], [0, 0]);
      // How much room there is is looked at every second or so.
      const { firstSequence } = await waitFor(() => queue.append(events("after")), {
        what: "room again",
      });
      assertEquals(firstSequence, last + 1);
      await spool.close();
    }
  },
});
