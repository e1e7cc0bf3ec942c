/** Sources and frames as the JSON API shows them: times in RFC 3339 with milliseconds, bytes as integers. */
import type { FrameView, SourceView, TimelineView } from "./frame_library.ts";
import { rfc3339, rfc3339OrNull } from "./times.ts";

/** A source as `/api/sources` shows it. */
export function sourceJson(source: SourceView): Record<string, unknown> {
  const path = `/live/${encodeURIComponent(source.device)}/${encodeURIComponent(source.source)}`;
  return {
    id: source.id,
    device: source.device,
    source: source.source,
    kind: source.kind,
    state: source.state,
    fps: source.fps,
    bytesPerSecond: source.bytesPerSecond,
    lastFrameAt: rfc3339OrNull(source.lastFrameMs),
    dropped: source.dropped,
    analysed: source.analysed,
    skipped: source.skipped,
    defects: source.defects,
    latencyMs: source.latencyMs,
    clockOffsetMs: source.clockOffsetMs,
    storedFrames: source.storedFrames,
    storedBytes: source.storedBytes,
    firstStoredAt: rfc3339OrNull(source.firstStoredMs),
    lastStoredAt: rfc3339OrNull(source.lastStoredMs),
    mjpeg: `${path}.mjpeg`,
    jpg: `${path}.jpg`,
    results: `${path}.ndjson`,
  };
}

/** A frame as `/api/frames` shows it. */
export function frameJson(frame: FrameView): Record<string, unknown> {
  return {
    id: frame.id,
    device: frame.device,
    source: frame.source,
    sequence: frame.sequence,
    name: frame.name,
    time: rfc3339(frame.timeMs),
    capturedAt: rfc3339(frame.capturedMs),
    receivedAt: rfc3339(frame.receivedMs),
    bytes: frame.bytes,
    verdict: frame.verdict,
    result: frame.result,
    jpg: `/frames/${frame.id}.jpg`,
  };
}

/** A timeline as `/api/timeline` shows it. */
export function timelineJson({ spans, gaps }: TimelineView): Record<string, unknown> {
  return {
    spans: spans.map(({ fromMs, toMs, frames, defects }) => ({
      from: rfc3339(fromMs),
      to: rfc3339(toMs),
      frames,
      defects,
    })),
    gaps: gaps.map(({ fromMs, toMs, frames, reason, count }) => ({
      from: rfc3339(fromMs),
      to: rfc3339OrNull(toMs),
      frames,
      reason,
      count,
    })),
  };
}
