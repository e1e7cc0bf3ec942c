/** Inputs which once failed, or nearly did: files of bytes in hexadecimal, `#` begins a comment. */
import { SeededRandom } from "../helpers/seeded_random.ts";

/** One input of the corpus. */
export interface CorpusInput {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** All inputs of a folder of the corpus, by name. */
export function readCorpus(folder: string): CorpusInput[] {
  const url = new URL(`./corpus/${folder}/`, import.meta.url);
  return [...Deno.readDirSync(url)].map(({ name }) => {
    const lines = Deno.readTextFileSync(new URL(name, url)).split("\n").map((line) => line.replace(/#.*/, ""));
    return { name, bytes: Uint8Array.fromHex(lines.join("").replaceAll(/\s/g, "")) };
  }).sort((a, b) => a.name < b.name ? -1 : 1);
}

/** `bytes` cut into pieces of random sizes. */
export function cutRandomly(bytes: Uint8Array, seed: number): Uint8Array[] {
  const random = new SeededRandom(seed);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + random.int(random.pick([1, 8, 200, 100_000]));
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}
