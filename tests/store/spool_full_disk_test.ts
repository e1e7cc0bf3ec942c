import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { systemClock } from "../../lib/platform/clock.ts";
import { systemDisk } from "../../lib/platform/disk.ts";
import { Spool } from "../../lib/store/spool.ts";
import type { SpoolPolicy } from "../../lib/store/spool_options.ts";
import { FramewireError } from "../../lib/errors.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { madeUpJpeg } from "../helpers/source_world.ts";
import { CAN_MOUNT, tmpfs } from "../helpers/tmpfs.ts";
import { waitFor } from "../helpers/wait_for.ts";

function openOn(disk: string, policy?: SpoolPolicy): Promise<Spool> {
  return Spool.open({
    ...{ path: `${disk}/spool`, bytesMax: 1e9, keepMs: 1e9, disk: systemDisk },
    ...{ clock: systemClock, random: new SeededRandom(1), note: () => {} },
    ...policy === undefined ? {} : { policyOf: () => policy },
  });
}

Deno.test({
  name: "a spool on a disk that becomes full keeps to its rule, says so, and lives on when there is room again",
  ignore: !CAN_MOUNT,
  async fn() {
    for (const policy of ["drop-oldest", "refuse-new"] as const) {
      await using disk = await tmpfs(48 << 20);
      const spool = await openOn(disk.path, policy);
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

Deno.test({
  name: "a spool on a full disk drops once for all appends of one moment",
  ignore: !CAN_MOUNT,
  async fn() {
    await using disk = await tmpfs(64 << 20);
    const spool = await openOn(disk.path);
    const queue = await spool.feed("room");
    const event = () => [{ timeMs: 1, source: null, body: { kind: "text" as const, text: "x".repeat(10_000) } }];
    for (let round = 0; round < 15; round++) await queue.append(Array.from({ length: 100 }, event).flat());
    await Deno.writeFile(`${disk.path}/other`, new Uint8Array(80 << 20)).catch(() => {});
    await Promise.all(Array.from({ length: 100 }, () => queue.append(event())));
    assertEquals(queue.events + queue.dropped, 1_600);
    assertGreater(queue.dropped, 0);
    // What came is a megabyte.
    assertLess(queue.dropped, 500);
    await spool.close();
  },
});

Deno.test({
  name: "a spool whose disk is taken by somebody else drops by its rule instead of refusing, pictures first",
  ignore: !CAN_MOUNT,
  async fn() {
    await using disk = await tmpfs(64 << 20);
    const spool = await openOn(disk.path);
    const queue = await spool.feed("room");
    const source = await spool.source("left", "visible");
    const event = (text: string) => [{ timeMs: 1, source: null, body: { kind: "text" as const, text } }];
    for (let number = 0; number < 200; number++) source.add(madeUpJpeg(50_000, number), number);
    for (let round = 0; round < 20; round++) await queue.append(event("x".repeat(100_000)));
    await waitFor(() => source.memoryBytes === 0, { what: "pictures on the disk" });
    // The space of the disk is looked at once a second: before it is, SQLite itself and the files meet the end of it.
    await Deno.writeFile(`${disk.path}/other`, new Uint8Array(80 << 20)).catch(() => {});
    let refused = 0;
    for (let round = 0; round < 100; round++) {
      await queue.append(event("y".repeat(100_000))).catch(() => refused++);
    }
    assertEquals(refused, 0);
    assertGreater(source.droppedPictures, 100);
    assertEquals(queue.events + queue.dropped, 120);
    // No picture is left: now the oldest readings go.
    for (let round = 0; round < 100; round++) {
      await queue.append(event("z".repeat(100_000))).catch(() => refused++);
    }
    assertEquals(refused, 0);
    assertGreater(queue.dropped, 20);
    assertEquals(queue.events + queue.dropped, 220);
    assertEquals((await queue.read(queue.lastSequence - 1, 10)).length, 1, "the newest is there");
    await Deno.remove(`${disk.path}/other`);
    await queue.held([{ first: 1, last: queue.lastSequence }]);
    source.add(madeUpJpeg(50_000, 1), 1);
    await waitFor(() => source.memoryBytes === 0, { what: "a picture on the disk again" });
    await spool.close();
  },
});
