/** Streams one file in messages of 256 KiB over gRPC: `grpc_client.ts FILE PORT`. */
import { Client, credentials } from "npm:@grpc/grpc-js@1.14.7";
import { Buffer } from "node:buffer";
import { createReadStream, statSync } from "node:fs";
import process from "node:process";
import { PUT } from "./grpc_service.ts";

const MESSAGE_BYTES = 256 * 1024;
const [file, port] = process.argv.slice(2);
if (file === undefined || port === undefined) throw new Error("Cannot send as FILE and PORT must be given");

const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
const call = client.makeClientStreamRequest(PUT.path, PUT.requestSerialize, PUT.responseDeserialize, (error, reply) => {
  const complete = error === null && Number(reply?.toString()) === statSync(file).size;
  if (!complete) process.stderr.write(`${error?.message ?? "The server wrote another number of bytes"}\n`);
  client.close();
  process.exit(complete ? 0 : 1);
});
for await (const piece of createReadStream(file, { highWaterMark: MESSAGE_BYTES })) {
  if (!call.write(piece as Buffer)) await new Promise((resolve) => call.once("drain", resolve));
}
call.end();
