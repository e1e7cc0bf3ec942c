/** Which boxes are connected, and which were. */
import type { Clock } from "../platform/clock.ts";
import type { DeviceView } from "../viewer/clip_library.ts";

/** Boxes that are remembered after they have gone; the longest gone is forgotten first. */
const REMEMBERED_MAX = 1_000;

interface Seen {
  connections: number;
  address: string;
  software: string;
  sinceMs: number;
  lastSeenMs: number;
}

export class DeviceTable {
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A connection of `device` was welcomed; call the returned function when it ends. */
  arrived(device: string, address: string, software: string): () => void {
    const nowMs = this.#clock.wallMs();
    const seen = this.#seen.get(device) ?? { connections: 0, address, software, sinceMs: nowMs, lastSeenMs: nowMs };
    if (seen.connections === 0) seen.sinceMs = nowMs;
    Object.assign(seen, { connections: seen.connections + 1, address, software, lastSeenMs: nowMs });
    this.#seen.delete(device);
    this.#seen.set(device, seen);
    this.#forgetOldest();
    return () => {
      seen.connections--;
      seen.lastSeenMs = this.#clock.wallMs();
    };
  }

  /** All boxes, those connected first. */
  views(): DeviceView[] {
    const nowMs = this.#clock.wallMs();
    return [...this.#seen].map(([device, seen]) => ({
      device,
      ...seen,
      lastSeenMs: seen.connections > 0 ? nowMs : seen.lastSeenMs,
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
