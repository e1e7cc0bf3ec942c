/** `deno run -A bench/pieces.ts [--rounds 7] [--json]`: what the pieces of the hot path cost, in ratios. */
import { parseArgs } from "@std/cli/parse-args";
import { decodingLarge, decodingSmall } from "./pieces/decoding.ts";
import { encoding } from "./pieces/encoding.ts";
import { hashing } from "./pieces/hashing.ts";
import { measure, tableOf } from "./pieces/piece.ts";
import { receiving } from "./pieces/receiving.ts";

const KIB = 1024;
const flags = parseArgs(Deno.args, { boolean: ["json"], string: ["rounds"] });
const rounds = Number(flags["rounds"] ?? 7);
if (!Number.isInteger(rounds) || rounds < 1) {
  throw new RangeError(`Cannot measure as --rounds must be a number from 1 on: received ${flags["rounds"]}`);
}
const write = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text));

const makers = [
  () => encoding(256 * KIB),
  () => encoding(16 * KIB),
  receiving,
  decodingSmall,
  decodingLarge,
  hashing,
];
for (const make of makers) {
  const group = await make();
  try {
    const rates = await measure(group, rounds);
    write(
      flags["json"] === true
        ? JSON.stringify({ title: group.title, unit: group.unit, rates }) + "\n"
        : tableOf(group, rates) + "\n",
    );
  } finally {
    await group.close?.();
  }
}
