/** Streams pictures over gRPC, with a window: see `sender_clock.ts` for the arguments. */
import { Client, credentials } from "npm:@grpc/grpc-js@1.14.7";
import { Buffer } from "node:buffer";
import process from "node:process";
import { PUT } from "./grpc_service.ts";
import { senderArgs, SenderClock } from "./sender_clock.ts";

const args = senderArgs(process.argv.slice(2));
const clock = new SenderClock(args);
const client = new Client(`127.0.0.1:${args.port}`, credentials.createInsecure());
const call = client.makeBidiStreamRequest(PUT.path, PUT.requestSerialize, PUT.responseDeserialize);

function fill(): void {
  while (clock.sent < args.all && clock.sent - clock.acked < args.window) {
    const picture = args.pictures[clock.sent % args.pictures.length];
    clock.send();
    if (picture !== undefined) call.write(picture);
  }
}

call.on("error", (error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
call.on("data", (data: Buffer) => {
  if (clock.ackThrough(data.readUInt32BE())) process.exit(0);
  fill();
});
client.waitForReady(Date.now() + 10_000, (error) => {
  if (error) throw error;
  fill();
});
