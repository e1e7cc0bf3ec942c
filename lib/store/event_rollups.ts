/** Sums of what is charted by minute, hour and day, so that a year is drawn from thousands of rows. */
import type { Statements } from "./statements.ts";

/** Lengths of what is summed up, ms; each divides the next. */
export const STEPS_MS = [60_000, 3_600_000, 86_400_000] as const;

interface Sums {
  count: number;
  sum: number;
  min: number;
  max: number;
  late: number;
}

/** The minutes of a measure in this transaction. */
interface Minutes {
  readonly cells: Map<number, Sums>;
  /** The one which was used last, and which is most often the next. */
  lastMs: number;
  last: Sums;
}

export class EventRollups {
  readonly #sql: Statements;
  readonly #measures = new Map<number, Minutes>();

  constructor(statements: Statements) {
    this.#sql = statements;
  }

  /** A value, which has to be finite. It is in the tables after {@linkcode flush}. */
  add(measureId: number, timeMs: number, value: number, late: boolean): void {
    let minutes = this.#measures.get(measureId);
    if (minutes === undefined) {
      minutes = { cells: new Map(), lastMs: NaN, last: nothing() };
      this.#measures.set(measureId, minutes);
    }
    const minuteMs = Math.floor(timeMs / STEPS_MS[0]) * STEPS_MS[0];
    if (minuteMs !== minutes.lastMs) {
      minutes.lastMs = minuteMs;
      minutes.last = sumsAt(minutes.cells, minuteMs);
    }
    const { last } = minutes;
    last.count++;
    last.sum += value;
    if (value < last.min) last.min = value;
    if (value > last.max) last.max = value;
    if (late) last.late++;
  }

  /** Writes what was added, before the commit. */
  flush(): void {
    for (const [measureId, { cells }] of this.#measures) {
      let finer: ReadonlyMap<number, Sums> = cells;
      for (const stepMs of STEPS_MS) {
        const coarser = stepMs === STEPS_MS[0] ? finer : coarsen(finer, stepMs);
        for (const [timeMs, sums] of coarser) this.#write(measureId, stepMs, timeMs, sums);
        finer = coarser;
      }
    }
    this.#measures.clear();
  }

  /** Forgets what was added: the transaction was rolled back. */
  forget(): void {
    this.#measures.clear();
  }

  /** The largest sum is as near to infinity as sums come: of two infinities there may be none, and no row takes that. */
  #write(measureId: number, stepMs: number, timeMs: number, { count, sum, min, max, late }: Sums): void {
    this.#sql.run(
      `INSERT INTO rollup (measure_id, step_ms, time_ms, count, sum, min, max, late) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count, sum = max(-?9, min(?9, sum + excluded.sum)),
         min = min(min, excluded.min), max = max(max, excluded.max), late = late + excluded.late`,
      ...[measureId, stepMs, timeMs, count, bounded(sum), min, max, late, Number.MAX_VALUE],
    );
  }
}

function coarsen(finer: ReadonlyMap<number, Sums>, stepMs: number): ReadonlyMap<number, Sums> {
  const cells = new Map<number, Sums>();
  for (const [timeMs, { count, sum, min, max, late }] of finer) {
    const sums = sumsAt(cells, Math.floor(timeMs / stepMs) * stepMs);
    sums.count += count;
    sums.sum = bounded(sums.sum + sum);
    sums.min = Math.min(sums.min, min);
    sums.max = Math.max(sums.max, max);
    sums.late += late;
  }
  return cells;
}

function bounded(sum: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, sum));
}

function sumsAt(cells: Map<number, Sums>, timeMs: number): Sums {
  let sums = cells.get(timeMs);
  if (sums === undefined) cells.set(timeMs, sums = nothing());
  return sums;
}

function nothing(): Sums {
  return { count: 0, sum: 0, min: Infinity, max: -Infinity, late: 0 };
}
