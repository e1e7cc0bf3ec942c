import { assertEquals } from "@std/assert";
import { tempFolder } from "../helpers/temp_folder.ts";

/** Locks the file it is given, says how that went, and stays until it is killed. */
const HOLDER = `
  const file = await Deno.open(Deno.args[0], { read: true, write: true, create: true });
  console.log(await file.tryLock(true));
  setInterval(() => {}, 1000);
`;

async function tryLock(path: string): Promise<boolean> {
  using file = await Deno.open(path, { read: true, write: true, create: true });
  return await file.tryLock(true);
}

Deno.test("tryLock is exclusive between processes, and kill -9 frees the lock", async () => {
  await using folder = await tempFolder();
  const path = folder.join("lock");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", HOLDER, path],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    assertEquals((await reader.read()).value?.trim(), "true");
    assertEquals(await tryLock(path), false);
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
  }
  assertEquals(await tryLock(path), true);
});

Deno.test("tryLock is exclusive between two opens in one process, and close frees the lock", async () => {
  await using folder = await tempFolder();
  const path = folder.join("lock");
  const first = await Deno.open(path, { read: true, write: true, create: true });
  assertEquals([await first.tryLock(true), await tryLock(path)], [true, false]);
  first.close();
  assertEquals(await tryLock(path), true);
});
