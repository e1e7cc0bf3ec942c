/** Measures and their values in words. Pure. */

const NAMES: Readonly<Record<string, string>> = { temp_cel: "Temperature", humidity: "Humidity" };
const UNITS: Readonly<Record<string, string>> = { temp_cel: "°C", humidity: "%" };

/** A measure as its name and the number of its sensor: only readings of a second sensor and more have one. */
export function partsOf(measure: string): { name: string; sensor: string | null } {
  const parts = /^(temp_cel|humidity)\/(-?\d+)$/.exec(measure);
  return parts === null ? { name: measure, sensor: null } : { name: parts[1]!, sensor: parts[2]! };
}

/** A measure for people: `Temperature` for `temp_cel`; others as the box named them. */
export function measureName(measure: string): string {
  const { name, sensor } = partsOf(measure);
  return (NAMES[name] ?? name) + (sensor === null ? "" : `, sensor ${sensor}`);
}

/** The unit as the box gave it, else that which a known measure always has. */
export function unitOf(measure: string, unit: string | null | undefined): string {
  return unit ?? UNITS[partsOf(measure).name] ?? "";
}

/** A number with as many digits as it needs: `22.41`, `1,013.25`, `0.00042`, `1.500e+21`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e12 && !Number.isSafeInteger(value)) return value.toExponential(3).replaceAll("-", "−");
  if (size !== 0 && size < 1e-4) return String(Number(value.toPrecision(4))).replaceAll("-", "−");
  const whole = String(Math.floor(size)).length;
  const digits = size >= 1000 ? Math.max(0, 6 - whole) : size >= 1 ? 4 - whole : 5;
  return value.toLocaleString("en", { maximumFractionDigits: digits }).replace("-", "−");
}

/** A number with its unit: `22.4 °C`, `48 %`. */
export function formatMeasure(value: number, unit: string): string {
  return unit === "" ? formatNumber(value) : `${formatNumber(value)} ${unit}`;
}
