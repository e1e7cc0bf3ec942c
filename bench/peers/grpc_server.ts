/** A gRPC server which writes what a client streams into DIR/upload.bin: `grpc_server.ts DIR`. */
import { Server, ServerCredentials, type ServerReadableStream } from "npm:@grpc/grpc-js@1.14.7";
import { Buffer } from "node:buffer";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { PUT } from "./grpc_service.ts";

const folder = process.argv[2] ?? ".";
const server = new Server();
server.addService({ put: PUT }, {
  put(call: ServerReadableStream<Buffer, Buffer>, reply: (error: Error | null, value?: Buffer) => void) {
    const file = createWriteStream(join(folder, "upload.bin"));
    pipeline(call, file).then(
      () => reply(null, Buffer.from(String(file.bytesWritten))),
      (error: Error) => reply(error),
    );
  },
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(JSON.stringify({ event: "ready", port }) + "\n");
});
