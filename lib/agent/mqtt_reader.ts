/** Packets of MQTT out of a connection, each whole, however it comes in pieces; of one that is too large only its beginning. */
import { BytesReader } from "../bytes/bytes_reader.ts";
import { LIMITS } from "../config/limits.ts";
import { FramewireError, messageOf } from "../errors.ts";
import type { Connection } from "../platform/network.ts";
import type { MqttPacket } from "./mqtt_packets.ts";

/** A length has so many bytes at most, seven bits each. */
const LENGTH_BYTES_MAX = 4;
/** The longest topic, its length, and the number behind it. */
const HEAD_BYTES = 2 + 65_535 + 2;
/** A larger packet has no event that could be sent. */
const WHOLE_BYTES_MAX = LIMITS.eventBytesMax + HEAD_BYTES;
/** What is passed over is read in pieces of this size. */
const PASS_BYTES = 64 * 1024;

export class MqttReader {
  readonly #connection: Connection;
  readonly #reader = new BytesReader();
  /** What has come, in all. */
  bytes = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * The next packet; rejects when the connection ends.
   *
   * @throws {FramewireError} `CONNECTION_LOST` at the end, `MALFORMED` for what is no MQTT.
   */
  async next(): Promise<MqttPacket> {
    const first = (await this.#take(1))[0]!;
    let bytes = 0;
    for (let at = 0;; at++) {
      const byte = (await this.#take(1))[0]!;
      bytes += (byte & 0x7f) * 128 ** at;
      if ((byte & 0x80) === 0) break;
      if (at === LENGTH_BYTES_MAX - 1) {
        throw new FramewireError("MALFORMED", "Cannot read packet of MQTT as its length must have <= 4 bytes");
      }
    }
    const [type, flags] = [first >> 4, first & 0xf];
    if (bytes <= WHOLE_BYTES_MAX) return { type, flags, body: await this.#take(bytes), bytes };
    const body = (await this.#take(HEAD_BYTES)).slice();
    for (let left = bytes - HEAD_BYTES; left > 0;) left -= (await this.#take(Math.min(left, PASS_BYTES))).length;
    return { type, flags, body, bytes };
  }

  async #take(count: number): Promise<Uint8Array> {
    while (this.#reader.available < count) {
      const read = await this.#connection.read(this.#reader.room(count, 0)).catch((error) => {
        throw lost(error);
      });
      if (read === null) throw lost("it closed it");
      this.#reader.filled(read);
      this.bytes += read;
    }
    return this.#reader.take(count)!;
  }
}

/** The error of a connection that is gone. */
export function lost(cause: unknown): FramewireError {
  return new FramewireError("CONNECTION_LOST", `The connection to the broker is lost: ${messageOf(cause)}`, { cause });
}
