import { join } from "node:path";

/** A folder of the machine's disk which is removed with all that is in it. */
export interface TempFolder extends AsyncDisposable {
  /** Absolute path. */
  readonly path: string;
  /** Path of something inside. */
  join(...parts: string[]): string;
}

/**
 * Makes an empty folder.
 *
 * @example
 * ```ts
 * await using folder = await tempFolder();
 * await Deno.writeTextFile(folder.join("a.txt"), "hello");
 * ```
 */
export async function tempFolder(): Promise<TempFolder> {
  const path = await Deno.makeTempDir({ prefix: "framewire-test-" });
  return {
    path,
    join: (...parts) => join(path, ...parts),
    async [Symbol.asyncDispose]() {
      try {
        await Deno.remove(path, { recursive: true });
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    },
  };
}
