/** A real file system whose power can be cut: ext4 on a loop device, copied while it is in use. */
import { CAN_MOUNT } from "./tmpfs.ts";

/** Whether there is such a file system here; CI does not forgive its absence. */
export const CAN_CUT_POWER = CAN_MOUNT;

/** `await using` takes it down. */
export interface LoopDisk extends AsyncDisposable {
  readonly path: string;
  /**
   * What would be found after a power cut now: what had not reached the disk is lost, and the journal is replayed.
   * Stop whoever writes while this runs (SIGSTOP), as a copy takes longer than a cut.
   */
  cut(): Promise<LoopDisk>;
  /** Takes it down, and has the whole file system checked. @throws {Error} when the check finds anything. */
  check(): Promise<void>;
}

/** Makes a disk of `bytes`. */
export async function loopDisk(bytes: number): Promise<LoopDisk> {
  const folder = await Deno.makeTempDir({ prefix: "framewire-loop-" });
  const image = `${folder}/image`;
  await Deno.writeFile(image, new Uint8Array(0));
  await Deno.truncate(image, bytes);
  await run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", image);
  return await mounted(folder);
}

async function mounted(folder: string): Promise<LoopDisk> {
  const image = `${folder}/image`;
  const path = `${folder}/mount`;
  await Deno.mkdir(path);
  await run("mount", "-o", "loop", image, path);
  let isMounted = true;
  const unmount = async () => {
    if (isMounted) await run("umount", path);
    isMounted = false;
  };
  return {
    path,
    async cut() {
      const other = await Deno.makeTempDir({ prefix: "framewire-loop-" });
      await run("cp", "--sparse=always", image, `${other}/image`);
      return await mounted(other);
    },
    async check() {
      await unmount();
      await run("e2fsck", "-f", "-n", image);
    },
    async [Symbol.asyncDispose]() {
      await unmount();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  if (success) return;
  const text = new TextDecoder();
  throw new Error(`${program} ${args.join(" ")}: ${text.decode(stdout)}${text.decode(stderr)}`);
}
