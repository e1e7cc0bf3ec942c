/** `framewire watch`: from a command line to an exit code. */
import { programInputs } from "../config/inputs.ts";
import { LIMITS } from "../config/limits.ts";
import { helpOf, parseOptions } from "../config/options.ts";
import { ERROR_CODES, FramewireError } from "../errors.ts";
import { closeReasonOf } from "../session/close_reason.ts";
import { formatBytes, formatSeconds } from "./format.ts";
import { LineParser } from "./line_parser.ts";
import { MultipartParser, type MultipartPart } from "./multipart_parser.ts";
import { PictureFolder, type WatchedPicture } from "./picture_sink.ts";
import { printable } from "./progress_line.ts";
import { ReportOutput } from "./report_output.ts";
import type { Outside } from "./send_command.ts";
import { toWatchOptions, WATCH_SPEC, type WatchOptions } from "./watch_options.ts";
import { watchStream, type WatchStreamOptions } from "./watch_stream.ts";

const STOPPED = 130;
/** A list of sources which a person can read. */
const LISTED_MAX = 20;
const decoder = new TextDecoder();

/** Runs `watch` with its arguments; resolves with the exit code: 0 after `--count`, or when nobody reads any more. */
export async function watchCommand(outside: Outside, args: readonly string[]): Promise<number> {
  const { program } = outside;
  const stop = new AbortController();
  let output: ReportOutput | undefined;
  const endStop = program.onStop(() => {
    if (stop.signal.aborted) program.exit(STOPPED);
    stop.abort();
  });
  try {
    const parsed = parseOptions(WATCH_SPEC, programInputs(program, args));
    if (parsed.flag("help")) {
      program.printLine(helpOf(WATCH_SPEC));
      return 0;
    }
    const options = toWatchOptions(parsed);
    output = new ReportOutput(program, options);
    await new Watch(outside, options, output, stop.signal).run();
    return stop.signal.aborted ? STOPPED : 0;
  } catch (thrown) {
    const error = closeReasonOf(thrown).error!;
    if (output?.isJson) output.object({ event: "error", code: error.code, error: error.message });
    else program.printError(`${printable(error.message)}\n`);
    return ERROR_CODES[error.code].exit;
  } finally {
    endStop();
  }
}

class Watch {
  readonly #outside: Outside;
  readonly #options: WatchOptions;
  readonly #output: ReportOutput;
  readonly #folder: PictureFolder | null;
  /** Aborts when one of the two streams has had enough, or has failed. */
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  #pictures = 0;
  #results = 0;
  /** What was shown last: after a new connection the server begins with the newest picture again. */
  #last = "";
  #isInterrupted = false;

  constructor(outside: Outside, options: WatchOptions, output: ReportOutput, signal: AbortSignal) {
    this.#outside = outside;
    this.#options = options;
    this.#output = output;
    this.#signal = AbortSignal.any([signal, this.#over.signal]);
    this.#folder = typeof options.pictures === "object"
      ? new PictureFolder(outside.disk, options.pictures.folder)
      : null;
  }

  /** @throws {FramewireError} `USAGE` when the server knows no such source; `STORAGE_FAILED`. */
  async run(): Promise<void> {
    const { results, pictures } = this.#options;
    const streams: Promise<void>[] = [];
    if (pictures !== "nowhere") {
      streams.push(this.#follow("mjpeg", (type) => new MultipartParser(type, LIMITS.frameBytesMax), (part) => {
        return this.#picture(toPicture(part));
      }));
    }
    if (results) {
      // A result has a head of its own around it.
      streams.push(
        this.#follow("ndjson", () => new LineParser(2 * LIMITS.resultBytesMax), (line) => this.#result(line)),
      );
    }
    // The one which failed has ended the other: nothing is left open.
    for (const end of await Promise.allSettled(streams)) if (end.status === "rejected") throw end.reason;
  }

  async #follow<T>(
    form: string,
    parser: WatchStreamOptions<T>["parser"],
    take: WatchStreamOptions<T>["take"],
  ): Promise<void> {
    const { device, source, page } = this.#options;
    const { http, clock, random } = this.#outside;
    const url = `${page}/live/${encodeURIComponent(device)}/${encodeURIComponent(source)}.${form}`;
    try {
      await watchStream({
        ...{ http, clock, random, url, parser, take },
        unknown: (signal) => this.#unknown(signal),
        connected: () => this.#connected(url),
        interrupted: (error, retryInMs) => this.#interrupted(error, retryInMs),
      }, this.#signal);
    } finally {
      this.#over.abort();
    }
  }

  async #picture(picture: WatchedPicture): Promise<boolean> {
    const key = `${picture.sequence} ${picture.captured}`;
    if (key === this.#last) return true;
    this.#last = key;
    const { program } = this.#outside;
    const { sequence, captured, time, name, jpeg } = picture;
    if (this.#options.pictures === "stdout") {
      if (!await program.writeOutput(jpeg)) return false;
    } else {
      const file = await this.#folder?.write(picture);
      const facts = { sequence, captured, time, bytes: jpeg.length };
      if (this.#output.isJson) {
        this.#output.object({ event: "frame", ...facts, name: name === "" ? null : name, ...(file && { file }) });
      } else if (file === undefined) {
        const label = name === "" ? "" : `  ${printable(name)}`;
        this.#output.result(`${sequence}  ${time}  ${formatBytes(jpeg.length)}${label}`);
      }
    }
    return ++this.#pictures < this.#options.countMax;
  }

  async #result(line: string): Promise<boolean> {
    if (this.#output.isJson) this.#output.object({ event: "result", ...parseLine(line) });
    else this.#output.result(printable(line));
    await Promise.resolve();
    return ++this.#results < this.#options.countMax || this.#options.pictures !== "nowhere";
  }

  #connected(url: string): void {
    if (this.#output.isJson) this.#output.object({ event: "connected", url });
    else if (this.#isInterrupted) this.#output.say("Connected again");
    this.#isInterrupted = false;
  }

  #interrupted(error: FramewireError, retryInMs: number): void {
    this.#isInterrupted = true;
    const { code, message } = error;
    if (this.#output.isJson) return this.#output.object({ event: "interrupted", code, error: message, retryInMs });
    this.#output.say(`${printable(message)}; trying again in ${formatSeconds(retryInMs / 1000)}`);
  }

  /** The error for a source that the server does not know, with those that it knows. */
  async #unknown(signal: AbortSignal): Promise<FramewireError> {
    const { device, source, page } = this.#options;
    const known = await this.#known(`${page}/api/sources`, signal).catch(() => []);
    const list = known.length === 0
      ? "it knows none yet"
      : `it knows ${known.slice(0, LISTED_MAX).join(", ")}${known.length > LISTED_MAX ? ", …" : ""}`;
    const text = `Cannot watch --device ${device} --source ${source} as the server must know it: ${list}`;
    return new FramewireError("USAGE", text);
  }

  async #known(url: string, signal: AbortSignal): Promise<string[]> {
    const answer = await this.#outside.http.get(url, signal);
    let text = "";
    try {
      for (let bytes = await answer.read(); bytes !== null; bytes = await answer.read()) {
        text += decoder.decode(bytes, { stream: true });
      }
    } finally {
      await answer.close();
    }
    const { sources } = JSON.parse(text) as { sources: { device: string; source: string }[] };
    return sources.map(({ device, source }) => `--device ${device} --source ${source}`);
  }
}

function toPicture({ headers, body }: MultipartPart): WatchedPicture {
  const sequence = Number(headers.get("x-framewire-sequence"));
  if (!Number.isSafeInteger(sequence) || sequence < 0) {
    throw new FramewireError("MALFORMED", "Cannot take picture as X-Framewire-Sequence must be a number");
  }
  return {
    jpeg: body,
    sequence,
    captured: headers.get("x-framewire-captured") ?? "",
    time: headers.get("x-framewire-time") ?? "",
    name: decoded(headers.get("x-framewire-name") ?? ""),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parseLine(line: string): object {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new FramewireError(
    "MALFORMED",
    `Cannot take result as it must be a JSON object: received ${line.slice(0, 80)}`,
  );
}
