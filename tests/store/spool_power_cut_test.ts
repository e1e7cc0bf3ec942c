import { assert, assertEquals, assertGreater } from "@std/assert";
import { systemClock } from "../../lib/platform/clock.ts";
import { systemDisk } from "../../lib/platform/disk.ts";
import { systemRandom } from "../../lib/platform/random.ts";
import { decodeBatch } from "../../lib/protocol/event_batch.ts";
import { Spool } from "../../lib/store/spool.ts";
import { CAN_CUT_POWER, loopDisk } from "../helpers/loop_disk.ts";
import { PROJECT_ROOT } from "../helpers/programs.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { madeUpJpeg } from "../helpers/source_world.ts";
import { Subprocess } from "../helpers/subprocess.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { PICTURE_BYTES } from "./spool_box.ts";

/** What a box had said before it was cut. */
interface Said {
  /** Events that were safe: number, text. */
  readonly safe: Map<number, string>;
  /** The last event and the last picture which the server had. */
  readonly stored: number;
  readonly storedPictures: number;
  /** The last picture that was safe. */
  readonly pictures: number;
  readonly runs: Set<unknown>;
}

function startBox(path: string, life: number): Subprocess {
  const file = `${PROJECT_ROOT}tests/store/spool_box.ts`;
  return Subprocess.start({ command: [Deno.execPath(), "run", "-A", file, path, `${life}`] });
}

function heard(box: Subprocess): Said {
  const events = box.events();
  const last = (key: string) => events.reduce((most, event) => Math.max(most, Number(event[key] ?? 0)), 0);
  return {
    safe: new Map(
      events.filter(({ sequence }) => sequence !== undefined).map(({ sequence, text }) => [
        Number(sequence),
        String(text),
      ]),
    ),
    stored: last("stored"),
    storedPictures: last("storedPictures"),
    pictures: last("pictures"),
    runs: new Set(events.flatMap(({ run, pictureRun }) => run ?? pictureRun ?? [])),
  };
}

/** Opens what the cut has left: all that was safe is there, each once; gives the numbers. */
async function look(path: string, { safe, stored, storedPictures, pictures, runs }: Said): Promise<void> {
  const spool = await Spool.open({
    ...{ path, bytesMax: 1e9, keepMs: 1e12, disk: systemDisk, clock: systemClock, random: systemRandom },
    note: (text) => {
      throw new Error(text);
    },
  });
  const queue = await spool.feed("room");
  const kept = new Map<number, string>();
  for (let after = 0;;) {
    const packs = await queue.read(after, 100_000);
    if (packs.length === 0) break;
    for (const { sequence, body } of packs.flatMap(({ bytes }) => decodeBatch(bytes))) {
      assertEquals(kept.has(sequence), false, `event ${sequence} is there twice`);
      kept.set(sequence, (body as { text: string }).text);
    }
    after = packs.at(-1)!.last;
  }
  for (const [sequence, text] of safe) {
    if (kept.has(sequence)) assertEquals(kept.get(sequence), text);
    else assert(sequence <= stored, `event ${sequence} is lost`);
  }
  const source = await spool.source("cam", "visible");
  assertEquals(new Set([queue.run, source.run]), runs);
  const found = new Set<number>();
  const times = new Set<number>();
  for (let after = 0;;) {
    const picture = await source.next(after);
    if (picture === null) break;
    assertEquals(picture.jpeg, madeUpJpeg(PICTURE_BYTES, picture.capturedMs));
    assert(picture.sequence > after && !times.has(picture.capturedMs));
    found.add(after = picture.sequence);
    times.add(picture.capturedMs);
  }
  for (let number = storedPictures + 1; number <= pictures; number++) {
    assert(found.has(number), `picture ${number} of ${pictures} is lost`);
  }
  assertEquals([source.unknown, source.droppedPictures], [[], 0]);
  // A number that was given is never given again.
  source.add(madeUpJpeg(10, 1), 1);
  assertGreater(source.lastSequence, Math.max(pictures, ...found));
  assertGreater((await queue.append([EVENT])).firstSequence, Math.max(0, ...safe.keys()));
  await spool.close();
}

const EVENT = { timeMs: 1, source: null, body: { kind: "text" as const, text: "" } };

Deno.test({
  name: "power cuts of an ext4 disk under a spool: events and pictures which were safe are there, each once",
  ignore: !CAN_CUT_POWER,
  async fn() {
    const random = new SeededRandom(3);
    await using disk = await loopDisk(160_000_000);
    await using box = startBox(`${disk.path}/spool`, 1);
    await waitFor(() => heard(box).pictures >= 60, { what: "pictures", deadlineMs: 60_000 });
    for (let cut = 0; cut < 3; cut++) {
      const wanted = heard(box).safe.size + random.int(150);
      await waitFor(() => heard(box).safe.size > wanted, { what: "events", deadlineMs: 60_000 });
      Deno.kill(box.pid, "SIGSTOP");
      const said = heard(box);
      await using after = await disk.cut();
      Deno.kill(box.pid, "SIGCONT");
      await look(`${after.path}/spool`, said);
      await after.check();
    }
    await box.kill("SIGKILL");
  },
});

Deno.test("a spool behind a kill, with a torn end of its log and of its pictures: what was safe is there, each once", async () => {
  await using folder = await tempFolder();
  const random = new SeededRandom(4);
  await using box = startBox(folder.join("spool"), 1);
  await waitFor(() => heard(box).pictures >= 60, { what: "pictures", deadlineMs: 60_000 });
  await box.kill("SIGKILL");
  const said = heard(box);
  for (let round = 0; round < 3; round++) {
    const copy = folder.join(`copy-${round}`);
    await Deno.mkdir(`${copy}/frames`, { recursive: true });
    for (const name of ["spool.db", "spool.db-wal"]) await Deno.copyFile(folder.join("spool", name), `${copy}/${name}`);
    for await (const { name } of Deno.readDir(folder.join("spool", "frames"))) {
      await Deno.copyFile(folder.join("spool", "frames", name), `${copy}/frames/${name}`);
    }
    // As writes which had begun leave them: a part of a page of the log, pictures without a row, a file without one.
    await Deno.writeFile(`${copy}/spool.db-wal`, random.bytes(1 + random.int(9_000)), { append: true });
    const [{ name }] = await Array.fromAsync(Deno.readDir(`${copy}/frames`)) as [Deno.DirEntry];
    await Deno.writeFile(`${copy}/frames/${name}`, random.bytes(random.int(30_000)), { append: true });
    await Deno.writeFile(`${copy}/frames/999.mjpeg`, random.bytes(1_000));
    await look(copy, said);
    assertEquals(await systemDisk.info(`${copy}/frames/999.mjpeg`), null);
  }
});
