/** The server dies, or its disk fails, at chosen system calls (strace -e inject), and goes on from what is on the disk. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import {
  assertClips,
  eventsOf,
  filesBelow,
  type RandomFile,
  randomFile,
  sha256OfFile,
  storedEvent,
} from "../helpers/clip_files.ts";
import { faultProxy } from "../helpers/fault_proxy.ts";
import { runSend, startSend, startServer } from "../helpers/programs.ts";
import { RawBox } from "../helpers/raw_box.ts";
import { HAS_STRACE, type Point, strace } from "../helpers/strace.ts";
import { type TempFolder, tempFolder } from "../helpers/temp_folder.ts";

/**
 * Points on the way of a small clip, in about the order in which they are reached, in a folder which a server has made: what
 * goes into the write-ahead log of SQLite is the clip's own then, its head (sync 1), the row (2), and that it is whole (3).
 */
const KILLS: readonly Point[] = [
  { call: "fsync", path: "incoming", when: "1" },
  { call: "pwrite64", path: "framewire.db-wal", when: "3" },
  { call: "pwrite64", path: "framewire.db-wal", when: "9" },
  { call: "fsync", path: "framewire.db-wal", when: "2" },
  { call: "fdatasync", when: "1" },
  { call: "mkdir,mkdirat", path: "clips/box", when: "1" },
  { call: "fsync", path: "clips", when: "1" },
  { call: "rename,renameat,renameat2", when: "1" },
  { call: "openat", path: "clips/box", when: "1" },
  { call: "fsync", path: "clips/box", when: "1" },
  { call: "pwrite64", path: "framewire.db-wal", when: "16" },
  { call: "fsync", path: "framewire.db-wal", when: "3" },
];
/** Points while it starts for the first time. */
const START_KILLS: readonly Point[] = [
  { call: "pwrite64", path: "framewire.db", when: "1" },
  { call: "fsync", path: "framewire.db", when: "1" },
  { call: "pwrite64", path: "framewire.db-wal", when: "5" },
  { call: "fsync", path: "framewire.db-wal", when: "2" },
  { call: "mkdir,mkdirat", path: "incoming", when: "1" },
];

/** The clip is there once, whole, in the folder and in the catalog, and nothing is left over. */
async function assertOnce(data: string, http: string, file: RandomFile): Promise<void> {
  await assertClips(data, { "box/clip.bin": file.sha256 });
  assertEquals(await filesBelow(`${data}/incoming`), []);
  const { clips } = await fetch(`${http}/api/clips`).then((answer) => answer.json());
  assertEquals(clips.map((clip: Record<string, unknown>) => [clip["name"], clip["sha256"]]), [[
    "clip.bin",
    file.sha256,
  ]]);
}

/** Makes a data folder as a server leaves it; the result makes copies of it. */
async function madeFolder(folder: TempFolder): Promise<() => Promise<string>> {
  const made = folder.join("made");
  await Deno.mkdir(made);
  await using server = await startServer({ data: made });
  assertEquals((await server.kill("SIGTERM")).code, 0);
  return async () => {
    const data = folder.join(`data-${crypto.randomUUID()}`);
    await copyFolder(made, data);
    return data;
  };
}

/** Runs `fn` for each, a few at a time, as they wait most of the time; rejects with the first error when all have ended. */
async function forEach<T>(items: readonly T[], fn: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const errors: unknown[] = [];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      await fn(item).catch((error) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: 3 }, lane));
  if (errors.length > 0) throw errors[0];
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    await (isDirectory ? copyFolder : Deno.copyFile)(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Resolves with false when the point was not reached. */
async function dieAndRecover(point: Point, data: string, file: RandomFile): Promise<boolean> {
  await using doomed = await startServer({ data, prefix: strace(point, data, "signal=SIGKILL") });
  await using proxy = await faultProxy(doomed.listen);
  await using send = startSend(["--server", proxy.address, "--device", "box", "--file", file.path]);
  const first = await Promise.race([doomed.stopped, send.result.then(() => undefined)]);
  if (first === undefined) return false;
  const told = send.process.events().some((event) => event["event"] === "stored");
  assert(!told, `${JSON.stringify(point)}: told stored before it was`);
  await using server = await startServer({ data });
  const { hostname, port } = new URL(`tcp://${server.listen}`);
  proxy.target = { hostname, port: Number(port) };
  storedEvent(await send.result);
  await assertOnce(data, server.http, file);
  return true;
}

Deno.test({
  name: "kill -9 of the server at each step of a clip's way: the sender goes on, the clip is there once",
  ignore: !HAS_STRACE,
  fn: async () => {
    await using folder = await tempFolder();
    const file = await randomFile(folder.join("clip.bin"), 300_000, 1);
    const copy = await madeFolder(folder);
    await forEach(KILLS, async (point) => {
      assert(await dieAndRecover(point, await copy(), file), `${JSON.stringify(point)} was not reached`);
    });
  },
});

Deno.test({
  name: "kill -9 of the server while it makes its data folder: it starts the next time",
  ignore: !HAS_STRACE,
  fn: async () => {
    await using folder = await tempFolder();
    const file = await randomFile(folder.join("clip.bin"), 10_000, 1);
    await forEach(START_KILLS, async (point) => {
      const data = folder.join(`data-${START_KILLS.indexOf(point)}`);
      await Deno.mkdir(data);
      const outcome = await startServer({ data, prefix: strace(point, data, "signal=SIGKILL") })
        .then((server) => server[Symbol.asyncDispose]().then(() => "ready"), String);
      assertStringIncludes(outcome, "ended before the server to be ready", JSON.stringify(point));
      await using server = await startServer({ data });
      storedEvent(await runSend(["--server", server.listen, "--device", "box", "--file", file.path]));
      await assertOnce(data, server.http, file);
    });
  },
});

/** Failing disks: what fails, the sender's exit code, and whether the server ends itself. */
const FAILURES: readonly { point: Point; error: string; codes: readonly string[]; ends: boolean }[] = [
  { point: { call: "fdatasync", when: "1+" }, error: "EIO", codes: ["STORAGE_FAILED"], ends: false },
  { point: { call: "fsync", path: "clips/box", when: "1+" }, error: "EIO", codes: ["STORAGE_FAILED"], ends: false },
  { point: { call: "fsync", path: "incoming", when: "1+" }, error: "EIO", codes: ["STORAGE_FAILED"], ends: false },
  { point: { call: "rename,renameat,renameat2", when: "1+" }, error: "EIO", codes: ["STORAGE_FAILED"], ends: false },
  { point: { call: "fdatasync", when: "1+" }, error: "ENOSPC", codes: ["NO_SPACE"], ends: false },
  { point: { call: "fsync", path: "framewire.db-wal", when: "2" }, error: "EIO", codes: ["GAVE_UP"], ends: true },
  { point: { call: "fsync", path: "framewire.db-wal", when: "3" }, error: "EIO", codes: ["GAVE_UP"], ends: true },
  { point: { call: "pwrite64", path: "framewire.db-wal", when: "5" }, error: "EIO", codes: ["GAVE_UP"], ends: true },
];

Deno.test({
  name: "a disk that fails: nothing is told stored, and a server on a sound disk goes on from there",
  ignore: !HAS_STRACE,
  fn: async () => {
    await using folder = await tempFolder();
    const file = await randomFile(folder.join("clip.bin"), 300_000, 1);
    const copy = await madeFolder(folder);
    await forEach(FAILURES, async ({ point, error, codes, ends }) => {
      const about = `${error} at ${JSON.stringify(point)}`;
      const data = await copy();
      const args = ["--device", "box", "--retry-for", "2s", "--file", file.path];
      {
        await using sick = await startServer({ data, prefix: strace(point, data, `error=${error}`) });
        const result = await runSend(["--server", sick.listen, ...args], { deadlineMs: 60_000 });
        assertEquals(eventsOf(result, "stored"), [], about);
        const last = result.events.findLast((event) => event["code"] !== undefined);
        assert(codes.includes(String(last?.["code"])), `${about}: ${result.stdout.join("\n")}`);
        if (ends) assertEquals((await sick.stopped).code, 1, about);
        else assertEquals((await sick.kill("SIGTERM")).code, 0, about);
        // After a commit of which nobody knows whether it happened, the file may be there; it is whole then.
        for (const path of await filesBelow(`${data}/clips`)) {
          assertEquals(await sha256OfFile(`${data}/clips/${path}`), file.sha256, about);
        }
      }
      await using server = await startServer({ data });
      storedEvent(await runSend(["--server", server.listen, ...args]));
      await assertOnce(data, server.http, file);
    });
  },
});

Deno.test({
  name: "a box that sends more than its window while the disk is slow to sync is cut",
  ignore: !HAS_STRACE,
  fn: async () => {
    await using folder = await tempFolder();
    const prefix = strace({ call: "fdatasync", when: "1+" }, folder.path, "delay_enter=3000000");
    await using server = await startServer({ data: folder.path, prefix });
    await using box = await RawBox.connect(server.listen);
    await box.hello("greedy");
    await box.open(1, "greedy", null);
    await box.expect("clipAccepted");
    const piece = new Uint8Array(256 * 1024).fill(7);
    let sent = 0;
    // Read at the same time, as a reset may take the last words with it.
    const ended = box.endedWith();
    for (; sent < 2 * LIMITS.windowBytes; sent += piece.length) {
      if (!await box.chunk(1, sent, piece).then(() => true, () => false)) break;
    }
    assertEquals(await ended, "WINDOW_EXCEEDED");
  },
});
