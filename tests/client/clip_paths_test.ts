import { assertEquals, assertRejects } from "@std/assert";
import { findClipPaths } from "../../lib/client/clip_paths.ts";
import { FramewireError } from "../../lib/errors.ts";
import { systemDisk } from "../../lib/platform/disk.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

async function diskWith(...paths: string[]): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  for (const path of paths) {
    await disk.makeFolder(path.slice(0, path.lastIndexOf("/")) || "/");
    (await disk.open(path, "create-new")).close();
  }
  return disk;
}

Deno.test("findClipPaths names a file by its own name", async () => {
  const disk = await diskWith("/a/b/clip.mp4");
  assertEquals(await findClipPaths(disk, ["/a/b/clip.mp4"], "stdin"), [{ path: "/a/b/clip.mp4", name: "clip.mp4" }]);
});

Deno.test("findClipPaths walks folders in numeric order, with the folder's name in front, past hidden files", async () => {
  const disk = await diskWith("/v/10.mp4", "/v/9.mp4", "/v/sub/a.mp4", "/v/.hidden", "/v/.git/x", "/other/b.mp4");
  const found = await findClipPaths(disk, ["/v", "/other/b.mp4"], "stdin");
  assertEquals(found.map(({ name }) => name), ["v/9.mp4", "v/10.mp4", "v/sub/a.mp4", "b.mp4"]);
  assertEquals(found.map(({ path }) => path), ["/v/9.mp4", "/v/10.mp4", "/v/sub/a.mp4", "/other/b.mp4"]);
});

Deno.test("findClipPaths takes a dash for standard input", async () => {
  assertEquals(await findClipPaths(new MemoryDisk(), ["-"], "stdin-1"), [{ path: "-", name: "stdin-1" }]);
});

Deno.test("findClipPaths says what is not there, and that a folder is empty", async () => {
  const disk = await diskWith("/empty/.hidden");
  for (const [path, text] of [["/none", "no such file"], ["/empty", "no files in it"]] as const) {
    const error = await assertRejects(() => findClipPaths(disk, [path], "stdin"), FramewireError, text);
    assertEquals(error.code, "SOURCE_UNREADABLE");
  }
});

Deno.test("findClipPaths follows no symbolic links inside of folders, which may go in circles", async () => {
  await using folder = await tempFolder();
  await Deno.writeTextFile(folder.join("a.txt"), "a");
  await Deno.symlink(folder.path, folder.join("circle"));
  const found = await findClipPaths(systemDisk, [folder.path], "stdin");
  assertEquals(found.map(({ path }) => path), [folder.join("a.txt")]);
});
