import { assert, assertEquals } from "@std/assert";
import type { ClipRow } from "../../lib/store/catalog.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { makeAccidents } from "./accidents.ts";
import { runSeeds } from "./seeds.ts";
import { SimulatedWorld } from "./simulated_world.ts";

const SEEDS = 120;
const DEVICES = ["box-1", "box-2"];
/** Sends from pipes, and is not killed: what a pipe gave is gone with its program. */
const PIPE_DEVICE = "box-3";
const CLIP_BYTES_MAX = 400_000;

/** Bytes of a clip; some are MP4s with the index at the end, which are sent out of order. */
function makeContent(random: SeededRandom): Uint8Array {
  const bytes = random.pick([0, 1, 4096, 70_000, random.int(CLIP_BYTES_MAX), CLIP_BYTES_MAX]);
  const content = random.bytes(bytes);
  if (bytes < 100_000 || random.chance(0.3)) return content;
  const view = new DataView(content.buffer, content.byteOffset);
  const box = (at: number, length: number, type: string) => {
    view.setUint32(at, length);
    content.set(new TextEncoder().encode(type), at + 4);
  };
  const moovBytes = 8_000;
  box(0, 24, "ftyp");
  box(24, bytes - 24 - moovBytes, "mdat");
  box(bytes - moovBytes, moovBytes, "moov");
  return content;
}

/** Everything that was promised is there, and nothing in `clips/` is partial. */
function checkPromises(world: SimulatedWorld): void {
  for (const { file, clipId } of world.promised) {
    const row = world.catalog.rows.find((one) => one.id === clipId);
    assert(row?.storedMs, `${file.name} was promised, and its row is gone`);
    assertEquals(world.serverDisk.contentOf(`/data/clips/${row.folder}/${row.storedName}`), file.content);
  }
  for (const path of world.serverDisk.paths()) {
    if (!path.startsWith("/data/clips/")) continue;
    const content = world.serverDisk.contentOf(path);
    const isWhole = world.files.some((file) => file.content.length === content.length && same(file.content, content));
    assert(isWhole, `${path} is partial: ${content.length} bytes`);
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, index) => byte === b[index]);
}

async function simulate(world: SimulatedWorld): Promise<void> {
  const { random } = world;
  for (const device of DEVICES) {
    for (let i = random.int(5); i >= 0; i--) {
      await world.addFile({ device, name: `clip-${i}.mp4`, content: makeContent(random) });
    }
  }
  await world.addFile({ device: PIPE_DEVICE, name: "live", content: makeContent(random), isPipe: true });
  await world.startServer();
  const boxes = new Map<string, { kill(): void }>();
  const running = new Map<string, Promise<void>>();
  const start = (device: string) => {
    const run = world.startBox(device);
    run.done.catch(() => {});
    boxes.set(device, run);
    running.set(device, run.done);
  };
  [...DEVICES, PIPE_DEVICE].forEach(start);
  await makeAccidents(world, { boxes, restart: start, killed: DEVICES, check: () => checkPromises(world) });
  await Promise.all(running.values());
  await world.stopServer();
  await world.leave();
}

function checkEnd(world: SimulatedWorld): void {
  checkPromises(world);
  // A pipe cannot be compared with what is left of it: when its very first answer was lost, it begins beside that.
  const isEmptyPipe = (row: ClipRow) => row.device === PIPE_DEVICE && row.held.length === 0;
  const stored = world.catalog.rows.filter((row) => row.storedMs !== null || !isEmptyPipe(row));
  assert(stored.every((row) => row.storedMs !== null), "something unfinished is left behind");
  for (const { device, name, content, isPipe } of world.files) {
    const rows = stored.filter((row) => row.device === device && row.name === name);
    assertEquals(rows.length, 1, `${device} ${name} is stored ${rows.length} times`);
    const row = rows[0]!;
    // A disk which fails twice may leave a file behind that is taken for a stranger's.
    const isDiskGood = !world.history.some((line) => line.includes("server's disk"));
    if (!isPipe && isDiskGood) {
      assertEquals(row.storedName, name, "it must not be kept beside something that is left of itself");
    }
    assertEquals(world.serverDisk.contentOf(`/data/clips/${row.folder}/${row.storedName}`), content);
  }
  const inClips = world.serverDisk.paths().filter((path) => path.startsWith("/data/clips/"));
  assertEquals(inClips, stored.map((row) => `/data/clips/${row.folder}/${row.storedName}`).sort());
}

Deno.test("whatever happens, each clip arrives once and whole, and what was promised stays", () =>
  runSeeds(SEEDS, (seed) => {
    const world = new SimulatedWorld(seed);
    const run = async () => {
      await simulate(world);
      checkEnd(world);
    };
    return { world, run };
  }));
