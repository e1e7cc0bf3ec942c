/** Sends 256 MiB of framed messages to whoever connects, then closes. */
import { encodeFrame } from "../../lib/framing/frame_encoder.ts";
import { randomBytes } from "./random_bytes.ts";

const MESSAGES = 1024;
const frame = encodeFrame(randomBytes(256 * 1024));
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ event: "ready", port: listener.addr.port }) + "\n"));
for await (const connection of listener) {
  for (let message = 0; message < MESSAGES; message++) {
    for (let done = 0; done < frame.length;) done += await connection.write(frame.subarray(done));
  }
  connection.close();
}
