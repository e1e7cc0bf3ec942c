/** Recorded frames for tests of what reads them: a FrameLibrary of one source in memory. */
import type { FrameLibrary, FrameView } from "../../lib/viewer/frame_library.ts";

/** A frame of `box/front` with this id and time. */
export function madeUpFrame(id: number, timeMs: number, more: Partial<FrameView> = {}): FrameView {
  return {
    id,
    sourceId: 1,
    device: "box",
    source: "front",
    sequence: id,
    name: null,
    capturedMs: timeMs,
    timeMs,
    receivedMs: timeMs + 5,
    bytes: 4,
    verdict: null,
    result: null,
    ...more,
  };
}

/** Holds `frames`; `jpeg` gives their pictures. */
export function frameLibraryOf(
  frames: readonly FrameView[],
  jpeg: (id: number) => Uint8Array<ArrayBuffer> | undefined,
): FrameLibrary {
  return {
    sources: () => Promise.resolve([]),
    frames: ({ device, source, sinceMs = -Infinity, untilMs = Infinity, cursor = -Infinity, limit }) =>
      Promise.resolve(
        frames.filter((frame) =>
          frame.device === device && frame.source === source && frame.timeMs >= sinceMs && frame.timeMs <= untilMs &&
          frame.id > cursor
        ).slice(0, limit),
      ),
    frame: (id) => Promise.resolve(frames.find((frame) => frame.id === id)),
    jpeg: (id) => Promise.resolve(jpeg(id)),
    nearest: () => Promise.resolve(undefined),
    timeline: () => Promise.resolve({ spans: [], gaps: [] }),
  };
}
