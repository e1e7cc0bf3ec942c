/** The recorded frames of a span, one after the other, a page of the catalog at a time. */
import type { FrameLibrary, FrameView } from "../frame_library.ts";

/** What is exported: a source, and a time by the clock of the server, both ends included. */
export interface ExportSpan {
  readonly device: string;
  readonly source: string;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Frames asked for at once. */
const PAGE_FRAMES = 200;

/** Frames in the order of their arrival. */
export async function* recordedFrames(library: FrameLibrary, span: ExportSpan): AsyncGenerator<FrameView> {
  let cursor: number | undefined;
  while (true) {
    const frames = await library.frames({
      ...span,
      order: "ascending",
      limit: PAGE_FRAMES,
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield* frames;
    if (frames.length < PAGE_FRAMES) return;
    cursor = frames.at(-1)!.id;
  }
}
