/** Clips and devices as the JSON API shows them: times in RFC 3339 with milliseconds, bytes as integers. */
import type { ClipView, DeviceView } from "./clip_library.ts";
import { rfc3339, rfc3339OrNull } from "./times.ts";

/** A clip as `/api/clips` shows it. */
export function clipJson(clip: ClipView): Record<string, unknown> {
  return {
    id: clip.id,
    device: clip.device,
    name: clip.name,
    storedName: clip.storedName,
    state: clip.state,
    sizeBytes: clip.size,
    heldBytes: clip.held.reduce((sum, { start, end }) => sum + end - start, 0),
    held: clip.held.map(({ start, end }) => ({ start, end })),
    sha256: clip.sha256,
    mediaType: clip.mediaType,
    rateBytesPerSecond: Math.round(clip.rate),
    createdAt: rfc3339(clip.createdMs),
    updatedAt: rfc3339(clip.updatedMs),
    storedAt: rfc3339OrNull(clip.storedMs),
    modifiedAt: rfc3339OrNull(clip.modifiedMs),
    content: `/clips/${encodeURIComponent(clip.id)}/content`,
  };
}

/** A device as `/api/devices` shows it. */
export function deviceJson(device: DeviceView): Record<string, unknown> {
  return {
    device: device.device,
    online: device.connections > 0,
    connections: device.connections,
    address: device.address,
    software: device.software,
    since: rfc3339(device.sinceMs),
    onlineSince: device.connections > 0 ? rfc3339(device.sinceMs) : null,
    lastSeen: rfc3339(device.lastSeenMs),
    clockOffsetMs: device.clockOffsetMs,
    backlog: device.backlog === null ? null : {
      events: device.backlog.events,
      bytes: device.backlog.bytes,
      frames: device.backlog.frames,
      frameBytes: device.backlog.frameBytes,
      clips: device.backlog.clips,
      clipBytes: device.backlog.clipBytes,
      oldest: rfc3339OrNull(device.backlog.oldestMs),
    },
    dropped: device.dropped,
    droppedFrames: device.droppedFrames,
    disk: device.disk,
    troubles: device.troubles,
  };
}
