/** Events ⇄ the bytes of an EventBatch: many share one message, one checksum and one commit. */
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { crc32 } from "node:zlib";
import { type Event, EventBatchSchema, type EventSchema } from "../../gen/framewire/v1/framewire_pb.ts";
import { FramewireError, messageOf } from "../errors.ts";
import type { BoxEvent, EventBody } from "./event.ts";
import { readBatch } from "./event_reader.ts";
import { count, microsToMs, msToMicros } from "./field_values.ts";

const placeBytes = new Uint8Array(4);
const placeView = new DataView(placeBytes.buffer);

/** CRC-32 of the stream as 4 big-endian bytes, and of the batch. */
export function batchChecksum(stream: number, batch: Uint8Array): number {
  placeView.setUint32(0, stream);
  return crc32(batch, crc32(placeBytes));
}

/** The bytes of a batch, the caller's own. */
export function encodeBatch(events: readonly BoxEvent[]): Uint8Array<ArrayBuffer> {
  return toBinary(EventBatchSchema, create(EventBatchSchema, { events: events.map(toEvent) }));
}

/**
 * The events of a batch; pictures are views into `batch`.
 *
 * @throws {FramewireError} `MALFORMED` when the bytes are none, an event has no body that is known, or a field is out of
 * its range.
 */
export function decodeBatch(batch: Uint8Array): BoxEvent[] {
  return readBatch(batch) ?? decodeGenerically(batch);
}

/** The same by the generic decoder, whatever the bytes are. */
export function decodeGenerically(batch: Uint8Array): BoxEvent[] {
  let events: Event[];
  try {
    events = fromBinary(EventBatchSchema, batch, { readUnknownFields: false }).events;
  } catch (cause) {
    const text = `Cannot decode batch of ${batch.length} bytes: ${messageOf(cause)}`;
    throw new FramewireError("MALFORMED", text, { cause });
  }
  return events.map(fromEvent);
}

function toEvent({ sequence, timeMs, source, body }: BoxEvent): MessageInitShape<typeof EventSchema> {
  return { sequence: BigInt(sequence), unixUs: msToMicros(timeMs), source: source ?? "", body: toBody(body) };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

function toBody(body: EventBody): NonNullable<MessageInitShape<typeof EventSchema>["body"]> {
  switch (body.kind) {
    case "temp": {
      const { deviceId, eventId, humidity, tempCel, picture } = body;
      const videoData = (picture ?? new Uint8Array(0)) as Uint8Array<ArrayBuffer>;
      return { case: "temp", value: { deviceId, eventId, humidity, tempCel, videoData } };
    }
    case "text":
      return { case: "text", value: body.text };
    case "json":
      return { case: "json", value: encoder.encode(body.json) };
  }
}

function fromEvent({ sequence, unixUs, source, body }: Event): BoxEvent {
  return {
    sequence: count("sequence", sequence),
    timeMs: microsToMs(unixUs),
    source: source === "" ? null : source,
    body: fromBody(body),
  };
}

function fromBody(body: Event["body"]): EventBody {
  switch (body.case) {
    case "temp": {
      const { deviceId, eventId, humidity, tempCel, videoData } = body.value;
      return { kind: "temp", deviceId, eventId, humidity, tempCel, picture: videoData.length === 0 ? null : videoData };
    }
    case "text":
      return { kind: "text", text: body.value };
    case "json":
      return { kind: "json", json: jsonText(body.value) };
    default:
      throw new FramewireError(
        "MALFORMED",
        "Cannot take event as its body must be temp, text or json: received another",
      );
  }
}

/** The text of a JSON object. What it holds is looked at by who stores it. */
function jsonText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new FramewireError("MALFORMED", "Cannot take event as its JSON must be UTF-8", { cause });
  }
}
