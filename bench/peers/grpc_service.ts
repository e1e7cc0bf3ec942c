/**
 * The one method of the gRPC peer: a client stream of plain bytes. Messages are not protobuf, which saves gRPC the
 * encoding that this project has to pay for.
 */
import type { MethodDefinition } from "npm:@grpc/grpc-js@1.14.7";
import { Buffer } from "node:buffer";

/** `/bench.Sink/Put`: bytes in, the number of bytes (as text) out. */
export const PUT: MethodDefinition<Buffer, Buffer> = {
  path: "/bench.Sink/Put",
  requestStream: true,
  responseStream: false,
  requestSerialize: (bytes) => bytes,
  requestDeserialize: (bytes) => bytes,
  responseSerialize: (bytes) => bytes,
  responseDeserialize: (bytes) => bytes,
};
