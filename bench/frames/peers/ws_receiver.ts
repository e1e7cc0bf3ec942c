/** A WebSocket server which appends each message to FOLDER/frames.bin and then acks it with 4 bytes: `ws_receiver FOLDER`. */
import { type WebSocket, WebSocketServer } from "npm:ws@8.23.0";
import { Buffer } from "node:buffer";
import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

const file = openSync(join(process.argv[2] ?? ".", "frames.bin"), "w");
// No compression: pictures are compressed already, and it is off by default for good reasons.
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (socket: WebSocket) => {
  let count = 0;
  socket.on("message", (picture: Buffer) => {
    // Faster than a write of the thread pool for each, which is slower to hand over than to do.
    for (let done = 0; done < picture.length;) done += writeSync(file, picture, done);
    const ack = Buffer.alloc(4);
    ack.writeUInt32BE(++count);
    socket.send(ack);
  });
});
server.on("listening", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Cannot listen as there is no TCP address");
  process.stdout.write(JSON.stringify({ event: "ready", port: address.port }) + "\n");
});
