/** Sends pictures as WebSocket messages, with a window: see `sender_clock.ts` for the arguments. */
import { WebSocket } from "npm:ws@8.23.0";
import { Buffer } from "node:buffer";
import process from "node:process";
import { senderArgs, SenderClock } from "./sender_clock.ts";

const args = senderArgs(process.argv.slice(2));
const clock = new SenderClock(args);
const socket = new WebSocket(`ws://127.0.0.1:${args.port}`, { perMessageDeflate: false });

function fill(): void {
  while (clock.sent < args.all && clock.sent - clock.acked < args.window) {
    const picture = args.pictures[clock.sent % args.pictures.length];
    clock.send();
    socket.send(picture);
  }
}

socket.on("open", fill);
socket.on("error", (error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
socket.on("message", (data: Buffer) => {
  if (clock.ackThrough(data.readUInt32BE())) process.exit(0);
  fill();
});
