/** Writes what each connection brings to DIR/upload.bin, and says when it is all written: `bare_loop_server.ts DIR`. */
import { join } from "node:path";

const BUFFER_BYTES = 256 * 1024;
const path = join(Deno.args[0] ?? ".", "upload.bin");
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ event: "ready", port: listener.addr.port }) + "\n"));
const buffer = new Uint8Array(BUFFER_BYTES);
for await (const connection of listener) {
  using file = Deno.openSync(path, { write: true, create: true, truncate: true });
  while (true) {
    const filled = await fill(connection);
    for (let done = 0; done < filled;) done += file.writeSync(buffer.subarray(done, filled));
    if (filled < BUFFER_BYTES) break;
  }
  await connection.write(new Uint8Array(1));
  connection.close();
}

/** Fills the buffer, as far as the connection goes. */
async function fill(connection: Deno.Conn): Promise<number> {
  let filled = 0;
  while (filled < BUFFER_BYTES) {
    const read = await connection.read(buffer.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return filled;
}
