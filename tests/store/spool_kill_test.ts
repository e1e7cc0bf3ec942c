import { assert, assertEquals, assertGreater } from "@std/assert";
import { systemClock } from "../../lib/platform/clock.ts";
import { systemDisk } from "../../lib/platform/disk.ts";
import { systemRandom } from "../../lib/platform/random.ts";
import { decodeBatch } from "../../lib/protocol/event_batch.ts";
import { Spool } from "../../lib/store/spool.ts";
import { PROJECT_ROOT } from "../helpers/programs.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { Subprocess } from "../helpers/subprocess.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

Deno.test("a spool whose box is killed again and again loses nothing that was safe, and uses no number twice", async () => {
  await using folder = await tempFolder();
  const random = new SeededRandom(11);
  /** What was printed as safe: number, text. */
  const safe = new Map<number, string>();
  const runs = new Set<unknown>();
  let stored = 0;
  for (let round = 0; round < 8; round++) {
    const command = [Deno.execPath(), "run", "-A", `${PROJECT_ROOT}tests/store/spool_box.ts`, folder.path, `${round}`];
    await using box = Subprocess.start({ command });
    const wanted = 20 + Math.floor(random.fraction() * 200);
    await waitFor(() => box.events().length > wanted, { what: "events", deadlineMs: 60_000 });
    await box.kill("SIGKILL");
    const lastMark = [...safe.values()].at(-1) ?? null;
    for (const event of box.events()) {
      assertEquals(event["note"], undefined);
      if (event["run"] !== undefined) {
        runs.add(event["run"]);
        // What was committed and not printed is behind it.
        if (lastMark !== null) assert(isBehind(String(event["mark"]), lastMark), `${event["mark"]} after ${lastMark}`);
      }
      if (event["stored"] !== undefined) stored = Math.max(stored, Number(event["stored"]));
      if (event["sequence"] === undefined) continue;
      const sequence = Number(event["sequence"]);
      assertEquals(safe.has(sequence), false, `${sequence} was used twice`);
      safe.set(sequence, String(event["text"]));
    }
  }
  assertEquals(runs.size, 1);
  assertGreater(stored, 10);
  const spool = await Spool.open({
    ...{ path: folder.path, bytesMax: 1e9, keepMs: 1e9, disk: systemDisk, clock: systemClock, random: systemRandom },
    note: () => {},
  });
  const queue = await spool.feed("room");
  assert(runs.has(queue.run));
  const kept = new Map<number, string>();
  for (let after = 0;;) {
    const packs = await queue.read(after, 100_000);
    if (packs.length === 0) break;
    for (const { sequence, body } of packs.flatMap(({ bytes }) => decodeBatch(bytes))) {
      assertEquals(kept.has(sequence), false);
      kept.set(sequence, (body as { text: string }).text);
    }
    after = packs.at(-1)!.last;
  }
  await spool.close();
  for (const [sequence, text] of safe) {
    // Gone are only those that the server had.
    if (kept.has(sequence)) assertEquals(kept.get(sequence), text);
    else assert(sequence <= stored, `${sequence} is lost`);
  }
  assertGreater(kept.size, 100);
});

/** Texts are `round-number`. */
function isBehind(text: string, other: string): boolean {
  const [[round, number], [otherRound, otherNumber]] = [text.split("-"), other.split("-")];
  return Number(round) > Number(otherRound) ||
    (round === otherRound && Number(number) >= Number(otherNumber));
}
