/** What the receiving side of feeds takes: names, runs and batches. Pure. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { BoxEvent } from "../protocol/event.ts";
import { batchChecksum, decodeBatch } from "../protocol/event_batch.ts";
import type { EventData, OpenFeed } from "../protocol/message.ts";

/** @throws {FramewireError} `INVALID_NAME` for the name of the feed, `MALFORMED` for its run. */
export function checkOpening({ feed, run }: OpenFeed): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(run)) {
    throw new FramewireError("MALFORMED", "Cannot open feed as its run must be 1 to 64 of A-Z, a-z, 0-9, _ and -");
  }
  checkName("feed", feed, 1, LIMITS.feedNameBytesMax);
}

/** @throws {FramewireError} `BAD_CHECKSUM`. */
export function checkIntact({ stream, batch, crc32 }: EventData): void {
  if (batchChecksum(stream, batch) === crc32) return;
  throw new FramewireError("BAD_CHECKSUM", "Cannot take events as they arrived damaged");
}

/**
 * The events of a batch behind event `last`; pictures are views into it.
 *
 * @throws {FramewireError} `BAD_CHECKSUM`, `MALFORMED`, `INVALID_NAME`.
 */
export function eventsOf(message: EventData, last: number): BoxEvent[] {
  checkIntact(message);
  const { batch } = message;
  if (batch.length > LIMITS.eventBatchBytesMax) {
    throw malformed(`batch as it must have <= ${LIMITS.eventBatchBytesMax} bytes: received ${batch.length}`);
  }
  const events = decodeBatch(batch);
  if (events.length < 1 || events.length > LIMITS.eventsPerBatchMax) {
    throw malformed(`batch as it must have 1 to ${LIMITS.eventsPerBatchMax} events: received ${events.length}`);
  }
  for (const { sequence, source } of events) {
    if (sequence <= last) {
      throw malformed(`event out of order as its number must be > ${last}: received ${sequence}`);
    }
    last = sequence;
    if (source !== null) checkName("source", source, 0, LIMITS.sourceNameBytesMax);
  }
  return events;
}

function malformed(text: string): FramewireError {
  return new FramewireError("MALFORMED", `Cannot take ${text}`);
}

function checkName(what: string, name: string, bytesMin: number, bytesMax: number): void {
  // A name has three bytes a unit at most: most need not be encoded to see that they are short.
  const bytes = name.length * 3 <= bytesMax ? name.length : new TextEncoder().encode(name).length;
  // The texts of SQLite end at a NUL.
  if (bytes >= bytesMin && bytes <= bytesMax && !name.includes("\0")) return;
  const text = `Cannot take name of ${what} as it must have ${bytesMin} to ${bytesMax} bytes of UTF-8, none of them ` +
    `NUL: received ${bytes}`;
  throw new FramewireError("INVALID_NAME", text);
}
