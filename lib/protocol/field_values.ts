/** Field values ⇄ what this program holds: numbers which a peer chose are checked here. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { EnvelopeSchema } from "../../gen/framewire/v1/framewire_pb.ts";
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";

/** The one body of an Envelope, as the encoder takes it. */
export type Body = Exclude<
  NonNullable<MessageInitShape<typeof EnvelopeSchema>["body"]>,
  { case: undefined; value?: undefined }
>;

/** A count, which must be one that a number holds exactly. @throws {FramewireError} `MALFORMED`. */
export function count(field: string, value: bigint): number {
  if (value > BigInt(LIMITS.clipBytesMax)) {
    throw new FramewireError(
      "MALFORMED",
      `Cannot take ${field} as it must be <= ${LIMITS.clipBytesMax}: received ${value}`,
    );
  }
  return Number(value);
}

/** A time that a Date can hold; null for any other, which is no time at all (ECMA-262 section 21.4.1.1). */
export function wallMs(value: bigint): number | null {
  return value >= -8_640_000_000_000_000n && value <= 8_640_000_000_000_000n ? Number(value) : null;
}

/** A hash in hexadecimal as bytes; none for null. */
export function hashBytes(text: string | null): Uint8Array<ArrayBuffer> {
  return text === null ? new Uint8Array(0) : Uint8Array.fromHex(text);
}

/** The reverse. @throws {FramewireError} `MALFORMED` when it has not 32 bytes. */
export function hashText(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return null;
  if (bytes.length !== 32) {
    throw new FramewireError("MALFORMED", `Cannot take sha256 as it must have 32 bytes: received ${bytes.length}`);
  }
  return bytes.toHex();
}

/** A time with microseconds as milliseconds; 0, which is no time at all, when no Date can hold it. */
export function microsToMs(value: bigint): number {
  const ms = wallMs(value / 1000n);
  return ms === null ? 0 : ms + Number(value % 1000n) / 1000;
}

/** The reverse. */
export function msToMicros(ms: number): bigint {
  const whole = Math.floor(ms);
  return BigInt(whole) * 1000n + BigInt(Math.round((ms - whole) * 1000));
}

/** A field for an object literal, left out when there is no value. */
export function optional<K extends string>(key: K, value: number | null): { [P in K]?: bigint } {
  return (value === null ? {} : { [key]: BigInt(Math.trunc(value)) }) as { [P in K]?: bigint };
}
