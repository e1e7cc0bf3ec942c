/**
 * Answers to frames of an earlier connection. Of policy `all` each frame has a result, but what is stored is not sent
 * again: the server may have been killed before the analysis, or the ack with the result was lost on its way.
 */
import { LIMITS } from "../config/limits.ts";
import type { SourceKey } from "../protocol/frame.ts";
import type { SourceKind } from "../protocol/message.ts";
import type { FrameRecorder, SourceRecorder } from "./frame_recorder.ts";
import type { SourceStream } from "./source_stream.ts";

/**
 * Tells the results of the last frames of the run again, and analyses those which have no verdict. More than a window there
 * cannot be: behind it nothing was sent before the answers.
 */
export async function answerUnanswered(
  { device, source, sourceKind, run }: SourceKey & { readonly sourceKind: SourceKind; readonly run: string },
  { sourceId, stored }: SourceRecorder,
  recorder: FrameRecorder,
  stream: Pick<SourceStream, "answerAgain" | "answerLate" | "isClosed">,
): Promise<void> {
  const rows = await recorder.frames({ sourceId, order: "descending", limit: LIMITS.frameWindowFrames });
  for (const row of rows.reverse()) {
    if (stream.isClosed) return;
    if (row.run !== run || row.sequence > stored) continue;
    if (row.result !== null && row.verdict !== "not analysed") {
      stream.answerAgain(row.sequence, row.result);
      continue;
    }
    const jpeg = await recorder.jpeg(row.id);
    // Retention has removed it meanwhile.
    if (jpeg === undefined) continue;
    await stream.answerLate({ ...row, device, source, sourceKind, jpeg }, row.id);
  }
}
