/** Reads frames (4 bytes of length, then the frame) into one buffer, keeps nothing, and acks each with 4 bytes. */
const FRAME_BYTES_MAX = 4 * 1024 * 1024;

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ event: "ready", port: listener.addr.port }) + "\n"));
const connection = await listener.accept();
connection.setNoDelay(true);
const buffer = new Uint8Array(FRAME_BYTES_MAX);
const view = new DataView(buffer.buffer);
let filled = 0;
while (true) {
  const read = await connection.read(buffer.subarray(filled));
  if (read === null) break;
  filled += read;
  let at = 0;
  let frames = 0;
  while (filled - at >= 4 && filled - at - 4 >= view.getUint32(at)) {
    at += 4 + view.getUint32(at);
    frames++;
  }
  buffer.copyWithin(0, at, filled);
  filled -= at;
  if (frames > 0) await connection.write(new Uint8Array(4 * frames));
}
