/** Which boxes are connected, and which were. */
import type { Clock } from "../platform/clock.ts";
import type { BoxStatus } from "../protocol/message.ts";
import type { DeviceView } from "../viewer/clip_library.ts";

/** Boxes that are remembered after they have gone; the longest gone is forgotten first. */
const REMEMBERED_MAX = 1_000;
/** Of what a box says to be wrong with it. */
const TROUBLES_MAX = 32;
const TROUBLE_LENGTH_MAX = 500;

interface Seen {
  connections: number;
  address: string;
  software: string;
  sinceMs: number;
  lastSeenMs: number;
  clockOffsetMs: number | null;
  status: Pick<DeviceView, "backlog" | "dropped" | "droppedFrames" | "disk" | "troubles">;
}

const UNTOLD: Seen["status"] = { backlog: null, dropped: 0, droppedFrames: 0, disk: null, troubles: [] };

/** One connection of a box, in the table. */
export interface SeenConnection {
  /** The box says how it is. */
  tell(status: BoxStatus): void;
  /** It is over. */
  left(): void;
}

export class DeviceTable {
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();
  /** By device: the offset of its clock, as the newest of its connections knows it. */
  readonly #offsets = new Map<string, () => number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A connection of `device` was welcomed. `clockOffsetMs`: its clock less ours. */
  arrived(device: string, address: string, software: string, clockOffsetMs: () => number): SeenConnection {
    const nowMs = this.#clock.wallMs();
    const seen = this.#seen.get(device) ??
      { connections: 0, address, software, sinceMs: nowMs, lastSeenMs: nowMs, clockOffsetMs: null, status: UNTOLD };
    // Of a box that comes back nothing is known before it says so again: it may be another program now.
    if (seen.connections === 0) Object.assign(seen, { sinceMs: nowMs, status: UNTOLD });
    Object.assign(seen, { connections: seen.connections + 1, address, software, lastSeenMs: nowMs });
    this.#seen.delete(device);
    this.#seen.set(device, seen);
    this.#offsets.set(device, clockOffsetMs);
    this.#forgetOldest();
    return {
      tell: (message) => seen.status = toStatus(message, clockOffsetMs()),
      left: () => {
        seen.connections--;
        seen.lastSeenMs = this.#clock.wallMs();
        seen.clockOffsetMs = clockOffsetMs();
        if (this.#offsets.get(device) === clockOffsetMs) this.#offsets.delete(device);
      },
    };
  }

  /** All boxes, those connected first. */
  views(): DeviceView[] {
    const nowMs = this.#clock.wallMs();
    return [...this.#seen].map(([device, { status, ...seen }]) => ({
      device,
      ...seen,
      ...status,
      lastSeenMs: seen.connections > 0 ? nowMs : seen.lastSeenMs,
      clockOffsetMs: roundOrNull(this.#offsets.get(device)?.() ?? seen.clockOffsetMs),
    })).sort((a, b) => Math.sign(b.connections) - Math.sign(a.connections) || a.device.localeCompare(b.device));
  }

  #forgetOldest(): void {
    if (this.#seen.size <= REMEMBERED_MAX) return;
    for (const [device, { connections }] of this.#seen) {
      if (connections > 0) continue;
      this.#seen.delete(device);
      return;
    }
  }
}

/** What a box says, bounded. */
function toStatus(message: BoxStatus, offsetMs: number): Seen["status"] {
  const { spooledEvents: events, spooledBytes: bytes, oldestMs, droppedEvents, diskFreeBytes, diskBytes } = message;
  return {
    backlog: {
      ...{ events, bytes, oldestMs: oldestMs === null ? null : Math.round(oldestMs - offsetMs) },
      ...{ frames: message.spooledFrames, frameBytes: message.spooledFrameBytes },
      ...{ clips: message.spooledClips, clipBytes: message.spooledClipBytes },
    },
    dropped: droppedEvents,
    droppedFrames: message.droppedFrames,
    disk: diskFreeBytes === null || diskBytes === null ? null : { freeBytes: diskFreeBytes, bytes: diskBytes },
    troubles: message.troubles.slice(0, TROUBLES_MAX).map((text) => text.slice(0, TROUBLE_LENGTH_MAX).toWellFormed()),
  };
}

function roundOrNull(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
