import { assert, assertEquals } from "@std/assert";
import { statfs } from "node:fs/promises";
import { tempFolder } from "../helpers/temp_folder.ts";

Deno.test("a file's data and an opened folder can be synced", async () => {
  await using folder = await tempFolder();
  using file = await Deno.open(folder.join("a"), { write: true, create: true });
  await file.write(new Uint8Array([1, 2, 3]));
  await file.syncData();
  await Deno.rename(folder.join("a"), folder.join("b"));
  using opened = await Deno.open(folder.path, { read: true });
  await opened.sync();
  assertEquals((await Deno.readFile(folder.join("b"))).length, 3);
});

Deno.test("statfs tells the blocks which an ordinary user can still use", async () => {
  await using folder = await tempFolder();
  const { bavail, bfree, bsize } = await statfs(folder.path);
  assert(Number.isSafeInteger(bavail * bsize) && bavail > 0, `bavail ${bavail}, bsize ${bsize}`);
  assert(bavail <= bfree, `bavail ${bavail} must be <= bfree ${bfree}`);
});
