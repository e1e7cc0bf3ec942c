/**
 * Answers to frames of an earlier connection. Of policy `all` each frame has a result, but what is stored is not sent
 * again: the server may have been killed before the analysis, or the ack with the result was lost on its way; and the box
 * may have been killed, too, and be in another run, which does not send what is there under its name.
 */
import { LIMITS } from "../config/limits.ts";
import type { SourceKey } from "../protocol/frame.ts";
import type { SourceKind } from "../protocol/message.ts";
import type { FrameRecorder, SourceRecorder } from "./frame_recorder.ts";
import type { SourceStream } from "./source_stream.ts";

/**
 * Frames looked back on. The box is told a result before it is durable, as nobody waits for that: at 4,000 frames a second
 * this is what a quarter of a second of results may have been about, and the window behind them.
 */
const LOOKED_BACK = 1_024;

/**
 * Analyses the last frames which have no verdict, and tells the results of the run's last window again: what is behind
 * that the box has got, or it would not have had the credit to send more.
 */
export async function answerUnanswered(
  { device, source, sourceKind, run }: SourceKey & { readonly sourceKind: SourceKind; readonly run: string },
  { sourceId, stored }: SourceRecorder,
  recorder: FrameRecorder,
  stream: Pick<SourceStream, "answerAgain" | "answerLate" | "isClosed">,
): Promise<void> {
  const rows = await recorder.frames({ sourceId, order: "descending", limit: LOOKED_BACK });
  const ofRun = rows.filter((row) => row.run === run && row.sequence <= stored);
  const windowFrom = ofRun[LIMITS.frameWindowFrames - 1]?.sequence ?? 0;
  const unanswered = rows.filter((row) => row.run !== run && row.result === null);
  for (const row of [...ofRun.reverse(), ...unanswered.reverse()]) {
    if (stream.isClosed) return;
    if (row.result !== null && row.verdict !== "not analysed") {
      if (row.sequence >= windowFrom) stream.answerAgain(row.sequence, row.result);
      continue;
    }
    const jpeg = await recorder.jpeg(row.id);
    // Retention has removed it meanwhile.
    if (jpeg === undefined) continue;
    await stream.answerLate({ ...row, device, source, sourceKind, jpeg }, row.id);
  }
}
