/** A power cut on a real file system while pictures are written past the page cache: what was told stored is there. */
import { assert } from "@std/assert";
import { assertFlood, FrameFlood, writesDirectly } from "../helpers/frame_flood.ts";
import { CAN_CUT_POWER, loopDisk } from "../helpers/loop_disk.ts";
import { startServer } from "../helpers/programs.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { waitFor } from "../helpers/wait_for.ts";

const DISK_BYTES = 400_000_000;
const ARGS = ["--reserve", "1MB", "--analysis-workers", "0"];

async function cutOnce(seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  await using disk = await loopDisk(DISK_BYTES);
  const flood = new FrameFlood(100_000);
  const sender = new AbortController();
  await using server = await startServer({ data: `${disk.path}/data`, args: ARGS });
  const sending = flood.send(server.listen, sender.signal).catch(() => {});
  const wanted = 300 + random.int(2_000);
  await waitFor(() => flood.told.length >= wanted, { what: `${wanted} to be told`, deadlineMs: 60_000 });
  await waitFor(() => writesDirectly(server.pid), { what: "direct writes", deadlineMs: 60_000 });
  Deno.kill(server.pid, "SIGSTOP");
  const told = flood.told.length;
  await using after = await disk.cut();
  sender.abort();
  await server.kill();
  await sending;
  {
    await using again = await startServer({ data: `${after.path}/data`, args: ARGS });
    const found = await assertFlood(again.http, again.data);
    assert(found >= told, `${told} were told as stored, ${found} are there (seed ${seed})`);
    await again.kill("SIGTERM");
  }
  await after.check();
}

const CUTS = Number(Deno.env.get("FRAMEWIRE_POWER_CUTS") ?? 3);

Deno.test({
  name: `power cuts of an ext4 disk under a flood of pictures: what was told stored is there, whole (${CUTS} cuts)`,
  ignore: !CAN_CUT_POWER,
  async fn() {
    for (let seed = 1; seed <= CUTS; seed++) await cutOnce(seed);
  },
});
