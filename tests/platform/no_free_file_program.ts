// deno-lint-ignore-file no-console -- a program of its own
/** A direct write without a free file, and one with some; prints the threads that were begun by then. */
import { DIRECT_MEMORY } from "../../lib/config/limits.ts";
import { BLOCK_BYTES, SystemDirectWrites } from "../../lib/platform/direct_writes.ts";

let threads = 0;
const writes = new SystemDirectWrites(DIRECT_MEMORY, () => {
  threads++;
  return { postMessage: () => {} } as unknown as Worker;
});
const buffer = writes.take("/file")!;
const files: Deno.FsFile[] = [];
try {
  while (true) files.push(Deno.openSync("/dev/null"));
} catch {
  writes.write("/file", buffer, BLOCK_BYTES, 0);
}
const before = threads;
for (const file of files) file.close();
writes.write("/file", buffer, BLOCK_BYTES, 0);
console.log(before, threads);
