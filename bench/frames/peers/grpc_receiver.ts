/** A gRPC server which appends each message to FOLDER/frames.bin and then acks it with 4 bytes: `grpc_receiver FOLDER`. */
import { Server, ServerCredentials, type ServerDuplexStream } from "npm:@grpc/grpc-js@1.14.7";
import { Buffer } from "node:buffer";
import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { PUT } from "./grpc_service.ts";

const file = openSync(join(process.argv[2] ?? ".", "frames.bin"), "w");
const server = new Server();
server.addService({ put: PUT }, {
  put(call: ServerDuplexStream<Buffer, Buffer>) {
    let count = 0;
    call.on("data", (picture: Buffer) => {
      for (let done = 0; done < picture.length;) done += writeSync(file, picture, done);
      const ack = Buffer.alloc(4);
      ack.writeUInt32BE(++count);
      call.write(ack);
    });
    call.on("end", () => call.end());
  },
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(JSON.stringify({ event: "ready", port }) + "\n");
});
