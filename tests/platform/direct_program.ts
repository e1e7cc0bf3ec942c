// deno-lint-ignore-file no-console -- a program of its own
/** Three direct writes to the file that is named, one after the other; prints what became of them. */
import { DIRECT_MEMORY } from "../../lib/config/limits.ts";
import { BLOCK_BYTES, type DirectWrite, SystemDirectWrites } from "../../lib/platform/direct_writes.ts";
import { waitFor } from "../helpers/wait_for.ts";

const [path] = Deno.args as [string];
const writes = new SystemDirectWrites(DIRECT_MEMORY);
const ends: string[] = [];
for (let n = 0; n < 3; n++) {
  let buffer: Uint8Array | undefined;
  await waitFor(() => (buffer = writes.take(path)) !== undefined, { what: "memory" });
  let write: DirectWrite | undefined;
  const isBegun = () => (write = writes.write(path, buffer!, BLOCK_BYTES, n * BLOCK_BYTES)) !== undefined;
  await waitFor(isBegun, { what: "the thread" });
  ends.push(await write!.done.then(() => "done", (error) => String(error.code)));
}
writes.stop();
console.log(ends.join());
