/**
 * The packets of MQTT 3.1.1 that one who only receives needs, as bytes and back (OASIS standard, chapters 2 and 3). No input
 * or output of its own.
 *
 * Written here as a library costs the executable more than all of Framewire: docs/AGENT.md has the figures.
 */
import { FramewireError } from "../errors.ts";

/** Types of packets, as the upper four bits of their first byte. */
export const MQTT = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  subscribe: 8,
  suback: 9,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
} as const;

/** A packet as it came: what its body means depends on its type. */
export interface MqttPacket {
  /** One of {@linkcode MQTT}, or another that we do not know. */
  readonly type: number;
  /** The lower four bits of the first byte. */
  readonly flags: number;
  /** A view, valid until the next packet is read; only the first bytes if it is shorter than `bytes`. */
  readonly body: Uint8Array;
  /** Length of the whole body. */
  readonly bytes: number;
}

/** A message of a topic. */
export interface MqttMessage {
  readonly topic: string;
  /** 0: nobody waits for an answer. */
  readonly qos: number;
  /** What the broker keeps of the topic for those who come late, not what was just published. */
  readonly isRetained: boolean;
  /** By which it is answered; 0 if `qos` is 0. */
  readonly id: number;
  /** A copy; null when there was more of it than is kept. */
  readonly payload: Uint8Array | null;
  /** Of the whole payload. */
  readonly bytes: number;
}

/** Who we are to a broker. */
export interface MqttConnect {
  /** The broker keeps what waits for us by this name. */
  readonly clientId: string;
  readonly user: string | null;
  readonly password: string | null;
  /** The broker gives us up after one and a half of it without a packet, s. */
  readonly keepAliveSeconds: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** QoS 1: at least once. */
const QOS = 1;

/** CONNECT, with a session that outlives connections. */
export function encodeConnect({ clientId, user, password, keepAliveSeconds }: MqttConnect): Uint8Array {
  const flags = (user === null ? 0 : 0x80) | (password === null ? 0 : 0x40);
  const parts = [text("MQTT"), Uint8Array.of(4, flags), number(keepAliveSeconds), text(clientId)];
  if (user !== null) parts.push(text(user));
  if (password !== null) parts.push(text(password));
  return packet(MQTT.connect << 4, parts);
}

/** SUBSCRIBE to all of `filters`. */
export function encodeSubscribe(id: number, filters: readonly string[]): Uint8Array {
  return packet(MQTT.subscribe << 4 | 2, [
    number(id),
    ...filters.flatMap((filter) => [text(filter), Uint8Array.of(QOS)]),
  ]);
}

/** A PUBACK for each of `ids`, one behind the other. */
export function encodePubacks(ids: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(ids.length * 4);
  ids.forEach((id, at) => bytes.set([MQTT.puback << 4, 2, id >> 8, id & 0xff], at * 4));
  return bytes;
}

export function encodePing(): Uint8Array {
  return Uint8Array.of(MQTT.pingreq << 4, 0);
}

export function encodeDisconnect(): Uint8Array {
  return Uint8Array.of(MQTT.disconnect << 4, 0);
}

/** CONNACK. @throws {FramewireError} `MALFORMED`. */
export function decodeConnack({ body }: MqttPacket): { readonly hasSession: boolean; readonly code: number } {
  if (body.length !== 2) throw malformed("CONNACK", body.length);
  return { hasSession: (body[0]! & 1) === 1, code: body[1]! };
}

/** SUBACK: what each filter was granted, 0 to 2, or 128 for none. @throws {FramewireError} `MALFORMED`. */
export function decodeSuback({ body }: MqttPacket): { readonly id: number; readonly granted: readonly number[] } {
  if (body.length < 3) throw malformed("SUBACK", body.length);
  return { id: numberAt(body, 0), granted: [...body.subarray(2)] };
}

/** PUBLISH. @throws {FramewireError} `MALFORMED`. */
export function decodePublish({ flags, body, bytes }: MqttPacket): MqttMessage {
  const qos = flags >> 1 & 3;
  const topicEnd = body.length < 2 ? Infinity : 2 + numberAt(body, 0);
  const start = topicEnd + (qos > 0 ? 2 : 0);
  if (start > body.length || qos > QOS) throw malformed("PUBLISH", body.length);
  const id = qos > 0 ? numberAt(body, topicEnd) : 0;
  let topic: string;
  try {
    topic = decoder.decode(body.subarray(2, topicEnd));
  } catch (cause) {
    throw new FramewireError("MALFORMED", "Cannot read PUBLISH as its topic must be UTF-8", { cause });
  }
  const payload = body.length === bytes ? body.slice(start) : null;
  return { topic, qos, isRetained: (flags & 1) === 1, id, payload, bytes: bytes - start };
}

function packet(first: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [first];
  let rest = length;
  do {
    head.push(rest % 128 | (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  let at = head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function text(value: string): Uint8Array {
  const bytes = encoder.encode(value);
  const whole = new Uint8Array(2 + bytes.length);
  whole.set(number(bytes.length));
  whole.set(bytes, 2);
  return whole;
}

function number(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

function numberAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!;
}

function malformed(name: string, bytes: number): FramewireError {
  return new FramewireError("MALFORMED", `Cannot read ${name} as it has another form: received ${bytes} bytes`);
}
