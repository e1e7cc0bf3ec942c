import { assert, assertEquals, assertGreater, assertNotEquals, assertRejects } from "@std/assert";
import { runSend, startSend, startServer } from "./programs.ts";
import { tempFolder } from "./temp_folder.ts";

/** Speaks like the server: the ready line, then it waits. */
const SERVER = `
const flag = (name) => Deno.args[Deno.args.indexOf(name) + 1];
const bind = (name) => { const u = new URL("http://" + flag(name)); return Deno.listen({ hostname: u.hostname, port: Number(u.port) }); };
const listen = bind("--listen").addr.port, http = bind("--http").addr.port;
await Deno.writeTextFile(flag("--data") + "/started", "x", { append: true });
console.error("hello from stderr");
console.log("a line which is not JSON");
console.log(JSON.stringify({ event: "ready", listen: "127.0.0.1:" + listen, http: "http://127.0.0.1:" + http }));
setInterval(() => {}, 1000);
`;

/** Tells its arguments, environment and standard input. */
const SENDER = `
const input = Deno.env.has("READ") ? await new Response(Deno.stdin.readable).text() : "";
console.log(JSON.stringify({ event: "args", args: Deno.args, input, word: Deno.env.get("WORD") }));
console.error("on stderr");
if (Deno.args.includes("--hang")) await new Promise((resolve) => setInterval(() => {}, 1000));
Deno.exit(3);
`;

async function script(text: string) {
  const folder = await tempFolder();
  const path = folder.join("program.js");
  await Deno.writeTextFile(path, text);
  return Object.assign(folder, { entry: [Deno.execPath(), "run", "-A", "--no-config", path] });
}

Deno.test("startServer gives the addresses of the ready line, restarts on them and cleans up", async () => {
  await using program = await script(SERVER);
  let data: string;
  {
    await using server = await startServer({ entry: program.entry });
    data = server.data;
    const { listen, http, pid } = server;
    assert(/^127\.0\.0\.1:\d+$/.test(listen) && http.startsWith("http://127.0.0.1:"), `${listen} ${http}`);
    assertEquals(server.stderr().trim(), "hello from stderr");
    assertGreater(server.peakRssBytes(), 10_000_000);
    assertEquals((await server.kill("SIGTERM")).signal, "SIGTERM");
    await server.restart();
    assertEquals([server.listen, server.http], [listen, http]);
    assertNotEquals(server.pid, pid);
    assertEquals(await Deno.readTextFile(`${data}/started`), "xx");
  }
  await assertRejects(() => Deno.stat(data), Deno.errors.NotFound);
});

Deno.test("startServer tells what a server said which ended before it was ready", async () => {
  await using program = await script(`console.error("the disk is gone"); Deno.exit(1)`);
  await assertRejects(() => startServer({ entry: program.entry }), Error, "the disk is gone");
});

Deno.test("runSend gives exit code, JSON lines and standard error, and passes input and environment", async () => {
  await using program = await script(SENDER);
  const options = { entry: program.entry, env: { WORD: "x", READ: "1" }, stdin: "abc" };
  const { code, events, stderr } = await runSend(["--file", "a b"], options);
  assertEquals(code, 3);
  assertEquals(events, [{ event: "args", args: ["--json", "--file", "a b"], input: "abc", word: "x" }]);
  assertEquals(stderr.trim(), "on stderr");
});

Deno.test("startSend can be killed midway", async () => {
  await using program = await script(SENDER);
  await using send = startSend(["--hang"], { entry: program.entry });
  await send.process.event((event) => event["event"] === "args", { what: "the sender to start" });
  const { signal, events } = await send.kill();
  assertEquals([signal, events.length], ["SIGKILL", 1]);
});

Deno.test("runSend kills a sender which still runs at the deadline", async () => {
  await using program = await script(SENDER);
  await assertRejects(() => runSend(["--hang"], { entry: program.entry, deadlineMs: 500 }), Error, "still ran after");
});
