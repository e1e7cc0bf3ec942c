/** The one method of the gRPC peer: pictures in, counts of saved ones out, both of plain bytes (no protobuf to encode). */
import type { MethodDefinition } from "npm:@grpc/grpc-js@1.14.7";
import type { Buffer } from "node:buffer";

/** `/bench.Camera/Put`: a stream in both directions. */
export const PUT: MethodDefinition<Buffer, Buffer> = {
  path: "/bench.Camera/Put",
  requestStream: true,
  responseStream: true,
  requestSerialize: (bytes) => bytes,
  requestDeserialize: (bytes) => bytes,
  responseSerialize: (bytes) => bytes,
  responseDeserialize: (bytes) => bytes,
};
