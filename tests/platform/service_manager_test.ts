import { assertEquals } from "@std/assert";
import { systemProcesses } from "../../lib/platform/processes.ts";
import { type ServiceManager, systemServiceManager } from "../../lib/platform/service_manager.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

/** What stands in for systemd-notify: a script in the PATH which writes its arguments down. */
async function withScript(
  code: number,
  variables: Record<string, string>,
  use: (
    manager: ServiceManager,
    clock: MadeUpClock,
    told: () => Promise<string[]>,
    failures: string[],
  ) => Promise<void>,
): Promise<void> {
  await using folder = await tempFolder();
  const log = folder.join("told");
  await Deno.writeTextFile(log, "");
  const script = `#!/bin/sh\nfor word in "$@"; do echo "$word" >> '${log}'; done\necho no socket >&2\nexit ${code}\n`;
  await Deno.writeTextFile(folder.join("systemd-notify"), script, { mode: 0o755 });
  const processes = {
    spawn: (command: Parameters<typeof systemProcesses.spawn>[0]) =>
      systemProcesses.spawn({ ...command, program: folder.join(command.program) }),
  };
  const clock = new MadeUpClock();
  const failures: string[] = [];
  const manager = systemServiceManager(
    { env: (name) => variables[name], processes, clock },
    (error) => void failures.push(String(error)),
  );
  await use(manager, clock, async () => (await Deno.readTextFile(log)).trim().split("\n"), failures);
}

Deno.test("service manager: without a socket nothing is told", async () => {
  await withScript(0, { WATCHDOG_USEC: "1000000" }, async (manager, clock, told) => {
    manager.ready("a");
    manager.status("b");
    await manager.stopping();
    assertEquals([await told(), clock.pendingTimers], [[""], 0]);
  });
});

Deno.test("service manager: readiness, status, signs of life at half of the time, and the end, in order", async () => {
  await withScript(0, { NOTIFY_SOCKET: "/x", WATCHDOG_USEC: "30000000" }, async (manager, clock, told) => {
    manager.ready("up");
    manager.status("up");
    manager.status("1 of 2");
    const lines = ["READY=1", "STATUS=up", "STATUS=1 of 2"];
    const all = (count: number) => waitFor(async () => (await told()).length === count, { what: "what was told" });
    await all(lines.length);
    await clock.advance(14_999);
    assertEquals(await told(), lines);
    for (let times = 1; times <= 2; times++) {
      await waitFor(() => clock.pendingTimers === 1, { what: "the next sign of life" });
      await clock.advance(15_000);
      await all(lines.length + times);
    }
    await manager.stopping();
    assertEquals(await told(), [...lines, "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"]);
    assertEquals(clock.pendingTimers, 0);
  });
});

Deno.test("service manager: that it cannot be told is said once, and hurts nobody", async () => {
  await withScript(1, { NOTIFY_SOCKET: "/x" }, async (manager, _, told, failures) => {
    manager.ready("up");
    manager.status("x");
    await manager.stopping();
    assertEquals(failures, ["Error: no socket"]);
    assertEquals((await told()).at(-1), "STOPPING=1");
  });
});
