import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { compileProgram, offeredTargets, PROGRAMS, reasonOf } from "../../tools/compile_program.ts";
import { ROOT, run } from "../../tools/run.ts";
import { assertFlood, FrameFlood, writesDirectly } from "../helpers/frame_flood.ts";
import { runSend, startServer } from "../helpers/programs.ts";
import { Subprocess } from "../helpers/subprocess.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

const FILE_BYTES = 5 * 1024 * 1024 + 17;

/** A tiny program: are a Deno and a runtime there which can compile at all? */
async function hasToolchain(): Promise<boolean> {
  await using folder = await tempFolder();
  await Deno.writeTextFile(folder.join("tiny.ts"), 'console.log("framewire");');
  const tiny = { name: "tiny", entry: "tiny.ts", permissions: [], include: [] };
  return await compileProgram(tiny, Deno.build.target, folder.path, folder.path).then(() => true, () => false);
}

// Nothing may be skipped in CI; elsewhere the runtime may be out of reach.
const ignore = Deno.env.get("CI") !== "true" && !await hasToolchain();

async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) found.push(...await filesIn(path));
    else found.push(path);
  }
  return found;
}

function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

Deno.test({
  name: "the two executables move a file",
  ignore,
  async fn() {
    await using folder = await tempFolder();
    const [server, client] = PROGRAMS;
    assert(server && client);
    const serverPath = await compileProgram(server, Deno.build.target, folder.path);
    const clientPath = await compileProgram(client, Deno.build.target, folder.path);

    const source = folder.join("clip one.bin");
    const bytes = randomBytes(FILE_BYTES);
    await Deno.writeFile(source, bytes);

    const data = folder.join("data");
    await using running = await startServer({ entry: [serverPath], data });
    const sent = await runSend(["--file", source, "--server", running.listen, "--device", "box"], {
      entry: [clientPath, "send"],
    });
    assertEquals(sent.code, 0, sent.stderr);

    const stored = await filesIn(join(data, "clips", "box"));
    assertEquals(stored.length, 1, stored.join("\n"));
    const arrived = await Deno.readFile(stored[0] ?? "");
    assert(arrived.length === bytes.length && arrived.every((byte, at) => byte === bytes[at]), "other bytes arrived");

    const page = await fetch(`${running.http}/`);
    const text = await page.text();
    assertEquals(page.status, 200, text);
  },
});

Deno.test({
  name: "the two executables as services: the lines of a program go through the spool",
  ignore,
  async fn() {
    await using folder = await tempFolder();
    const [server, client] = PROGRAMS;
    assert(server && client);
    const serverPath = await compileProgram(server, Deno.build.target, folder.path);
    const clientPath = await compileProgram(client, Deno.build.target, folder.path);
    // What systemd sets; that nobody listens there hurts nobody.
    const env = { NOTIFY_SOCKET: folder.join("none"), WATCHDOG_USEC: "60000000" };
    await using running = await startServer({ entry: [serverPath], data: folder.join("data"), env });
    const config = { server: running.listen, feeds: [{ feed: "lines", command: "sh -c 'echo one; exec sleep 100'" }] };
    await Deno.writeTextFile(folder.join("edge.json"), JSON.stringify(config));
    await using agent = Subprocess.start({ command: [clientPath, "agent", "--config", folder.join("edge.json")], env });
    await waitFor(async () => {
      const { events } = await (await fetch(`${running.http}/api/events?feed=lines`)).json();
      return events.length === 1 && events[0].text === "one";
    }, { what: "the line" });
    assertEquals((await agent.kill("SIGTERM")).code, 130, agent.stderr());
  },
});

Deno.test({
  name: "an executable writes a flood of pictures past the page cache",
  ignore: ignore || Deno.build.os !== "linux",
  async fn() {
    await using folder = await tempFolder();
    const path = await compileProgram(PROGRAMS[0]!, Deno.build.target, folder.path);
    await using server = await startServer({ entry: [path], args: ["--analysis-workers", "0"] });
    const flood = new FrameFlood(6_000);
    const sending = flood.send(server.listen);
    await waitFor(() => writesDirectly(server.pid), { what: "direct writes", deadlineMs: 30_000 });
    await sending;
    assertEquals(await assertFlood(server.http, server.data), 6_000);
  },
});

Deno.test({
  name: "an executable decodes and measures a picture",
  ignore,
  async fn() {
    await using folder = await tempFolder();
    const [server] = PROGRAMS;
    assert(server);
    const made = { ...server, name: "analysis", entry: "tests/compile/analysis_program.ts" };
    // Without the net: the decoder is in the executable.
    const permissions = server.permissions.filter((flag) => flag !== "--allow-net");
    const path = await compileProgram({ ...made, permissions }, Deno.build.target, folder.path);
    const { stdout, output } = await run(path, [join(ROOT, "tests/analysis/pictures/box_left.jpg")]);
    assert(stdout.startsWith("{"), output);
    const { result, measures } = JSON.parse(stdout);
    assertEquals([result, measures.brightness, measures.contrast], ["ok", 133.08, 24.89]);
  },
});

Deno.test({
  name: "an executable may do no more than its program needs",
  ignore,
  async fn() {
    await using folder = await tempFolder();
    const probe = `
      const tries = {
        run: () => new Deno.Command("true").outputSync(),
        ffi: () => Deno.dlopen("libc.so.6", {}),
        env: () => Deno.env.get("HOME"),
        write: () => Deno.writeTextFileSync(Deno.execPath() + ".x", "x"),
        own: () => Deno.env.get("FRAMEWIRE_TOKEN"),
      };
      const refused = [];
      for (const [name, use] of Object.entries(tries)) try { use(); } catch (e) { if (e.name === "NotCapable") refused.push(name); }
      console.log("framewire refuses " + refused.join(" "));
    `;
    await Deno.writeTextFile(folder.join("probe.ts"), probe);
    for (const program of PROGRAMS) {
      const made = { ...program, name: "probe", entry: "probe.ts", include: [] };
      const path = await compileProgram(made, Deno.build.target, folder.path, folder.path);
      const { stdout } = await run(path, []);
      assertEquals(stdout.trim(), "framewire refuses ffi env");
    }
  },
});

Deno.test({
  name: "an executable lets go of a read and a write which wait when their connection is closed",
  ignore,
  async fn() {
    await using folder = await tempFolder();
    const program = {
      name: "network",
      entry: "tests/compile/network_program.ts",
      permissions: ["--allow-net"],
      include: [],
    };
    const path = await compileProgram(program, Deno.build.target, folder.path);
    const { stdout, output } = await run(path, []);
    assertEquals(stdout.trim(), "framewire Interrupted,Interrupted", output);
  },
});

Deno.test({
  name: "a result which is not the program is refused",
  ignore,
  async fn() {
    await using folder = await tempFolder();
    await Deno.writeTextFile(folder.join("other.ts"), 'console.log("Deno: A modern JavaScript runtime");');
    const other = { name: "other", entry: "other.ts", permissions: [], include: [] };
    await Deno.writeTextFile(folder.join("other"), "of before");
    await assertRejects(
      () => compileProgram(other, Deno.build.target, folder.path, folder.path),
      Error,
      "must answer --help",
    );
    assertEquals(await Deno.readTextFile(folder.join("other")), "of before");
    assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name).sort(), ["other", "other.ts"]);
  },
});

Deno.test("a runtime that cannot be downloaded is named with its address, and Deno's own stack is left out", () => {
  const url = "https://dl.deno.land/release/v2.9.6/denort-aarch64-apple-darwin.zip";
  const said = `error: Writing executable\n\nCaused by:\n    1: error sending request for url (${url}): dns error\n`;
  assertStringIncludes(reasonOf(said), `cannot be downloaded: ${url}\n`);
  assertEquals(
    reasonOf("error: Module not found\n\nStack backtrace:\n   0: <unknown>\n"),
    ":\nerror: Module not found",
  );
});

Deno.test("the compiling Deno tells its targets, this machine's among them", async () => {
  assert((await offeredTargets()).includes(Deno.build.target));
});
