import { assert, assertEquals } from "@std/assert";
import { PROJECT_ROOT } from "../helpers/programs.ts";
import { Subprocess } from "../helpers/subprocess.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

async function has(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

const HAS_SYSTEMD = await has("systemd-analyze") && await has("systemd-notify");
const HAS_PYTHON = await has("python3");

Deno.test({
  name: "units: systemd finds nothing wrong with them, nor that they may do too much",
  ignore: !HAS_SYSTEMD,
  async fn() {
    for (const name of ["framewire-server", "framewire-agent"]) {
      await using folder = await tempFolder();
      // It looks whether the programs are there.
      const unit = (await Deno.readTextFile(`${PROJECT_ROOT}deploy/${name}.service`))
        .replaceAll(/^(ExecStart|ExecReload)=\S+/gm, "$1=/bin/true");
      const path = folder.join(`${name}.service`);
      await Deno.writeTextFile(path, unit);
      const verified = await new Deno.Command("systemd-analyze", { args: ["verify", "--man=no", path] }).output();
      assertEquals([verified.code, new TextDecoder().decode(verified.stderr)], [0, ""]);
      const args = ["security", "--offline=true", "--threshold=30", "--no-pager", path];
      const judged = await new Deno.Command("systemd-analyze", { args }).output();
      assert(judged.success, new TextDecoder().decode(judged.stdout).split("\n").at(-2));
    }
  },
});

/** A socket as systemd's: prints each message as a line. Deno has unix datagrams only behind an unstable flag. */
const SOCKET = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True:
    # What is sent with BARRIER=1 is closed at once, as no room is made for it: that is the answer.
    print(s.recvmsg(65536)[0].decode().replace("\\n", " "), flush=True)
`;

Deno.test({
  name: "units: the server and the agent tell systemd that they are ready, alive and stopping",
  ignore: !HAS_SYSTEMD || !HAS_PYTHON,
  async fn() {
    await using folder = await tempFolder();
    await Deno.writeTextFile(folder.join("edge.json"), '{ "server": "127.0.0.1:1" }');
    const entry = [Deno.execPath(), "run", "-A"];
    const programs = {
      agent: [...entry, `${PROJECT_ROOT}client.ts`, "agent", "--config", folder.join("edge.json")],
      server: [...entry, `${PROJECT_ROOT}server.ts`, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data"],
    };
    for (const [name, command] of Object.entries(programs)) {
      const path = folder.join(`${name}.sock`);
      await using socket = Subprocess.start({ command: ["python3", "-c", SOCKET, path] });
      await waitFor(() => socket.stdoutLines.includes("bound"), { what: "the socket" });
      const told = () => socket.stdoutLines.filter((line) => line !== "bound" && !line.startsWith("BARRIER"));
      await using program = Subprocess.start({
        command: name === "server" ? [...command, folder.join("data")] : command,
        env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: "1000000" },
      });
      await waitFor(() => told().filter((line) => line === "WATCHDOG=1").length >= 2, {
        what: `signs of life of the ${name}`,
        deadlineMs: 60_000,
      });
      assert(/^READY=1 STATUS=./.test(told()[0]!), told()[0]);
      await program.kill("SIGTERM");
      await waitFor(() => told().at(-1) === "STOPPING=1", { what: `the end of the ${name}` });
    }
  },
});
