/** Whether a box may come in. */
import { timingSafeEqual } from "node:crypto";
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import { type Hello, PROTOCOL_VERSION } from "../protocol/message.ts";
import type { TokenRule } from "./serve_options.ts";

const encoder = new TextEncoder();

/**
 * Checks a Hello.
 *
 * @throws {FramewireError} `UNSUPPORTED_VERSION`, `INVALID_DEVICE`, `UNAUTHENTICATED`.
 */
export function checkHello(hello: Hello, tokens: readonly TokenRule[]): void {
  if (hello.protocolVersion !== PROTOCOL_VERSION) {
    throw new FramewireError(
      "UNSUPPORTED_VERSION",
      `Cannot talk as protocol version must be ${PROTOCOL_VERSION}: received ${hello.protocolVersion}`,
    );
  }
  const nameBytes = encoder.encode(hello.device).length;
  // The texts of SQLite end at a NUL.
  if (nameBytes < 1 || nameBytes > LIMITS.deviceNameBytesMax || hello.device.includes("\0")) {
    const text = `Cannot take device name as it must have 1 to ${LIMITS.deviceNameBytesMax} bytes, none of them NUL: ` +
      `received ${nameBytes}`;
    throw new FramewireError("INVALID_DEVICE", text);
  }
  if (tokens.length === 0) return;
  // Every rule is compared, so that the time tells nothing about which one was nearly right.
  const fits = tokens.filter(({ device, token }) =>
    sameText(token, hello.token) && (device === null || device === hello.device)
  );
  if (fits.length === 0) {
    throw new FramewireError("UNAUTHENTICATED", `The token of ${hello.device} is missing or wrong`);
  }
}

/** Compares in a time that depends on the lengths alone. */
function sameText(a: string, b: string): boolean {
  const [left, right] = [encoder.encode(a), encoder.encode(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
