import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { faultProxy } from "../helpers/fault_proxy.ts";
import { PROJECT_ROOT, type ServerProgram, startServer } from "../helpers/programs.ts";
import { Subprocess } from "../helpers/subprocess.ts";
import { type TempFolder, tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

const ENTRY = [Deno.execPath(), "run", "-A", `${PROJECT_ROOT}client.ts`, "agent"];
const JPEG = "ffd8ffdb0043" + "00" + "10".repeat(64) + "ffc0000b080010001001011100" + "ffda0008010100003f00" + "55" +
  "ffd9";

interface Box {
  readonly folder: TempFolder;
  readonly server: ServerProgram;
  readonly env: Record<string, string>;
}

/** Stands for ffmpeg: a picture ten times a second for as long as the file of its camera is there. */
async function makeBox(folder: TempFolder, server: ServerProgram): Promise<Box> {
  await Deno.writeFile(folder.join("picture"), Uint8Array.fromHex(JPEG));
  const script = [
    "#!/bin/sh",
    `cd ${folder.path}`,
    'case "$*" in *video8*) camera=video8;; *) camera=video9;; esac',
    "while [ -e $camera ]; do cat picture; sleep 0.1; done",
    'echo "/dev/$camera: No such device" >&2; exit 1',
  ];
  await Deno.writeTextFile(folder.join("ffmpeg"), script.join("\n"), { mode: 0o755 });
  for (const camera of ["video8", "video9"]) await Deno.writeTextFile(folder.join(camera), "");
  return { folder, server, env: { PATH: `${folder.path}:${Deno.env.get("PATH")}` } };
}

async function configure({ folder, server }: Box, sections: Record<string, unknown>): Promise<void> {
  const config = { server: server.listen, device: "box", spool: { dir: "spool" }, ...sections };
  await Deno.writeTextFile(folder.join("edge.json"), JSON.stringify(config, null, 1));
}

function startAgent({ folder, env }: Box, ...args: string[]): Subprocess {
  return Subprocess.start({ command: [...ENTRY, "--config", folder.join("edge.json"), ...args], env });
}

async function api(server: ServerProgram, path: string): Promise<Record<string, Record<string, unknown>[]>> {
  return await (await fetch(`${server.http}/api/${path}`)).json();
}

async function textsOf(server: ServerProgram, feed: string): Promise<string[]> {
  const { events } = await api(server, `events?feed=${feed}&order=ascending&limit=1000`);
  return events!.map(({ text }) => String(text));
}

async function framesOf(server: ServerProgram, source: string): Promise<number> {
  const { frames } = await api(server, `frames?device=box&source=${source}&limit=1000`);
  return frames?.length ?? 0;
}

function run(...args: string[]): Promise<Deno.CommandStatus & { said: string; printed: string }> {
  const process = Subprocess.start({ command: [...ENTRY, ...args] });
  return process.stopped.then((status) => ({
    ...status,
    said: process.stderr(),
    printed: process.stdoutLines.join("\n"),
  }));
}

Deno.test("agent --init writes an example which passes --check, and overwrites nothing; --check tells every mistake", async () => {
  await using folder = await tempFolder();
  const path = folder.join("edge.json");
  assertEquals((await run("--init", path)).code, 0);
  const check = await run("--config", path, "--check");
  assertEquals([check.code, check.printed], [
    0,
    `${path} is right: to 127.0.0.1:12345, 0 sources, 0 folders of clips, 1 feed`,
  ]);
  const example = await Deno.readTextFile(path);
  const again = await run("--init", path);
  assertEquals([again.code, await Deno.readTextFile(path)], [2, example]);
  assertStringIncludes(await Deno.readTextFile(folder.join("edge.schema.json")), '"Framewire agent"');

  await Deno.writeTextFile(path, '{ "server": "a:1",\n"feeds": [{ "feed": "x", "sensr": "demo" }],\n"clips": 7 }');
  for (const args of [["--check"], []]) {
    const { code, said } = await run("--config", path, ...args);
    assertEquals([code, said.split("\n")], [2, [
      `${path} line 2: Cannot use feeds[0] as it must have one of command, file, stdin, sensor, http, mqtt: received none`,
      `${path} line 2: Cannot use feeds[0].sensr as there is no such key: did you mean "sensor"?`,
      `${path} line 3: Cannot use clips as it must be a list of objects: [{ … }, …]: received 7`,
      "",
    ]]);
  }
  const missing = await run("--config", folder.join("none.json"));
  assertEquals(missing.code, 2);
  assertStringIncludes(missing.said, "framewire agent --init");
});

Deno.test("agent: cameras, clips and all kinds of feeds over one connection", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const box = await makeBox(folder, server);
  await Deno.mkdir(folder.join("clips"));
  await Deno.writeTextFile(folder.join("log.txt"), "one\ntwo\n");
  await configure(box, {
    sources: [{ source: "left", camera: "/dev/video8" }, { source: "right", camera: "/dev/video9", kind: "infrared" }],
    clips: [{ folder: "clips", then: "delete", settled: "100ms" }],
    feeds: [
      { feed: "demo", sensor: "demo", interval: "100ms" },
      { feed: "command", command: `sh -c "echo here; echo there; exec sleep 1000"` },
      { feed: "file", file: "log.txt" },
      { feed: "http", http: "127.0.0.1:0" },
    ],
  });
  await using agent = startAgent(box, "--json");
  const ready = await agent.event(({ event }) => event === "ready", { what: "the agent", deadlineMs: 60_000 });
  const http = (ready["http"] as Record<string, string>)["http"];
  await Deno.writeTextFile(folder.join("clips", "a.txt"), "clip");
  const posted = await fetch(`http://${http}/`, { method: "POST", body: '{"temp": 7}\na text\n' });
  assertEquals([posted.status, await posted.json()], [200, { taken: 2 }]);
  const bad = await fetch(`http://${http}/`, { method: "POST", body: "a\n{broken\n" });
  assertEquals([bad.status, (await bad.text()).slice(0, 22)], [400, "line 2: It is no JSON:"]);
  const page = await fetch(`http://${http}/`, { method: "POST", body: "a", headers: { origin: "http://evil.test" } });
  const got = await fetch(`http://${http}/`);
  assertEquals([page.status, got.status], [403, 405]);
  for (const { body } of [page, got]) await body?.cancel();

  await waitFor(async () => await framesOf(server, "left") > 2 && await framesOf(server, "right") > 2, {
    what: "pictures",
  });
  await waitFor(async () => (await api(server, "events?feed=demo"))["events"]!.length > 2, { what: "readings" });
  await waitFor(async () => (await textsOf(server, "file")).join() === "one,two", { what: "lines of the file" });
  await waitFor(async () => (await textsOf(server, "command")).join() === "here,there", {
    what: "lines of the program",
  });
  await waitFor(async () => (await textsOf(server, "http")).length === 2, { what: "what was posted" });
  await waitFor(async () => (await api(server, "clips"))["clips"]!.some(({ name }) => name === "a.txt"), {
    what: "the clip",
  });
  await waitFor(() => Deno.stat(folder.join("clips", "a.txt")).then(() => false, () => true), {
    what: "the file to be deleted",
  });
  const [device] = (await api(server, "devices"))["devices"]!;
  assertEquals([device?.["connections"], device?.["troubles"]], [1, []]);
  assertEquals((await agent.kill("SIGTERM")).code, 130, agent.stderr());
});

Deno.test("agent: one camera of two is unplugged: it is reported, the other goes on, and it comes back", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const box = await makeBox(folder, server);
  await configure(box, {
    sources: [{ source: "left", camera: "/dev/video8" }, { source: "right", camera: "/dev/video9" }],
  });
  await Deno.remove(folder.join("video9"));
  await using _agent = startAgent(box);
  const troubles = async () => ((await api(server, "devices"))["devices"]?.[0]?.["troubles"] ?? []) as string[];
  // It never worked: so the part itself fails, and is started again.
  await waitFor(
    async () => (await troubles()).some((text) => text.includes("right") && text.includes("No such device")),
    {
      what: "the missing camera to be told",
      deadlineMs: 60_000,
    },
  );
  await waitFor(async () => await framesOf(server, "left") > 2, { what: "the other camera" });
  await Deno.writeTextFile(folder.join("video9"), "");
  await waitFor(async () => await framesOf(server, "right") > 2, { what: "it to work", deadlineMs: 60_000 });
  await waitFor(async () => (await troubles()).length === 0, { what: "the trouble to be over", deadlineMs: 30_000 });
  // It worked: so it is opened again inside.
  await Deno.remove(folder.join("video8"));
  await waitFor(async () => (await troubles()).some((text) => text.includes("left")), { what: "left to be told" });
  const before = await framesOf(server, "right");
  await waitFor(async () => await framesOf(server, "right") > before, { what: "the other camera to go on" });
  await Deno.writeTextFile(folder.join("video8"), "");
  await waitFor(async () => (await troubles()).length === 0, { what: "all to be well", deadlineMs: 60_000 });
});

Deno.test("agent: another config applies without a restart, a broken one is told and changes nothing", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const box = await makeBox(folder, server);
  const steady = { feed: "steady", command: "sh -c 'echo started; exec sleep 1000'" };
  await configure(box, { feeds: [steady, { feed: "old", sensor: "demo", interval: "100ms" }] });
  await using agent = startAgent(box);
  await waitFor(async () => (await textsOf(server, "steady")).length === 1, { what: "a line", deadlineMs: 60_000 });

  await Deno.writeTextFile(folder.join("edge.json"), '{ "server": "x:1",\n"feds": [] }');
  await waitFor(
    () => agent.stderr().includes('line 2: Cannot use feds as there is no such key: did you mean "feeds"?'),
    {
      what: "the mistake",
    },
  );
  assertStringIncludes(agent.stderr(), "what it said before goes on");
  const count = async () => (await api(server, "events?feed=old&limit=1000"))["events"]!.length;
  const before = await count();
  await waitFor(async () => await count() > before, { what: "the old config to go on" });

  await configure(box, { feeds: [steady, { feed: "new", sensor: "demo", interval: "100ms" }] });
  await waitFor(async () => (await api(server, "events?feed=new"))["events"]!.length > 2, { what: "the new feed" });
  assertStringIncludes(agent.stderr(), "feed old of the demo sensor is stopped");
  assertEquals(await textsOf(server, "steady"), ["started"], "what stayed the same goes on");
});

Deno.test("agent: killed again and again, with the server, every line of a file is stored exactly once and in order", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const box = await makeBox(folder, server);
  await configure(box, { feeds: [{ feed: "file", file: "log.txt" }] });
  const expected: string[] = [];
  for (let round = 0; round < 5; round++) {
    await using agent = startAgent(box);
    const { length } = expected;
    for (let at = 0; at < 50; at++) expected.push(`line ${expected.length}`);
    const lines = expected.slice(length).map((line) => `${line}\n`).join("");
    await Deno.writeTextFile(folder.join("log.txt"), lines, { append: true });
    const some = length + (round === 4 ? 50 : 5);
    if (round === 2) await server.restart();
    await waitFor(async () => (await textsOf(server, "file")).length >= some, { what: "lines", deadlineMs: 60_000 });
    await agent.kill("SIGKILL");
  }
  assertEquals(await textsOf(server, "file"), expected);
  assert(expected.length === 250);
});

Deno.test("agent: what was posted while there was no server is stored once, though the agent was killed meanwhile", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const box = await makeBox(folder, server);
  await configure(box, { feeds: [{ feed: "push", http: "127.0.0.1:0" }] });
  const expected: string[] = [];
  const start = async () => {
    const agent = startAgent(box, "--json");
    const ready = await agent.event(({ event }) => event === "ready", { what: "the agent", deadlineMs: 60_000 });
    return { agent, address: (ready["http"] as Record<string, string>)["push"] };
  };
  const post = async (address: string | undefined) => {
    expected.push(`line ${expected.length}`);
    const response = await fetch(`http://${address}/`, { method: "POST", body: expected.at(-1)! });
    assertEquals([response.status, await response.json()], [200, { taken: 1 }]);
  };
  const first = await start();
  await using _first = first.agent;
  await post(first.address);
  await waitFor(async () => (await textsOf(server, "push")).length === 1, { what: "the first line" });
  await server.kill();
  for (let at = 0; at < 20; at++) await post(first.address);
  await first.agent.kill("SIGKILL");
  const second = await start();
  await using _second = second.agent;
  await post(second.address);
  await server.restart();
  await waitFor(async () => (await textsOf(server, "push")).length >= expected.length, {
    what: "all lines",
    deadlineMs: 60_000,
  });
  assertEquals((await textsOf(server, "push")).sort(), expected.sort());
});

Deno.test("agent: a folder taken out of the config leaves its clip where it is, and it goes on when it is back", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  await using proxy = await faultProxy(server.listen, { up: { bytesPerSecond: 3_000_000 } });
  const box = await makeBox(folder, server);
  await Deno.mkdir(folder.join("clips"));
  await Deno.writeFile(folder.join("clips", "a.bin"), new Uint8Array(16 * 1024 * 1024).map((_, at) => at % 251));
  const clips = [{ folder: "clips", settled: "100ms", then: "delete" }];
  await configure(box, { server: proxy.address, clips });
  await using agent = startAgent(box);
  const clip = async () => (await api(server, "clips"))["clips"]!.find(({ name }) => name === "a.bin");
  await waitFor(async () => Number((await clip())?.["heldBytes"]) > 2_000_000, { what: "a part", deadlineMs: 60_000 });
  await configure(box, { server: proxy.address });
  await waitFor(() => agent.stderr().includes("clips is stopped"), { what: "the folder to be left alone" });
  await waitFor(async () => (await clip())?.["rateBytesPerSecond"] === 0, { what: "nothing to come any more" });
  const held = Number((await clip())?.["heldBytes"]);
  assert(held < 16 * 1024 * 1024, "it is not whole");
  const { id } = (await clip())!;
  await configure(box, { server: proxy.address, clips });
  await waitFor(async () => (await clip())?.["state"] === "stored", { what: "the whole clip", deadlineMs: 60_000 });
  assertEquals((await clip())!["id"], id, "it went on, and did not begin anew");
  await waitFor(() => Deno.stat(folder.join("clips", "a.bin")).then(() => false, () => true), {
    what: "it to be gone",
  });
});
