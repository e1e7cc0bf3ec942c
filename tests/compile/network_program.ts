// deno-lint-ignore-file no-console -- its answer
/** Compiled by a test: what becomes of a read and a write which wait when their connection is closed. */
import { systemNetwork } from "../../lib/platform/network.ts";
import { messageOf } from "../../lib/errors.ts";

const listener = systemNetwork.listen({ hostname: "127.0.0.1", port: 0 });
const client = await systemNetwork.connect(listener);
const peer = await listener.accept();
let isStuck = false;
const write = (async () => {
  for (const bytes = new Uint8Array(1024 * 1024);;) {
    isStuck = true;
    await client.write(bytes);
    isStuck = false;
  }
})();
const read = client.read(new Uint8Array(1));
const names = Promise.all(
  [read, write].map((job) => job.then(() => "ended", (error) => error?.name ?? messageOf(error))),
);
// The kernel has taken all that it takes.
for (let looks = 0; looks < 10; looks++) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  if (!isStuck) looks = 0;
}
client.close();
const late = new Promise((resolve) => setTimeout(() => resolve("they still wait"), 5_000));
console.log(`framewire ${await Promise.race([names, late])}`);
peer.close();
Deno.exit(0);
