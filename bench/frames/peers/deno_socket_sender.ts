/** Sends frames over a bare socket, with a window: see `sender_clock.ts` for the arguments. */
import { senderArgs, SenderClock } from "./sender_clock.ts";

const args = senderArgs(Deno.args);
const clock = new SenderClock(args);
const connection = await Deno.connect({ hostname: "127.0.0.1", port: args.port });
connection.setNoDelay(true);
const acks = new Uint8Array(4096);
const framed = args.pictures.map((picture) => {
  const bytes = new Uint8Array(4 + picture.length);
  new DataView(bytes.buffer).setUint32(0, picture.length);
  bytes.set(picture, 4);
  return bytes;
});
let ackBytes = 0;
while (clock.acked < args.all) {
  while (clock.sent < args.all && clock.sent - clock.acked < args.window) {
    const frame = framed[clock.sent % framed.length] ?? new Uint8Array();
    clock.send();
    for (let done = 0; done < frame.length;) done += await connection.write(frame.subarray(done));
  }
  const read = await connection.read(acks);
  if (read === null) throw new Error("Cannot go on as the receiver ended the connection");
  ackBytes += read;
  clock.ackThrough(Math.floor(ackBytes / 4));
}
Deno.exit(0);
