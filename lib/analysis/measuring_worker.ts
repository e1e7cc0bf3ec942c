/** Entry of a worker of the analysis: takes a JPEG, answers with what was measured, or why nothing was. */
/// <reference lib="deno.worker" />
import { messageOf } from "../errors.ts";
import { JpegDecoder } from "./jpeg_decoder.ts";
import { lumaOf, type LumaPlane, measure, type PictureMeasures, shrink } from "./measures.ts";

/** What was measured. */
export interface Measured {
  readonly picture: PictureMeasures;
  /** The small plane, to be compared with the next picture's. */
  readonly plane: LumaPlane;
}

/** The worker's messages: once that it has begun, then one for each picture. */
export type WorkerAnswer = "begun" | Measured | { readonly reason: string };

const decoder = new JpegDecoder();

async function measureJpeg(jpeg: Uint8Array<ArrayBuffer>): Promise<Measured | { reason: string }> {
  try {
    const luma = lumaOf(await decoder.decode(jpeg));
    return { picture: measure(luma), plane: shrink(luma) };
  } catch (error) {
    return { reason: `Cannot decode picture: ${messageOf(error)}` };
  }
}

self.onmessage = async ({ data }: MessageEvent<Uint8Array<ArrayBuffer>>) => {
  const answer: WorkerAnswer = await measureJpeg(data);
  self.postMessage(answer, "plane" in answer ? [answer.plane.luma.buffer] : []);
};
self.postMessage("begun" satisfies WorkerAnswer);
