/** What came from a box as what can be stored: all of a batch is looked at before anything of it is written. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { BoxEvent } from "../protocol/event.ts";
import { decodeBatch } from "../protocol/event_batch.ts";

/** An event, and the numbers of its JSON. */
export interface CheckedEvent {
  readonly event: BoxEvent;
  /** Fields of a JSON object which are charted; undefined for other events. */
  readonly numbers: readonly (readonly [name: string, value: number])[] | undefined;
}

/** UTF-16 units of the name of a field which is charted. */
const MEASURE_NAME_MAX = 128;

/** @throws {FramewireError} `MALFORMED`. */
export function checkBatch(batch: Uint8Array): CheckedEvent[] {
  const events = decodeBatch(batch);
  if (events.length > LIMITS.eventsPerBatchMax) {
    throw malformed(`batch as its events must be <= ${LIMITS.eventsPerBatchMax}: received ${events.length}`);
  }
  let last = 0;
  return events.map((event) => {
    if (event.sequence <= last) throw malformed(`event as its sequence must be > ${last}: received ${event.sequence}`);
    last = event.sequence;
    return { event, numbers: event.body.kind === "json" ? numbersOf(event.body.json, last) : undefined };
  });
}

/** Numbers at the top of a JSON object; booleans are none. @throws {FramewireError} `MALFORMED` when it is no object. */
export function numbersOf(json: string, sequence: number): [string, number][] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw malformed(`event ${sequence} as its JSON must be an object: received ${json.slice(0, 40)}`, cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw malformed(`event ${sequence} as its JSON must be an object: received ${json.slice(0, 40)}`);
  }
  return Object.entries(value).filter(([name, number]) =>
    Number.isFinite(number) && name !== "" && name.length <= MEASURE_NAME_MAX
  );
}

function malformed(text: string, cause?: unknown): FramewireError {
  return new FramewireError("MALFORMED", `Cannot store ${text}`, cause === undefined ? {} : { cause });
}
