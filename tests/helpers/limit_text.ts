/** Limits as the documents write them. */
import { LIMITS } from "../../lib/config/limits.ts";

export type LimitName = keyof typeof LIMITS;

const UNITS = [["TiB", 2 ** 40], ["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]] as const;

/** Value and unit of a limit: `256 KiB`, `10 s`, `500 ms`, `1 KiB/s`, `32`. The unit is in its name. */
export function limitText(name: LimitName): string {
  const value = LIMITS[name];
  if (/BytesPerSecond$/.test(name)) return `${bytesText(value)}/s`;
  if (/Bytes(Max|Min)?$/.test(name)) return bytesText(value);
  if (/Ms$/.test(name)) return value >= 1000 && value % 1000 === 0 ? `${value / 1000} s` : `${value} ms`;
  return String(value);
}

function bytesText(bytes: number): string {
  const unit = UNITS.find(([, size]) => bytes >= size && bytes % size === 0);
  return unit === undefined ? `${bytes} bytes` : `${bytes / unit[1]} ${unit[0]}`;
}
