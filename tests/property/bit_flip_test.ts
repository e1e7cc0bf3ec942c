/** One flipped bit on the way to the server, at every place of an end and of a chunk's head. */
import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { LIMITS } from "../../lib/config/limits.ts";
import { CHUNK_HEAD_BYTES, endOfClip, frameChunk } from "../../lib/protocol/chunk_frame.ts";
import { encodeMessage } from "../../lib/protocol/codec.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { SimulatedWorld } from "./simulated_world.ts";

const SEED = 3;
const FILE = { device: "box", name: "clip.bin", content: new SeededRandom(1).bytes(1000) };
const SHA256 = createHash("sha256").update(FILE.content).digest("hex");

/** What a box with one small clip writes last, lengths in bytes: chunk, end, goodbye. */
const END_BYTES = encodeMessage(endOfClip(1, FILE.content.length, SHA256)).length;
const GOODBYE_BYTES = encodeMessage({ kind: "goodbye", reason: "All sent" }).length;
const CHUNK_BYTES =
  frameChunk(new Uint8Array(CHUNK_HEAD_BYTES + FILE.content.length), FILE.content.length, 1, 0).length;

/** Sends the clip; `flip` is a byte of the first connection and a bit of it. */
async function send(flip?: { at: number; bit: number }): Promise<SimulatedWorld> {
  const world = new SimulatedWorld(SEED);
  if (flip !== undefined) {
    world.network.onLink = (link) => {
      if (link.index === 0) link.up.flipBit(flip.at, flip.bit);
    };
  }
  const run = async () => {
    await world.addFile(FILE);
    await world.startServer();
    await world.startBox(FILE.device).done;
    await world.stopServer();
    await world.leave();
  };
  try {
    await world.clock.runUntil(run());
  } catch (cause) {
    throw new Error(`Flipped ${JSON.stringify(flip)}:\n  ${world.history.join("\n  ")}`, { cause });
  }
  return world;
}

/** Whether the clip is there once, as it was sent, and was never thrown away on the way. */
function check(world: SimulatedWorld, what: string): void {
  const text = `${what}:\n  ${world.history.join("\n  ")}`;
  assertEquals(world.catalog.rows.map(({ storedName, storedMs }) => [storedName, storedMs !== null]), [
    [FILE.name, true],
  ], text);
  assertEquals(world.serverDisk.contentOf(`/data/clips/${FILE.device}/${FILE.name}`), FILE.content, text);
  assert(!world.history.some((line) => line.includes("a stream failed")), text);
}

/**
 * Flips every bit of `bytes` bytes which begin `fromEnd` bytes before the end of what the box writes. Resolves with how
 * many were repaired at once, on the same connection.
 */
async function flipAll(fromEnd: number, bytes: number): Promise<number> {
  const clean = await send();
  check(clean, "no bit flipped");
  const first = clean.network.links[0]!.up.bytesWritten - fromEnd;
  let kept = 0;
  for (let at = first; at < first + bytes; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const world = await send({ at, bit });
      check(world, `bit ${bit} of byte ${at - first} flipped`);
      if (world.network.links.length === 1 && world.clock.now() < LIMITS.endAgainMs) kept++;
    }
  }
  return kept;
}

Deno.test("a flipped bit anywhere in an end costs a second end or a connection, and never the clip", async () => {
  const kept = await flipAll(END_BYTES + GOODBYE_BYTES, END_BYTES);
  // Those of the hash and of the checksum are found by the checksum.
  assert(kept >= 36 * 8, `only ${kept} repaired at once`);
});

Deno.test("a flipped bit anywhere in the head of a chunk costs a second chunk or a connection, and never the clip", async () => {
  const headBytes = CHUNK_BYTES - FILE.content.length;
  // And the first bytes of the payload.
  const kept = await flipAll(CHUNK_BYTES + END_BYTES + GOODBYE_BYTES, headBytes + 2);
  assert(kept >= 6 * 8, `only ${kept} repaired at once`);
});
