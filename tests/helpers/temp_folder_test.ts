import { assert, assertRejects } from "@std/assert";
import { tempFolder } from "./temp_folder.ts";

Deno.test("tempFolder removes the folder and all that is in it", async () => {
  let path: string;
  {
    await using folder = await tempFolder();
    path = folder.path;
    await Deno.mkdir(folder.join("a"));
    await Deno.writeTextFile(folder.join("a", "b.txt"), "hello");
    assert((await Deno.stat(folder.join("a", "b.txt"))).isFile);
  }
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("tempFolder does not mind when the folder is gone already", async () => {
  await using folder = await tempFolder();
  await Deno.remove(folder.path);
});
