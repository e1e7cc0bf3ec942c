/** Filters of topics of MQTT: `sensors/#`, `+/temperature` (MQTT 3.1.1, section 4.7). */
import { usage } from "../config/values.ts";

const FILTER_BYTES_MAX = 65_535;

/** Looks at a filter. @throws {FramewireError} `USAGE`. */
export function checkFilter(name: string, text: string): void {
  const levels = text.split("/");
  const isRight = levels.every((level, at) =>
    level === "+" || (level === "#" && at === levels.length - 1) || !/[+#\0]/.test(level)
  );
  if (text === "" || !isRight || new TextEncoder().encode(text).length > FILTER_BYTES_MAX) {
    throw usage(name, "a topic, where + stands for one of its levels and # at its end for any more", text);
  }
}

/** Whether `filter` takes `topic`. */
export function isMatch(filter: string, topic: string): boolean {
  const [wanted, levels] = [filter.split("/"), topic.split("/")];
  // Topics of the broker itself are not among "all".
  if (topic.startsWith("$") && wanted[0] !== levels[0]) return false;
  for (const [at, level] of wanted.entries()) {
    if (level === "#") return true;
    if (at >= levels.length || (level !== "+" && level !== levels[at])) return false;
  }
  return wanted.length === levels.length;
}
