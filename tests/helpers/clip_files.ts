/** Files to send, and a look at what became of them. */
import { createHash } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { SeededRandom } from "./seeded_random.ts";
import type { SendResult } from "./programs.ts";

/** A file with random bytes. */
export interface RandomFile {
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

const PIECE_BYTES = 1024 * 1024;

/** Writes `bytes` random bytes to `path`; the same seed gives the same bytes. */
export async function randomFile(path: string, bytes: number, seed: number): Promise<RandomFile> {
  // One piece, rolled on by its number: no two pieces are the same, and a large file costs no time.
  const piece = new SeededRandom(seed).bytes(Math.min(PIECE_BYTES, bytes));
  const hash = createHash("sha256");
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  for (let done = 0, number = 0; done < bytes; number++) {
    const part = piece.subarray(0, Math.min(piece.length, bytes - done));
    if (part.length >= 4) new DataView(part.buffer).setUint32(0, number);
    hash.update(part);
    for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
    done += part.length;
  }
  return { path, bytes, sha256: hash.digest("hex") };
}

/** SHA-256 of a file, hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const piece of file.readable) hash.update(piece);
  return hash.digest("hex");
}

/** Paths of all files below `folder`, relative to it, sorted; none when there is no such folder. */
export async function filesBelow(folder: string, label = ""): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = label === "" ? name : `${label}/${name}`;
      if (isDirectory) found.push(...await filesBelow(`${folder}/${name}`, path));
      else found.push(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}

/** Asserts that `clips/` of a data folder holds exactly these files: relative path to SHA-256. */
export async function assertClips(data: string, expected: Readonly<Record<string, string>>): Promise<void> {
  const paths = await filesBelow(`${data}/clips`);
  assertEquals(paths, Object.keys(expected).sort());
  for (const path of paths) assertEquals(await sha256OfFile(`${data}/clips/${path}`), expected[path], path);
}

/** The objects of a kind which a sender printed. */
export function eventsOf(result: SendResult, kind: string): Record<string, unknown>[] {
  return result.events.filter((event) => event["event"] === kind);
}

/** The one `stored` object of a sender which must have exited with 0. */
export function storedEvent(result: SendResult): Record<string, unknown> {
  assertEquals(result.code, 0, `${result.stdout.join("\n")}\n${result.stderr}`);
  const [event, ...more] = eventsOf(result, "stored");
  assert(event !== undefined && more.length === 0, result.stdout.join("\n"));
  return event;
}

/** Looks into `clips/` all the time; a file there which is not one of `whole` (by its SHA-256) is an offence. */
export function watchClips(data: string, whole: readonly RandomFile[]): AsyncDisposable {
  const offences: string[] = [];
  const seen = new Set<string>();
  let stopped = false;
  const look = async () => {
    while (!stopped) {
      for (const path of await filesBelow(`${data}/clips`)) {
        if (seen.has(path)) continue;
        seen.add(path);
        const sha256 = await sha256OfFile(`${data}/clips/${path}`).catch(() => "gone again");
        if (!whole.some((file) => file.sha256 === sha256)) offences.push(`${path}: ${sha256}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const looking = look();
  return {
    async [Symbol.asyncDispose]() {
      stopped = true;
      await looking;
      assertEquals(offences, [], "Files in clips/ were not whole");
    },
  };
}
