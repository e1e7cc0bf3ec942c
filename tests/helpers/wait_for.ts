/** What a condition gives while it does not hold yet. */
type NotYet = undefined | null | false;

/** Options of {@linkcode waitFor}. */
export interface WaitForOptions {
  /** What is waited for, as it shall stand behind "Waited for" in the error. */
  readonly what: string;
  /** Milliseconds after which it is an error. Default 10,000: a limit for a busy machine, not a speed to reach. */
  readonly deadlineMs?: number;
}

/** First pause between two tries, milliseconds; the pauses double. */
const PAUSE_MS = 1;
/** Longest pause between two tries, milliseconds. */
const PAUSE_MS_MAX = 50;

/**
 * Tries `condition` until it gives something other than undefined, null or false, and resolves with that. A condition
 * which throws, or rejects, does not hold yet.
 *
 * @throws {Error} at the deadline; its text says what was waited for and what the last try gave.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitForOptions,
): Promise<Exclude<T, NotYet>> {
  const { what, deadlineMs = 10_000 } = options;
  const end = performance.now() + deadlineMs;
  let last = "nothing yet";
  let cause: unknown;
  for (let pauseMs = PAUSE_MS;; pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 2)) {
    try {
      const value = await beforeEnd(condition, end);
      if (value === TOO_LATE) {
        last = `a promise which did not settle (before it: ${last})`;
      } else if (value !== undefined && value !== null && value !== false) {
        return value as Exclude<T, NotYet>;
      } else {
        last = String(value);
      }
    } catch (error) {
      cause = error;
      last = String(error);
    }
    const leftMs = end - performance.now();
    if (leftMs <= 0) throw new Error(`Waited ${deadlineMs} ms for ${what}; the last value was ${last}`, { cause });
    await new Promise((resolve) => setTimeout(resolve, Math.min(pauseMs, leftMs)));
  }
}

const TOO_LATE = Symbol("too late");

/** The condition's value, or `TOO_LATE` when its promise is still pending at `end`. */
async function beforeEnd<T>(condition: () => T | Promise<T>, end: number): Promise<T | typeof TOO_LATE> {
  const value = condition();
  if (!(value instanceof Promise)) return value;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<typeof TOO_LATE>((resolve) => {
    timer = setTimeout(() => resolve(TOO_LATE), Math.max(0, end - performance.now()));
  });
  try {
    return await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
  }
}
