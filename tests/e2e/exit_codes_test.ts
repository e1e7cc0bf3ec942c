import { assertEquals, assertStringIncludes } from "@std/assert";
import { eventsOf, randomFile, storedEvent } from "../helpers/clip_files.ts";
import { faultProxy } from "../helpers/fault_proxy.ts";
import { runSend, startSend, startServer } from "../helpers/programs.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

/** A port on which nobody listens. */
function deadAddress(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `127.0.0.1:${listener.addr.port}`;
}

Deno.test("exit code 1: one of the files cannot be read, the others are stored", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const file = await randomFile(folder.join("a.bin"), 1_000, 1);
  await Deno.mkdir(folder.join("dir"));
  // A pipe in the file system: it can be named, and is no file.
  await new Deno.Command("mkfifo", { args: [folder.join("pipe")] }).output();
  const missing = await runSend(["--server", server.listen, "--file", folder.join("nothing.bin")]);
  assertEquals([missing.code, missing.events.at(-1)?.["code"]], [1, "SOURCE_UNREADABLE"]);
  const empty = await runSend(["--server", server.listen, "--file", folder.join("dir")]);
  assertEquals([empty.code, empty.events.at(-1)?.["code"]], [1, "SOURCE_UNREADABLE"]);
  const two = await runSend(["--server", server.listen, "--file", folder.join("pipe"), file.path], {
    deadlineMs: 20_000,
  });
  assertEquals(two.code, 1);
  assertEquals(eventsOf(two, "stored").map((event) => event["name"]), ["a.bin"]);
  assertEquals(eventsOf(two, "failed").map((event) => event["code"]), ["SOURCE_UNREADABLE"]);
});

Deno.test("exit code 2: wrong usage, told on standard error", async () => {
  for (const args of [[], ["--fil", "x"], ["--file", "x", "--server", "nonsense"], ["--file", "a", "--name", ""]]) {
    const { code, stderr, stdout } = await runSend(args);
    assertEquals([code, stdout], [2, []], `${args.join(" ")}: ${stderr}`);
    assertStringIncludes(stderr, "Cannot ");
  }
});

Deno.test("exit code 3: refused, because the token is wrong", async () => {
  await using folder = await tempFolder();
  await Deno.writeTextFile(folder.join("tokens"), "# tokens\nother\nbox secret\n");
  await Deno.writeTextFile(folder.join("token"), "secret\n");
  await using server = await startServer({ args: ["--token-file", folder.join("tokens")] });
  const file = await randomFile(folder.join("a.bin"), 1_000, 1);
  const args = ["--server", server.listen, "--device", "box", "--file", file.path];
  for (const token of ["", "secre", "secret2"]) {
    const { code, events } = await runSend(args, { env: { FRAMEWIRE_TOKEN: token }, deadlineMs: 20_000 });
    assertEquals([code, events.at(-1)?.["code"]], [3, "UNAUTHENTICATED"], token);
  }
  storedEvent(await runSend([...args, "--token-file", folder.join("token")]));
});

Deno.test("exit code 4: gave up on the connection", async () => {
  await using folder = await tempFolder();
  const file = await randomFile(folder.join("a.bin"), 1_000, 1);
  const { code, events } = await runSend(["--server", deadAddress(), "--retry-for", "1s", "--file", file.path]);
  assertEquals([code, events.at(-1)?.["code"]], [4, "GAVE_UP"]);
});

Deno.test("exit code 130: Ctrl-C stops cleanly, and what was sent is not sent again", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  await using proxy = await faultProxy(server.listen, { up: { bytesPerSecond: 10_000_000 } });
  const file = await randomFile(folder.join("a.bin"), 30_000_000, 1);
  const args = ["--server", proxy.address, "--device", "box", "--file", file.path];
  await using send = startSend(args);
  await send.process.event((event) => event["event"] === "progress" && Number(event["bytes"]) > 5_000_000, {
    what: "5 MB to be sent",
  });
  const { code } = await send.kill("SIGINT");
  assertEquals(code, 130);
  const before = proxy.bytesUp;
  proxy.up = {};
  const stored = storedEvent(await runSend(args));
  assertEquals(stored["sha256"], file.sha256);
  // Nothing was killed: at most what was on its way, or not durable yet, goes twice.
  assertEquals(before + Number(stored["sentBytes"]) < file.bytes + 10_000_000, true, `${before}`);
});
