/** What the programs say about themselves: one line an event, on standard error, for a person or as JSON. */
import { FramewireError } from "./errors.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A sink for log lines, passed to whoever has something to say. */
export type Log = (level: LogLevel, text: string, fields?: LogFields) => void;

const ORDER: readonly LogLevel[] = ["debug", "info", "warn", "error"];
/** Lines of one text a second; a flood of broken peers must not fill the disk. */
const SAME_TEXT_PER_SECOND = 20;

export interface LogOptions {
  readonly level: LogLevel;
  readonly json: boolean;
  readonly wallMs: () => number;
  readonly write: (line: string) => void;
}

/** A log which writes lines; of one text at most a few a second, and then how many were left out. */
export function createLog(options: LogOptions): Log {
  const counts = new Map<string, { second: number; count: number }>();
  const emit = (level: LogLevel, text: string, fields: LogFields) => {
    const time = new Date(options.wallMs()).toISOString();
    if (options.json) return options.write(JSON.stringify({ time, level, text, ...fields }));
    const rest = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== "")
      .map(([key, value]) => ` ${key}=${typeof value === "string" ? quoted(value) : value}`).join("");
    options.write(`${time.slice(11, 23)} ${level === "info" ? "" : level + ": "}${text}${rest}`);
  };
  return (level, text, fields = {}) => {
    if (ORDER.indexOf(level) < ORDER.indexOf(options.level)) return;
    const second = Math.floor(options.wallMs() / 1000);
    const seen = counts.get(text);
    if (seen === undefined || seen.second !== second) {
      if (seen !== undefined && seen.count > SAME_TEXT_PER_SECOND) {
        emit(level, `${text} (and ${seen.count - SAME_TEXT_PER_SECOND} more like it)`, {});
      }
      counts.delete(text);
      if (counts.size > 1000) counts.clear();
      counts.set(text, { second, count: 1 });
    } else if (++seen.count > SAME_TEXT_PER_SECOND) return;
    emit(level, text, fields);
  };
}

/** A log which says nothing. */
export const silentLog: Log = () => {};

/** Fields of a log line about an error. */
export function errorFields(thrown: unknown): LogFields {
  if (thrown instanceof FramewireError) return { code: thrown.code, error: thrown.message };
  return { error: thrown instanceof Error ? thrown.message : String(thrown) };
}

/** Text from outside goes into a line as JSON, unless it is plain: no line breaks or escape codes of a stranger's. */
function quoted(text: string): string {
  return /^[\w.:/@%+,()-]+$/.test(text) ? text : JSON.stringify(text);
}
