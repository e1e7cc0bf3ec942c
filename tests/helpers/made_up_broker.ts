/** The broker's end of a connection of MQTT, byte for byte. */
import { MQTT, type MqttPacket } from "../../lib/agent/mqtt_packets.ts";
import { MqttReader } from "../../lib/agent/mqtt_reader.ts";
import type { Connection } from "../../lib/platform/network.ts";

/** What is published. */
export interface Published {
  readonly id?: number;
  readonly topic?: string;
  readonly isRetained?: boolean;
  readonly isAgain?: boolean;
}

const encoder = new TextEncoder();

export class MadeUpBroker {
  /** What came, in order; the body is its own. */
  readonly packets: MqttPacket[] = [];
  /** Resolves when the box has closed the connection. */
  readonly closed: Promise<void>;
  answersPings = true;
  readonly #connection: Connection;

  constructor(connection: Connection, isRead = true) {
    this.#connection = connection;
    this.closed = isRead ? this.#read() : Promise.resolve();
  }

  /** Numbers that were answered. */
  get acked(): number[] {
    return this.packets.filter(({ type }) => type === MQTT.puback).map(({ body }) => body[0]! << 8 | body[1]!);
  }

  types(): number[] {
    return this.packets.map(({ type }) => type);
  }

  /** CONNACK, and SUBACK with what is granted. */
  async letIn({ hasSession = false, code = 0, granted = [1] } = {}): Promise<void> {
    await this.write(Uint8Array.of(MQTT.connack << 4, 2, hasSession ? 1 : 0, code));
    if (code === 0) await this.write(Uint8Array.of(MQTT.suback << 4, 2 + granted.length, 0, 1, ...granted));
  }

  /** A message; with QoS 0 if it has no number. */
  async publish(payload: string | Uint8Array, { id, topic = "t", isRetained, isAgain }: Published = {}): Promise<void> {
    const bytes = typeof payload === "string" ? encoder.encode(payload) : payload;
    const name = encoder.encode(topic);
    const number = id === undefined ? [] : [id >> 8, id & 0xff];
    const rest = 2 + name.length + number.length + bytes.length;
    const length: number[] = [];
    for (let left = rest; length.length === 0 || left > 0; left >>>= 7) {
      length.push(left & 0x7f | (left > 0x7f ? 0x80 : 0));
    }
    const flags = (isAgain ? 8 : 0) | (id === undefined ? 0 : 2) | (isRetained ? 1 : 0);
    const head = [MQTT.publish << 4 | flags, ...length, name.length >> 8, name.length & 0xff, ...name, ...number];
    await this.write(Uint8Array.of(...head));
    await this.write(bytes);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  close(): void {
    this.#connection.close();
  }

  async #read(): Promise<void> {
    const reader = new MqttReader(this.#connection);
    try {
      for (;;) {
        const packet = await reader.next();
        this.packets.push({ ...packet, body: packet.body.slice() });
        if (packet.type === MQTT.pingreq && this.answersPings) await this.write(Uint8Array.of(MQTT.pingresp << 4, 0));
      }
    } catch {
      // The box is gone, or we are.
    }
  }
}
