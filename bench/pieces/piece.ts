/** What a micro-benchmark is, and how it is run: variants take turns, medians, ratios. */
import { median, rotated } from "../statistics.ts";

/** One way to do a thing. */
export interface Variant {
  readonly name: string;
  /** Does it once and returns how much was done, in the unit of the group. */
  run(): number | Promise<number>;
}

/** Ways to do the same thing; the first is what the others are compared with. */
export interface Group {
  readonly title: string;
  /** What `run` counts. */
  readonly unit: "bytes" | "messages";
  readonly variants: readonly Variant[];
  /** Frees what the variants hold. */
  close?(): Promise<void>;
}

/** A variant with its median rate in units per second, and how many times the first variant's rate that is. */
export interface Rate {
  readonly name: string;
  readonly perSecond: number;
  readonly ratio: number;
}

/** Measures a group in `rounds` rounds after a warm-up. @throws {Error} what a variant throws */
export async function measure(group: Group, rounds: number): Promise<Rate[]> {
  const rates = new Map<Variant, number[]>(group.variants.map((variant) => [variant, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const variant of rotated(group.variants, round)) {
      const start = performance.now();
      const amount = await variant.run();
      const perSecond = amount / ((performance.now() - start) / 1000);
      if (round > 0) rates.get(variant)?.push(perSecond);
    }
  }
  const medians = group.variants.map((variant) => ({
    name: variant.name,
    perSecond: median(rates.get(variant) ?? []),
  }));
  const first = medians[0]?.perSecond ?? NaN;
  return medians.map((entry) => ({ ...entry, ratio: entry.perSecond / first }));
}

/** A group's rates as a Markdown table. */
export function tableOf(group: Group, rates: readonly Rate[]): string {
  const unit = group.unit === "bytes" ? "GB/s" : "million/s";
  const divisor = group.unit === "bytes" ? 1e9 : 1e6;
  const rows = rates.map(({ name, perSecond, ratio }) =>
    `| ${name} | ${figure(perSecond / divisor)} | ${figure(ratio)} |`
  );
  return [`| ${group.title} | ${unit} | ratio |`, "| --- | ---: | ---: |", ...rows].join("\n") + "\n";
}

/** Two decimals, or two digits of what would vanish. */
function figure(value: number): string {
  return value < 0.1 ? value.toPrecision(2) : value.toFixed(2);
}
