/** Whether file systems can be mounted here; tests of a full disk are left out otherwise, which CI does not forgive. */
export const CAN_MOUNT = Deno.build.os === "linux" && Deno.uid() === 0;

/** A small file system in memory. `await using` takes it down. */
export interface Tmpfs extends AsyncDisposable {
  readonly path: string;
}

/** Mounts a file system of `bytes` on a folder of its own. */
export function tmpfs(bytes: number): Promise<Tmpfs> {
  return mounted("tmpfs", "-o", `size=${bytes}`);
}

/** The same without a bound, and without direct writes. */
export function ramfs(): Promise<Tmpfs> {
  return mounted("ramfs");
}

async function mounted(type: string, ...options: readonly string[]): Promise<Tmpfs> {
  const path = await Deno.makeTempDir({ prefix: `framewire-${type}-` });
  await run("mount", "-t", type, ...options, type, path);
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
