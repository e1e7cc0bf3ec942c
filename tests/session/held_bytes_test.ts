import { assert, assertEquals } from "@std/assert";
import { HeldBytes } from "../../lib/session/held_bytes.ts";

/** Whether it has resolved, once all that could settle has. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  promise.then(() => done = true);
  await new Promise<void>((resolve) => void setImmediate(resolve));
  return done;
}

Deno.test("HeldBytes lets wait while it is full", async () => {
  const held = new HeldBytes(100);
  held.add(99);
  assert(!held.isFull && await isDone(held.room()));
  held.add(51);
  assert(held.isFull);
  const room = held.room();
  assert(!await isDone(room));
  held.remove(50);
  assert(!await isDone(room), "100 of 100");
  held.remove(1);
  assert(await isDone(room));
});

Deno.test("HeldBytes lets nobody wait when it is closed", async () => {
  const held = new HeldBytes(100);
  held.add(200);
  const room = held.room();
  held.close();
  assertEquals([await isDone(room), held.isFull], [true, false]);
});
