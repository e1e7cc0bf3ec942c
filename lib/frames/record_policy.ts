/** Which frames are recorded: `--record`, and the choice for each frame. */
import { usage } from "../config/values.ts";
import type { Verdict } from "../protocol/frame.ts";

/** `every`: the first, and then each `count`th. `on`: those with this verdict, which has to be waited for. */
export type RecordPolicy =
  | { readonly kind: "all" }
  | { readonly kind: "none" }
  | { readonly kind: "every"; readonly count: number }
  | { readonly kind: "on"; readonly verdict: Verdict };

const VERDICTS: readonly Verdict[] = ["ok", "defect"];

/** `all`, `none`, `every:10`, `on:defect`. @throws {FramewireError} `USAGE`. */
export function parseRecordPolicy(name: string, text: string): RecordPolicy {
  const [kind, value] = text.trim().split(/:(.*)/s);
  if ((kind === "all" || kind === "none") && value === undefined) return { kind };
  if (kind === "every" && /^[1-9]\d{0,8}$/.test(value ?? "")) return { kind, count: Number(value) };
  const verdict = VERDICTS.find((word) => word === value);
  if (kind === "on" && verdict !== undefined) return { kind, verdict };
  throw usage(name, "all, none, every:N such as every:10, on:ok or on:defect", text);
}

/** What to do with a frame: `wait` for its result, which decides. */
export type RecordChoice = "record" | "pass" | "wait";

/** The choices for one source. */
export class RecordChooser {
  readonly #policy: RecordPolicy;
  #seen = 0;

  constructor(policy: RecordPolicy) {
    this.#policy = policy;
  }

  /** For the next frame. */
  next(): RecordChoice {
    switch (this.#policy.kind) {
      case "all":
        return "record";
      case "none":
        return "pass";
      case "every":
        return this.#seen++ % this.#policy.count === 0 ? "record" : "pass";
      case "on":
        return "wait";
    }
  }

  /** Whether a frame that waited is recorded. One that nobody looked at has no verdict, and is not. */
  decide(verdict: Verdict): boolean {
    return this.#policy.kind === "on" && this.#policy.verdict === verdict;
  }
}
