/** Whether file systems can be mounted here; tests of a full disk are left out otherwise, which CI does not forgive. */
export const CAN_MOUNT = Deno.build.os === "linux" && Deno.uid() === 0;

/** A small file system in memory. `await using` takes it down. */
export interface Tmpfs extends AsyncDisposable {
  readonly path: string;
}

/** Mounts a file system of `bytes` on a folder of its own. */
export async function tmpfs(bytes: number): Promise<Tmpfs> {
  const path = await Deno.makeTempDir({ prefix: "framewire-tmpfs-" });
  await run("mount", "-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", path);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await run("umount", "-l", path);
      await Deno.remove(path);
    },
  };
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
