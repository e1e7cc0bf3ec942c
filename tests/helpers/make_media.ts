/** Whether ffmpeg is here; tests which need it to make their input are left out otherwise. */
export const HAS_FFMPEG = await runs(["-version"]);

/** Makes a second of test picture (and tone, for formats with sound) at `path`, whose extension gives the format. */
export async function makeMedia(path: string, ...options: readonly string[]): Promise<void> {
  const input = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1", "-f", "lavfi", "-i", "sine=duration=1"];
  await ffmpeg(...input, ...options, path);
}

/** Runs ffmpeg with these arguments alone. */
export async function ffmpeg(...args: readonly string[]): Promise<void> {
  if (!await runs(args)) throw new Error(`Cannot run ffmpeg ${args.join(" ")}`);
}

async function runs(args: readonly string[]): Promise<boolean> {
  try {
    const command = new Deno.Command("ffmpeg", {
      args: ["-hide_banner", "-loglevel", "error", "-y", ...args],
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    });
    return (await command.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
