/** One life of an analyser's program: requests go in, answers come out, until it ends, is stuck, or prints rubbish. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError, messageOf } from "../errors.ts";
import { FrameDecoder } from "../framing/frame_decoder.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { ChildProcess } from "../platform/processes.ts";
import { decodeAnalysisReply, encodeAnalysisRequest } from "../protocol/analysis_codec.ts";
import type { Frame } from "../protocol/frame.ts";
import type { Failure } from "./measuring_thread.ts";

/** Room around the JSON: its id, tags and lengths. */
const REPLY_HEAD_BYTES = 64;
/** Of the last words of its standard error that go into a reason. */
const LAST_WORDS_MAX = 300;
/** After its input has ended, before it is killed. */
const END_MS = 2_000;

type Answer = { readonly json: string } | Failure;

export class AnalyzerRun {
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #pending = new Map<number, (answer: Answer) => void>();
  readonly #ended = Promise.withResolvers<string>();
  #nextId = 1;
  #writing: Promise<void> = Promise.resolve();
  #answers = 0;
  #over = false;
  #cancelTimer = () => {};
  readonly #gone: Promise<unknown>;

  constructor(child: ChildProcess, clock: Clock) {
    this.#child = child;
    this.#clock = clock;
    this.#gone = Promise.all([this.#listen(), child.exited]);
  }

  /** Requests without an answer. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Answers so far. */
  get answers(): number {
    return this.#answers;
  }

  /** Resolves when nothing is left of the program. */
  get gone(): Promise<unknown> {
    return this.#gone;
  }

  /** Resolves with the reason when it is over, however that came; the program is dead or dying then. */
  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  /** Asks it about a frame; never rejects. */
  request(frame: Frame): Promise<Answer> {
    if (this.#over) return this.#ended.promise.then((reason) => ({ reason }));
    const id = this.#nextId++;
    const answered = Promise.withResolvers<Answer>();
    this.#pending.set(id, answered.resolve);
    if (this.#pending.size === 1) this.#restartTimer();
    // A program which does not listen says why by its end: the reader hears of it.
    this.#writing = this.#writing.then(() =>
      this.#over ? undefined : this.#child.write(encodeAnalysisRequest(id, frame))
    )
      .catch(() => {});
    return answered.promise;
  }

  /** Lets it end by itself, as its input has; or else ends it. */
  async stop(): Promise<void> {
    this.#finish("Server is stopping", false);
    const cancel = this.#clock.timer(END_MS, () => this.#child.kill("SIGKILL"));
    const enough = new AbortController();
    // A program of its own may hold its standard error open for longer.
    await Promise.race([
      Promise.all([this.#child.closeInput(), this.#gone]),
      sleep(this.#clock, 2 * END_MS, enough.signal),
    ]);
    enough.abort();
    cancel();
  }

  async #listen(): Promise<void> {
    const decoder = new FrameDecoder(LIMITS.resultBytesMax + REPLY_HEAD_BYTES);
    try {
      for (;;) {
        const count = await this.#child.read(decoder.room());
        if (count === null) break;
        decoder.filled(count);
        for (let message = decoder.next(); message !== undefined; message = decoder.next()) this.#heard(message);
      }
      decoder.end();
      this.#finish(await this.#howItEnded(), true);
    } catch (error) {
      // Cut in the middle of an answer: how it ended says more.
      const isCut = error instanceof FramewireError && error.code === "TRUNCATED";
      this.#finish(isCut ? await this.#howItEnded() : `Analyser printed what is no answer: ${messageOf(error)}`, true);
      // To its end, or the pipe stays open.
      const rest = new Uint8Array(4096);
      while (await this.#child.read(rest).catch(() => null) !== null);
    }
  }

  #heard(message: Uint8Array): void {
    const { id, json } = decodeAnalysisReply(message);
    const resolve = this.#pending.get(id);
    if (resolve === undefined) {
      if (this.#over) return;
      throw new FramewireError("MALFORMED", `Cannot take an answer as its id must be one of a request: received ${id}`);
    }
    this.#pending.delete(id);
    this.#answers++;
    this.#restartTimer();
    resolve({ json });
  }

  /** Time runs from its last answer; from the first request until it has given one. */
  #restartTimer(): void {
    this.#cancelTimer();
    if (this.#pending.size === 0) return;
    const ms = this.#answers === 0 ? LIMITS.analysisStartTimeoutMs : LIMITS.analysisTimeoutMs;
    this.#cancelTimer = this.#clock.timer(
      ms,
      () => this.#finish(`Analyser was stuck: no answer for ${ms / 1000} s`, true),
    );
  }

  /** It has closed its output: it is about to end, or will do no more good. */
  async #howItEnded(): Promise<string> {
    const cancel = this.#clock.timer(END_MS, () => this.#child.kill("SIGKILL"));
    const { code, signal } = await this.#child.exited;
    cancel();
    return `Analyser ended with ${signal === null ? `code ${code}` : signal}`;
  }

  #finish(text: string, kill: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTimer();
    if (kill) this.#child.kill("SIGKILL");
    const words = kill ? this.#child.lastWords().slice(-LAST_WORDS_MAX) : "";
    const reason = words === "" ? text : `${text}: ${words}`;
    for (const resolve of this.#pending.values()) resolve({ reason });
    this.#pending.clear();
    this.#ended.resolve(reason);
  }
}
