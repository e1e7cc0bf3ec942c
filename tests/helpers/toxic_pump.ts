import type { Socket } from "node:net";
import { sleep, systemClock } from "../../lib/platform/clock.ts";
import { SeededRandom } from "./seeded_random.ts";

/** What happens to one direction of each connection; byte counts are those of the direction and start with the connection. */
export interface Toxics {
  /** Time which bytes are under way, milliseconds. */
  latencyMs?: number;
  /** Up to this is added to the latency, milliseconds; bytes keep their order. */
  jitterMs?: number;
  /** Bytes a second, spread evenly. Kernel buffers in front of the proxy still take some MiB at once. */
  bytesPerSecond?: number;
  /** Bytes of the largest piece which is passed on at once. */
  pieceBytes?: number;
  /** Resets both sides once this many bytes were passed on. */
  resetAfterBytes?: number;
  /** Ends the direction once this many bytes were passed on; the rest is thrown away. */
  endAfterBytes?: number;
  /** Nothing is passed on behind this many bytes, not even the end, until it is set anew. 0 is a black hole. */
  silentAfterBytes?: number;
  /** Flips one random bit in every so many bytes. */
  flipBitEveryBytes?: number;
  /** Throws all bytes away; the end is passed on. */
  drop?: boolean;
}

/** Bytes under way in a direction with latency: the link "holds" them. Without latency a single chunk does. */
const UNDER_WAY_BYTES_MAX = 1024 * 1024;
/** Bytes are spread over time in pieces of this much time, milliseconds. */
const PACE_MS = 10;

/** What a {@linkcode pump} is told and tells. */
export interface PumpOptions {
  readonly from: Socket;
  readonly to: Socket;
  /** Asked anew for each piece, so that faults may change while bytes flow. */
  readonly toxics: () => Toxics;
  /** Resolves when the toxics were changed. */
  readonly changed: () => Promise<void>;
  readonly random: SeededRandom;
  /** Ends the pump. */
  readonly signal: AbortSignal;
  /** Bytes which were passed on. */
  readonly onBytes: (count: number) => void;
  /** Resets both sides. */
  readonly reset: () => void;
}

/** Moves one direction of a connection, with back-pressure, until its end, a cut or the signal. Never rejects. */
export async function pump(options: PumpOptions): Promise<void> {
  const { from, signal, reset } = options;
  const writer = new ToxicWriter(options);
  const underWay: Promise<void>[] = [];
  let underWayBytes = 0;
  let tail = Promise.resolve();
  let lastAtMs = 0;
  /** Passes `bytes` on, or the end, behind all that came before, when its time has come. */
  const schedule = (bytes: Uint8Array | null) => {
    const { latencyMs = 0, jitterMs = 0 } = options.toxics();
    lastAtMs = Math.max(lastAtMs, systemClock.now() + latencyMs + jitterMs * options.random.fraction());
    const atMs = lastAtMs;
    const count = bytes?.length ?? 0;
    underWayBytes += count;
    tail = tail.then(async () => {
      const waitMs = atMs - systemClock.now();
      if (waitMs > 0) await sleep(systemClock, waitMs, signal);
      if (!signal.aborted) await (bytes === null ? writer.end() : writer.write(bytes));
      // The far side was reset, or went away: so does the near one. Nobody may be waiting for this promise now.
    }).catch(reset).finally(() => {
      underWayBytes -= count;
      underWay.shift();
    });
    underWay.push(tail);
  };
  try {
    // The other direction lives on after the end of this one.
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      schedule(chunk as Uint8Array);
      const { latencyMs = 0, jitterMs = 0 } = options.toxics();
      const bytesMax = latencyMs + jitterMs > 0 ? UNDER_WAY_BYTES_MAX : 0;
      while (underWayBytes > bytesMax) await underWay[0];
      if (signal.aborted) break;
    }
    schedule(null);
  } catch {
    // The near side was reset, or went away.
    reset();
  }
  await tail;
}

/** The far end of a pump: cuts, spreads, spoils and counts what is passed on. */
class ToxicWriter {
  readonly #options: PumpOptions;
  #passed = 0;
  #ended = false;
  #dueMs = 0;
  #flipAt: number | undefined;

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { signal, reset, to } = this.#options;
    for (let done = 0; done < bytes.length && !signal.aborted;) {
      const toxics = this.#options.toxics();
      const { resetAfterBytes = Infinity, endAfterBytes = Infinity, silentAfterBytes = Infinity } = toxics;
      if (toxics.drop || this.#ended) return;
      if (this.#passed >= resetAfterBytes) return reset();
      if (this.#passed >= endAfterBytes) return this.#finish();
      if (this.#passed >= silentAfterBytes) {
        await this.#options.changed();
        continue;
      }
      const { bytesPerSecond = Infinity, pieceBytes = Infinity } = toxics;
      const room = Math.min(resetAfterBytes, endAfterBytes, silentAfterBytes) - this.#passed;
      const piece = Math.min(room, pieceBytes, Math.max(1, Math.floor(bytesPerSecond * PACE_MS / 1000)));
      const part = this.#spoil(bytes.subarray(done, done + piece), toxics);
      await writeTo(to, part);
      done += part.length;
      this.#passed += part.length;
      this.#options.onBytes(part.length);
      if (this.#passed >= resetAfterBytes) return reset();
      if (this.#passed >= endAfterBytes) return this.#finish();
      if (bytesPerSecond !== Infinity) await this.#pace(part.length, bytesPerSecond);
    }
  }

  async end(): Promise<void> {
    while (this.#passed >= (this.#options.toxics().silentAfterBytes ?? Infinity)) {
      if (this.#options.signal.aborted) return;
      await this.#options.changed();
    }
    this.#finish();
  }

  #finish(): void {
    if (!this.#ended) this.#options.to.end();
    this.#ended = true;
  }

  async #pace(count: number, bytesPerSecond: number): Promise<void> {
    const now = systemClock.now();
    // Lateness of timers is made up for, but only of this much: an idle link saves nothing up.
    this.#dueMs = Math.max(this.#dueMs, now - 5 * PACE_MS) + count * 1000 / bytesPerSecond;
    if (this.#dueMs > now) await sleep(systemClock, this.#dueMs - now, this.#options.signal);
  }

  #spoil(bytes: Uint8Array, { flipBitEveryBytes }: Toxics): Uint8Array {
    if (flipBitEveryBytes === undefined) return bytes;
    const { random } = this.#options;
    this.#flipAt ??= this.#passed + random.int(flipBitEveryBytes);
    const end = this.#passed + bytes.length;
    if (this.#flipAt >= end) return bytes;
    const spoiled = bytes.slice();
    for (; this.#flipAt < end; this.#flipAt += flipBitEveryBytes) {
      const at = this.#flipAt - this.#passed;
      if (at >= 0) spoiled[at] = (spoiled[at] ?? 0) ^ (1 << random.int(8));
    }
    return spoiled;
  }
}

/** Resolves when the kernel has taken the bytes; that is the back-pressure. */
function writeTo(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Deno.errors.BrokenPipe("The other side is gone"));
    if (socket.destroyed) return gone();
    socket.once("close", gone);
    socket.write(bytes, (error) => {
      socket.off("close", gone);
      if (error) reject(error);
      else resolve();
    });
  });
}
