/**
 * Events with consecutive numbers, encoded once: as the bytes of an EventBatch are those of its events one after the other,
 * a pack can be cut and joined without decoding it. What a box keeps is what it sends.
 */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { BoxEvent, EventBody } from "./event.ts";
import type { SequenceRange } from "./message.ts";
import { writeVarint } from "./varint.ts";

/** Some events in the order of their numbers, none missing in between. */
export interface EventPack extends SequenceRange {
  /** An EventBatch. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Times of the first and the last event by the clock of the box, ms since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** A pack ends at this size, bytes: what a queue removes at once, and what a slow link need not wait for. */
const PACK_BYTES_MAX = 64 * 1024;
/** Bytes of an event besides its texts and its picture, at most: tags, lengths, numbers. */
const HEAD_BYTES_MAX = 96;
/** Bytes of a reading besides its picture, at most. */
const TEMP_BYTES_MAX = 40;
const encoder = new TextEncoder();
let buffer = new Uint8Array(2 * PACK_BYTES_MAX);
const floats = new DataView(new ArrayBuffer(4));

/**
 * Encodes events that have consecutive numbers.
 *
 * @throws {FramewireError} `MALFORMED` when one has more than `eventBytesMax` bytes; nothing is encoded then.
 */
export function packEvents(events: readonly BoxEvent[]): EventPack[] {
  const packs: EventPack[] = [];
  let first = 0;
  let at = 0;
  for (let index = 0; index < events.length; index++) {
    const event = events[index]!;
    const start = at;
    at = writeEvent(event, at);
    const isLast = index === events.length - 1;
    const isFull = at >= PACK_BYTES_MAX || index - first + 1 >= LIMITS.eventsPerBatchMax;
    if (at - start > LIMITS.eventBytesMax) throw tooLarge(at - start);
    if (!isLast && !isFull) continue;
    const [fromMs, toMs] = [events[first]!.timeMs, event.timeMs];
    packs.push({ first: events[first]!.sequence, last: event.sequence, bytes: buffer.slice(0, at), fromMs, toMs });
    first = index + 1;
    at = 0;
  }
  return packs;
}

/** The error of an event that is too large. */
export function tooLarge(bytes: number): FramewireError {
  return new FramewireError(
    "MALFORMED",
    `Cannot send event as it must have <= ${LIMITS.eventBytesMax} bytes: received ${bytes}`,
  );
}

/** Where the events of a pack end. */
export function eventEnds({ bytes, first, last }: EventPack): number[] {
  const ends: number[] = [];
  let at = 0;
  for (let sequence = first; sequence <= last; sequence++) {
    // The tag of `events`, and the length of one.
    let length = 0;
    let shift = 1;
    for (at++;; shift *= 128) {
      const byte = bytes[at++]!;
      length += (byte & 127) * shift;
      if (byte < 128) break;
    }
    at += length;
    ends.push(at);
  }
  return ends;
}

function writeEvent({ sequence, timeMs, source, body }: BoxEvent, start: number): number {
  const bytesMax = HEAD_BYTES_MAX + bodyBytesMax(body) + (source === null ? 0 : 3 * source.length);
  makeRoom(start + bytesMax);
  // Behind the longest head; moved to the front once its length is known, if that is shorter.
  const from = start + 1 + lengthBytes(bytesMax);
  let at = from;
  buffer[at++] = 0x08;
  at = writeVarint(buffer, at, sequence);
  const micros = Math.round(timeMs * 1000);
  if (micros !== 0) {
    buffer[at++] = 0x10;
    at = writeSigned(micros, at);
  }
  at = writeBody(body, at);
  if (source !== null && source !== "") at = writeText(0x32, source, at);
  buffer[start] = 0x0a;
  return putLength(start + 1, from, at);
}

function bodyBytesMax(body: EventBody): number {
  switch (body.kind) {
    case "temp":
      return body.picture?.length ?? 0;
    case "text":
      return 3 * body.text.length;
    case "json":
      return 3 * body.json.length;
  }
}

function writeBody(body: EventBody, at: number): number {
  switch (body.kind) {
    case "temp":
      return writeTemp(body, at);
    case "text":
      return writeText(0x22, body.text, at);
    case "json":
      return writeText(0x2a, body.json, at);
  }
}

function writeTemp(
  { deviceId, eventId, humidity, tempCel, picture }: Extract<EventBody, { kind: "temp" }>,
  at: number,
) {
  const pictureBytes = picture?.length ?? 0;
  buffer[at++] = 0x1a;
  const from = at + lengthBytes(TEMP_BYTES_MAX + pictureBytes);
  let end = from;
  if (deviceId !== 0) {
    buffer[end++] = 0x08;
    end = writeSigned(deviceId, end);
  }
  if (eventId !== 0) {
    buffer[end++] = 0x10;
    end = writeSigned(eventId, end);
  }
  end = writeFloat(0x1d, humidity, end);
  end = writeFloat(0x25, tempCel, end);
  if (pictureBytes > 0) {
    buffer[end++] = 0x2a;
    end = writeVarint(buffer, end, pictureBytes);
    buffer.set(picture!, end);
    end += pictureBytes;
  }
  return putLength(at, from, end);
}

/** A float; nothing for 0, but something for -0. */
function writeFloat(tag: number, value: number, at: number): number {
  if (Object.is(value, 0)) return at;
  buffer[at++] = tag;
  floats.setFloat32(0, value, true);
  for (let index = 0; index < 4; index++) buffer[at++] = floats.getUint8(index);
  return at;
}

function writeText(tag: number, text: string, at: number): number {
  buffer[at++] = tag;
  const from = at + lengthBytes(3 * text.length);
  const { written } = encoder.encodeInto(text, buffer.subarray(from));
  return putLength(at, from, from + written);
}

/** Bytes to keep free for a length of `bytesMax` at most. */
function lengthBytes(bytesMax: number): number {
  return bytesMax < 128 ? 1 : 5;
}

/** Writes the length of what is from `from` to `end` at `at`, and moves that up to it; where it ends now. */
function putLength(at: number, from: number, end: number): number {
  const to = writeVarint(buffer, at, end - from);
  if (to !== from) buffer.copyWithin(to, from, end);
  return to + end - from;
}

/** Negative ones as 64 bits, as protobuf has them. */
function writeSigned(value: number, at: number): number {
  if (value >= 0) return writeVarint(buffer, at, value);
  for (let rest = BigInt.asUintN(64, BigInt(value));; rest >>= 7n) {
    if (rest < 128n) {
      buffer[at++] = Number(rest);
      return at;
    }
    buffer[at++] = Number(rest & 127n) + 128;
  }
}

function makeRoom(bytes: number): void {
  if (bytes <= buffer.length) return;
  const larger = new Uint8Array(2 * bytes);
  larger.set(buffer);
  buffer = larger;
}
