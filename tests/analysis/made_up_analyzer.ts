/** An analyser whose pictures say what it does; those which say nothing of the kind are `ok`. A program of its own. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnalysisReplySchema, AnalysisRequestSchema } from "../../gen/framewire/v1/analysis_pb.ts";
import { FrameDecoder } from "../../lib/framing/frame_decoder.ts";
import { encodeFrame } from "../../lib/framing/frame_encoder.ts";

async function write(bytes: Uint8Array): Promise<void> {
  while (bytes.length > 0) bytes = bytes.subarray(await Deno.stdout.write(bytes));
}

if (import.meta.main) {
  const decoder = new FrameDecoder(1024 * 1024);
  for (;;) {
    const count = await Deno.stdin.read(decoder.room());
    if (count === null) break;
    decoder.filled(count);
    for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
      const { id, device, source, kind, sequence, name, jpeg } = fromBinary(AnalysisRequestSchema, message);
      const text = new TextDecoder().decode(jpeg.subarray(0, 1000));
      const json = text.startsWith("{") ? text : JSON.stringify({ result: "ok", device, source, kind, name });
      if (text === "crash") {
        await Deno.stderr.write(new TextEncoder().encode(`Traceback: no such model at frame ${sequence}\n`));
        Deno.exit(3);
      }
      if (text === "hang") await new Promise((resolve) => setTimeout(resolve, 3_600_000));
      if (text === "rubbish") await write(new TextEncoder().encode("Loading model ...\n"));
      const answerId = text === "wrong id" ? 77n : id;
      await write(encodeFrame(toBinary(AnalysisReplySchema, create(AnalysisReplySchema, { id: answerId, json }))));
    }
  }
}
