/** A power cut on a real file system: what had been acked as stored is there afterwards, and nothing that is not whole. */
import { assert, assertEquals } from "@std/assert";
import { eventsOf, filesBelow, randomFile, sha256OfFile } from "../helpers/clip_files.ts";
import { CAN_CUT_POWER, loopDisk } from "../helpers/loop_disk.ts";
import { runSend, startSend, startServer } from "../helpers/programs.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

const DISK_BYTES = 160_000_000;
const SMALL_CLIPS = 40;
const LARGE_BYTES = 24_000_000;
const RESERVE = ["--reserve", "1MB"];

/** A folder of clips, most of them small; name to SHA-256. */
async function makeClips(folder: string, random: SeededRandom): Promise<Map<string, string>> {
  const clips = new Map<string, string>();
  await Deno.mkdir(folder);
  for (let n = 0; n < SMALL_CLIPS; n++) {
    const name = `clip-${n}.bin`;
    clips.set(name, (await randomFile(`${folder}/${name}`, random.int(400_000), random.uint32())).sha256);
  }
  // In the middle, so that clips are stored before it and while it arrives.
  const large = await randomFile(`${folder}/clip-20a.bin`, LARGE_BYTES, random.uint32());
  return clips.set("clip-20a.bin", large.sha256);
}

async function cutOnce(seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  await using folder = await tempFolder();
  const source = folder.join("box");
  const clips = await makeClips(source, random);
  await using disk = await loopDisk(DISK_BYTES);
  await using server = await startServer({ data: `${disk.path}/data`, args: RESERVE });
  const args = (listen: string) => ["--file", source, "--device", "box", "--server", listen];
  await using send = startSend(args(server.listen));
  const stored = () => send.process.events().filter(({ event }) => event === "stored");
  const wanted = random.int(SMALL_CLIPS);
  await waitFor(() => stored().length >= wanted, { what: `${wanted} clips to be stored`, deadlineMs: 60_000 });
  // Acked before the cut; the copy takes longer than a cut, so the server stands still meanwhile.
  Deno.kill(server.pid, "SIGSTOP");
  const acked = stored().map((event) => String(event["storedName"]));
  await using after = await disk.cut();
  await server.kill();
  await send.kill();

  const kept = new Set([...clips].map(([, sha256]) => sha256));
  const found = await filesBelow(`${after.path}/data/clips/box`);
  for (const name of found) {
    assert(kept.has(await sha256OfFile(`${after.path}/data/clips/box/${name}`)), `${name} is not whole`);
  }
  for (const name of acked) assert(found.includes(name), `${name} was acked and is gone (seed ${seed})`);

  {
    await using again = await startServer({ data: `${after.path}/data`, args: RESERVE });
    const { clips: listed } = await (await fetch(`${again.http}/api/clips?limit=1000`)).json();
    for (const name of acked) {
      const state = listed.find((clip: { storedName: string }) => clip.storedName === name)?.state;
      assertEquals(state, "stored", `${name} was acked (seed ${seed})`);
    }
    const result = await runSend(args(again.listen));
    assertEquals([result.code, eventsOf(result, "stored").length], [0, clips.size], result.stderr);
    // Each once, with its content, under its own name.
    const names = [...clips.keys()].map((name) => `box_${name}`).sort();
    assertEquals(await filesBelow(`${after.path}/data/clips/box`), names);
    for (const [name, sha256] of clips) {
      assertEquals(await sha256OfFile(`${after.path}/data/clips/box/box_${name}`), sha256, name);
    }
    await again.kill("SIGTERM");
  }
  await after.check();
}

const CUTS = Number(Deno.env.get("FRAMEWIRE_POWER_CUTS") ?? 4);

Deno.test({
  name: `power cuts of an ext4 disk while clips arrive: what was acked is there, and the rest follows (${CUTS} cuts)`,
  ignore: !CAN_CUT_POWER,
  async fn() {
    for (let seed = 1; seed <= CUTS; seed++) await cutOnce(seed);
  },
});
