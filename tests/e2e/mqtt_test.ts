/** An agent at a real broker: TLS, user and password, and what waits while nobody is there. */
import { assert, assertEquals } from "@std/assert";
import { missingTools } from "../../tools/outside_tools.ts";
import { makeCertificate } from "../helpers/certificate.ts";
import { PROJECT_ROOT, startServer } from "../helpers/programs.ts";
import { Subprocess } from "../helpers/subprocess.ts";
import { type TempFolder, tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

const ignore = (await missingTools()).some(({ name }) => name === "mosquitto");

/** The broker takes no port 0: one that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function must(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, stdout: "null", stderr: "piped" }).output();
  assert(success, `${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

async function makeBroker(folder: TempFolder) {
  const { ca, cert, key } = await makeCertificate(folder);
  await must("mosquitto_passwd", "-c", "-b", folder.join("users"), "box", "p@ss");
  const port = freePort();
  const config = [
    `listener ${port} 127.0.0.1`,
    ...[`certfile ${cert}`, `keyfile ${key}`, "allow_anonymous false", `password_file ${folder.join("users")}`],
    // What it has acked to others it keeps over its own kill.
    ...["persistence true", `persistence_location ${folder.path}/`, "autosave_on_changes true", "autosave_interval 1"],
  ];
  const isRoot = Deno.uid() === 0;
  await Deno.writeTextFile(folder.join("broker.conf"), [...config, ...isRoot ? ["user root"] : []].join("\n"));
  const signIn = ["-h", "127.0.0.1", "-p", String(port), "--cafile", ca, "-u", "box", "-P", "p@ss"];
  return {
    ...{ port, ca },
    start: async () => {
      const broker = Subprocess.start({ command: ["mosquitto", "-c", folder.join("broker.conf"), "-v"] });
      await waitFor(() => /mosquitto version \S+ running/.test(broker.stderr()), { what: "the broker" });
      return broker;
    },
    publish: (topic: string, payload: string) =>
      must("mosquitto_pub", ...signIn, "-q", "1", "-t", topic, "-m", payload),
    /** Each line is a message. */
    publishLines: async (topic: string, lines: readonly string[]) => {
      await Deno.writeTextFile(folder.join("lines"), lines.join("\n"));
      const command = `mosquitto_pub ${signIn.join(" ")} -q 1 -t ${topic} -l < ${folder.join("lines")}`;
      await must("sh", "-c", command);
    },
  };
}

Deno.test({
  name: "mqtt: each message of a broker is stored, in order, over a kill of the agent and another start of the broker",
  ignore,
  async fn() {
    await using folder = await tempFolder();
    const { port, ca, start, publish, publishLines } = await makeBroker(folder);
    await using server = await startServer();
    const mqtt = `mqtts://box:p%40ss@127.0.0.1:${port}`;
    const feeds = [{ feed: "hub", mqtt, topics: ["line/#"], "tls-ca": ca }];
    const path = folder.join("edge.json");
    await Deno.writeTextFile(path, JSON.stringify({ server: server.listen, device: "box", feeds }));
    const startAgent = () =>
      Subprocess.start({ command: [Deno.execPath(), "run", "-A", `${PROJECT_ROOT}client.ts`, "agent", path] });
    const takes = (agent: Subprocess) =>
      waitFor(() => agent.stderr().includes("takes line/#"), { what: "the topics", deadlineMs: 60_000 });
    const events = async (): Promise<Record<string, unknown>[]> => {
      const url = `${server.http}/api/events?feed=hub&order=ascending&limit=1000`;
      return (await (await fetch(url)).json())["events"];
    };

    const broker = await start();
    const agent = startAgent();
    await takes(agent);
    await publish("line/temp", "21.5");
    await publish("line/a", '{"n":12345678901234567890}');
    await waitFor(async () => (await events()).length === 2, { what: "what was published while it ran" });
    await agent.kill("SIGKILL");

    // Nobody is there: the broker keeps it, also over its own end.
    const lines = Array.from({ length: 300 }, (_, at) => String(at));
    await publishLines("line/text", lines.slice(0, 200).map((line) => `n ${line}`));
    await broker.kill("SIGTERM");
    await using broker2 = await start();
    await using agent2 = startAgent();
    await publishLines("line/text", lines.slice(200).map((line) => `n ${line}`));
    const numbers = async () =>
      (await events()).flatMap(({ text }) => typeof text === "string" ? text.split(" ").slice(-1) : []);
    await waitFor(async () => new Set(await numbers()).size === 300, { what: "the backlog", deadlineMs: 60_000 });
    assertEquals([...new Set(await numbers())], lines);
    const [first, second] = await events();
    assertEquals(first!["json"], { "line/temp": 21.5 });
    assertEquals(second!["json"], { topic: "line/a", n: 12345678901234567890 });
    assert(!agent2.stderr().includes("p@ss") && !agent2.stderr().includes("p%40ss"), agent2.stderr());
    assertEquals((await agent2.kill("SIGTERM")).code, 130);
    await broker2.kill("SIGTERM");
  },
});
