import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { faultProxy } from "../helpers/fault_proxy.ts";
import { PROJECT_ROOT, type ServerProgram, startServer } from "../helpers/programs.ts";
import { Subprocess } from "../helpers/subprocess.ts";
import { type TempFolder, tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

const CLIENT = [Deno.execPath(), "run", "-A", `${PROJECT_ROOT}client.ts`];
/** Behind a comment of ten digits. */
const REST = "ffdb0043" + "00" + "10".repeat(64) + "ffc0000b080010001001011100" + "ffda0008010100003f00" + "55" +
  "ffd9";
/** Pictures a second. */
const FPS = 20;

/** Stands for ffmpeg: each picture has its number in it, and the numbers go on whoever is killed. `last` ends it. */
async function makeCamera(folder: TempFolder, last = 1e9): Promise<Record<string, string>> {
  await Deno.writeFile(folder.join("rest"), Uint8Array.fromHex(REST));
  await Deno.writeTextFile(folder.join("number"), "0\n");
  const script = [
    "#!/bin/sh",
    `cd ${folder.path}`,
    "read number < number",
    `while [ $number -lt ${last} ]; do`,
    "  number=$((number + 1))",
    "  echo $number > number.new && mv number.new number",
    // FF D8, FF FE (a comment), 12 bytes.
    "  printf '\\377\\330\\377\\376\\000\\014%010d' $number && cat rest || exit 1",
    `  sleep ${1 / FPS}`,
    "done",
  ];
  await Deno.writeTextFile(folder.join("ffmpeg"), script.join("\n"), { mode: 0o755 });
  return { PATH: `${folder.path}:${Deno.env.get("PATH")}` };
}

async function taken(folder: TempFolder): Promise<number> {
  return Number(await Deno.readTextFile(folder.join("number")));
}

/** Pictures in the spool; 0 as long as there is none. */
function spooled(folder: TempFolder): number {
  try {
    using database = new DatabaseSync(folder.join("spool/spool.db"), { readOnly: true });
    return Number(database.prepare("SELECT count(*) AS count FROM picture").get()!["count"]);
  } catch {
    return 0;
  }
}

async function idsOf(server: ServerProgram): Promise<number[]> {
  const { frames } = await (await fetch(`${server.http}/api/frames?device=box&source=left&limit=1000`)).json();
  return ((frames ?? []) as { id: number }[]).map(({ id }) => id).sort((a, b) => a - b);
}

/** The numbers in the pictures which are stored, in the order in which they came. */
async function numbersOf(server: ServerProgram): Promise<number[]> {
  const numbers: number[] = [];
  for (const id of await idsOf(server)) {
    const jpeg = await (await fetch(`${server.http}/frames/${id}.jpg`)).bytes();
    numbers.push(Number(new TextDecoder().decode(jpeg.subarray(6, 16))));
  }
  return numbers;
}

Deno.test("agent: a camera of policy all without a network, and the agent killed twice: all is stored once, in order, but for the last moment", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  await using proxy = await faultProxy(server.listen);
  const env = await makeCamera(folder);
  const config = {
    ...{ server: proxy.address, device: "box", spool: { dir: "spool" } },
    sources: [{ source: "left", camera: "/dev/video8", policy: "all" }],
  };
  await Deno.writeTextFile(folder.join("edge.json"), JSON.stringify(config));
  const start = () => Subprocess.start({ command: [...CLIENT, "agent", "--config", folder.join("edge.json")], env });
  const kills: number[] = [];
  let agent = start();
  try {
    await waitFor(async () => (await idsOf(server)).length > 5, { what: "pictures", deadlineMs: 60_000 });
    proxy.blackHole();
    await proxy.cutAll();
    for (let round = 0; round < 2; round++) {
      const from = await taken(folder);
      await waitFor(async () => await taken(folder) > from + 2 * FPS, { what: "pictures", deadlineMs: 60_000 });
      await agent.kill("SIGKILL");
      kills.push(await taken(folder));
      agent = start();
    }
    const from = await taken(folder);
    await waitFor(async () => await taken(folder) > from + 10, { what: "more pictures", deadlineMs: 60_000 });
    proxy.heal();
    const all = await taken(folder);
    await waitFor(async () => (await numbersOf(server)).at(-1)! > all, { what: "all of them", deadlineMs: 60_000 });
    const status = async () => (await (await fetch(`${server.http}/api/devices`)).json()).devices[0].backlog;
    await waitFor(async () => (await status())?.frames < FPS, { what: "the backlog to be told as gone" });
  } finally {
    await agent.kill("SIGTERM");
  }
  const numbers = await numbersOf(server);
  assert(numbers.every((number, index) => index === 0 || number > numbers[index - 1]!), "each once, in order");
  assertGreater(numbers.length, 4 * FPS);
  const have = new Set(numbers);
  const missing = Array.from({ length: numbers.at(-1)! }, (_, index) => index + 1).filter((one) => !have.has(one));
  for (const number of missing) {
    // What was not on the disk: half a second, and what that takes. The camera lives on until nobody takes its next one.
    const kill = kills.find((last) => number <= last + 3 && number > last - FPS);
    assert(kill !== undefined, `${number} is missing, kills ${kills}, missing ${missing}`);
  }
  assertLessOrEqual(missing.length, 2 * FPS);
});

Deno.test("agent: a camera whose policy becomes latest without a network: what waits is sent first, and then it is live", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  await using proxy = await faultProxy(server.listen);
  const env = await makeCamera(folder);
  const configure = (policy: string) =>
    Deno.writeTextFile(
      folder.join("edge.json"),
      JSON.stringify({
        ...{ server: proxy.address, device: "box", spool: { dir: "spool" } },
        sources: [{ source: "left", camera: "/dev/video8", policy }],
      }),
    );
  proxy.blackHole();
  await configure("all");
  await using agent = Subprocess.start({ command: [...CLIENT, "agent", "--config", folder.join("edge.json")], env });
  await waitFor(async () => await taken(folder) > 2 * FPS, { what: "pictures", deadlineMs: 60_000 });
  await configure("latest");
  await waitFor(() => agent.stderr().includes("waits until its pictures in the spool are sent"), {
    what: "the camera to wait",
    deadlineMs: 60_000,
  });
  const before = await taken(folder);
  proxy.heal();
  await waitFor(async () => (await numbersOf(server)).at(-1)! > before, { what: "live pictures", deadlineMs: 60_000 });
  const numbers = await numbersOf(server);
  assert(numbers.every((number, index) => index === 0 || number > numbers[index - 1]!), "each once, in order");
  assertEquals(numbers.slice(0, 2 * FPS), Array.from({ length: 2 * FPS }, (_, index) => index + 1));
});

Deno.test("send --camera --policy all --spool: what one command could not send, another sends, whatever else it does", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const env = await makeCamera(folder, 30);
  const spool = ["--spool", folder.join("spool"), "--device", "box"];
  const camera = ["--source", "left", "--camera", "/dev/video8", "--policy", "all"];
  // Nobody listens on port 1.
  const first = Subprocess.start({ command: [...CLIENT, "send", ...camera, ...spool, "--server", "127.0.0.1:1"], env });
  // Not what the camera gave: the last may still be in the pipe, and whoever stops the box has not waited for it.
  await waitFor(() => spooled(folder) >= 30, { what: "pictures in the spool", deadlineMs: 60_000 });
  assertEquals((await first.kill("SIGINT")).code, 130, first.stderr());
  const second = Subprocess.start({
    command: [...CLIENT, "send", "--text", "hello", ...spool, "--server", server.listen],
    env,
  });
  assertEquals((await second.stopped).code, 0, second.stderr());
  assertEquals(await numbersOf(server), Array.from({ length: 30 }, (_, index) => index + 1));
});
