/** A span of frames as a ZIP archive, made while it is read: nothing of it is kept. */
import { makeZip } from "client-zip";
import type { FrameLibrary, FrameView } from "../frame_library.ts";
import { rfc3339 } from "../times.ts";
import { type ExportSpan, recordedFrames } from "./recorded_frames.ts";

/** Name of the list in the archive: one JSON object a line for each picture. */
const LIST_NAME = "frames.ndjson";
/** Own names which are remembered, to tell twins from each other; behind them every name gets a number. */
const NAMES_MAX = 100_000;

/** The archive: the pictures under `<time>_<sequence>.jpg` or their own names, and a list with their times and results. */
export function zipOfFrames(library: FrameLibrary, span: ExportSpan): ReadableStream<Uint8Array> {
  return makeZip(entries(library, span), { buffersAreUTF8: true });
}

async function* entries(library: FrameLibrary, span: ExportSpan) {
  const names = new FileNames();
  for await (const frame of recordedFrames(library, span)) {
    const name = names.of(frame);
    const jpeg = await library.jpeg(frame.id);
    // Retention may have been faster.
    if (jpeg !== undefined) yield { name, lastModified: new Date(frame.timeMs), input: jpeg };
  }
  yield { name: LIST_NAME, lastModified: new Date(span.untilMs), input: listOf(library, span) };
}

/** Read once more, so that nobody has to remember a day of frames. */
function listOf(library: FrameLibrary, span: ExportSpan): ReadableStream<Uint8Array> {
  const names = new FileNames();
  const frames = recordedFrames(library, span);
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await frames.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(listLine(names.of(value), value)));
    },
    cancel: async () => void await frames.return(undefined),
  }, { highWaterMark: 0 });
}

/** Names in the archive, which are the same whenever the same frames are named in the same order. */
class FileNames {
  /** In lower case, as some who take them out make no difference. */
  readonly #taken = new Set<string>([LIST_NAME]);

  of({ id, name, sequence, timeMs }: FrameView): string {
    const own = name?.split(/[/\\]/).at(-1)?.replace(/^\.+/, "") ?? "";
    if (own === "") return `${new Date(timeMs).toISOString().replaceAll(":", "-")}_${sequence}_${id}.jpg`;
    if (this.#taken.size >= NAMES_MAX) return `${id}_${own}`;
    let free = own;
    while (this.#taken.has(free.toLowerCase())) free = `${id}_${free}`;
    this.#taken.add(free.toLowerCase());
    return free;
  }
}

function listLine(file: string, frame: FrameView): string {
  const { id, sequence, name, capturedMs, timeMs, receivedMs, bytes, result } = frame;
  const [captured, time, received] = [capturedMs, timeMs, receivedMs].map(rfc3339);
  return JSON.stringify({ file, id, sequence, name, captured, time, received, bytes, result }) + "\n";
}
