/** Texts of flags, environment variables and config keys as values; every error names the value and what is allowed. */
import { FramewireError } from "../errors.ts";

/** Host and port, as `--listen` and `--server` take them. */
export interface HostPort {
  readonly hostname: string;
  readonly port: number;
}

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** A duration such as `500ms`, `10s`, `10m`, `2h`, `7d`, in milliseconds. @throws {FramewireError} `USAGE`. */
export function parseDuration(name: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (match === null) throw usage(name, "a number and a unit of ms, s, m, h or d, such as 10m", text);
  return Number(match[1]) * DURATION_UNITS[match[2]!]!;
}

/** An amount such as `64KiB`, `50GB` or plain bytes. @throws {FramewireError} `USAGE`. */
export function parseBytes(name: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim().toLowerCase());
  const unit = match === null ? undefined : BYTE_UNITS[match[2]!];
  if (match === null || unit === undefined) {
    throw usage(name, "a number and a unit of B, KB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 50GB", text);
  }
  const bytes = Math.round(Number(match[1]) * unit);
  if (!Number.isSafeInteger(bytes)) throw usage(name, `at most ${Number.MAX_SAFE_INTEGER} bytes`, text);
  return bytes;
}

/** `host:port`, `[ipv6]:port` or `:port`, which is every interface. @throws {FramewireError} `USAGE`. */
export function parseHostPort(name: string, text: string): HostPort {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw usage(name, "HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:12345", text);
  }
  return { hostname: match[1] ?? (match[2] === "" ? "0.0.0.0" : match[2]!), port };
}

/** One of a few words. @throws {FramewireError} `USAGE`. */
export function parseChoice<T extends string>(name: string, text: string, choices: readonly T[]): T {
  if ((choices as readonly string[]).includes(text)) return text as T;
  throw usage(name, `one of ${choices.join(", ")}`, text);
}

/** The error of a value which is not what it must be. */
export function usage(name: string, allowed: string, received: string): FramewireError {
  return new FramewireError(
    "USAGE",
    `Cannot use ${name} as it must be ${allowed}: received ${JSON.stringify(received)}`,
  );
}

/** The host and port for a person or a URL; an IPv6 address in brackets. */
export function formatHostPort({ hostname, port }: HostPort): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
