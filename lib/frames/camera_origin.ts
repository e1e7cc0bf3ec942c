/** Pictures of a camera, through ffmpeg. A camera which vanishes is opened again, with growing pauses and for ever. */
import { backoffMs } from "../config/backoff.ts";
import { LIMITS } from "../config/limits.ts";
import { FramewireError, messageOf } from "../errors.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { ChildProcess, Processes } from "../platform/processes.ts";
import type { Random } from "../platform/random.ts";
import { CameraProcess } from "./camera_process.ts";
import { cameraArguments, type CameraSettings, linesBesideLabel, withoutSecrets } from "./camera_spec.ts";
import type { CapturedFrame, FrameOrigin, OriginEvents } from "./frame_origin.ts";
import { JpegSplitter } from "./jpeg_splitter.ts";

export interface CameraOriginOptions {
  readonly camera: CameraSettings;
  readonly processes: Processes;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: OriginEvents;
}

/** A camera that fails stays failed for long, often: the same is said, and its gap is told, this often at most, ms. */
const SAME_AGAIN_MS = 60_000;
/** After so much work the pauses are short again, ms. */
const WORKED_MS = 10_000;
/** Starts of ffmpeg on a file without a picture: nobody will repair a file. */
const FILE_ATTEMPTS_MAX = 5;
/** Characters of ffmpeg's last words that a person gets to see. */
const WORDS_MAX = 300;

const INSTALL = "install it (Debian, Ubuntu: apt install ffmpeg; macOS: brew install ffmpeg; or ffmpeg.org), " +
  "and see that it is on the PATH";

export class CameraOrigin implements FrameOrigin {
  readonly #options: CameraOriginOptions;
  readonly #closing = new AbortController();
  #process: CameraProcess | undefined;
  #splitter = new JpegSplitter(LIMITS.frameBytesMax);
  #ready: CapturedFrame[] = [];
  #isEnded = false;
  #isOld = false;
  /** In a file, where the ffmpeg that runs has begun, seconds. */
  #fromSeconds = 0;
  /** When the running ffmpeg gave its first and its last picture, monotonic ms. */
  #firstMs: number | undefined;
  #lastMs = 0;
  /** Since when somebody waits for the next picture, monotonic ms. */
  #waitingMs: number | undefined;
  /** When the last picture of all was taken; wall clock, ms. Without one the camera has never worked. */
  #capturedMs: number | undefined;
  #failures = 0;
  #fruitless = 0;
  #notBeforeMs = 0;
  /** Since when there are no pictures, and what was told of that; wall clock and monotonic ms. */
  #gapFromMs: number | undefined;
  #saidMs = -Infinity;
  #said = "";

  constructor(options: CameraOriginOptions) {
    this.#options = options;
  }

  /**
   * As {@linkcode FrameOrigin.next}; rejects with the reason of `signal` when that aborts.
   *
   * @throws {FramewireError} `CAMERA_FAILED` when there is no ffmpeg, or the camera never gave a picture.
   */
  async next(signal: AbortSignal): Promise<CapturedFrame | null> {
    const { clock } = this.#options;
    const either = AbortSignal.any([signal, this.#closing.signal]);
    for (;;) {
      if (this.#closing.signal.aborted) return null;
      signal.throwIfAborted();
      const frame = this.#ready.shift();
      if (frame !== undefined) {
        this.#waitingMs = undefined;
        return frame;
      }
      if (this.#isEnded) return null;
      if (this.#process === undefined) {
        await sleep(clock, Math.max(0, this.#notBeforeMs - clock.now()), either);
        if (!either.aborted) this.#open();
      } else await this.#read(this.#process, either);
    }
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#ready = [];
    this.#tellGap(this.#options.clock.wallMs());
    const running = this.#process;
    this.#process = undefined;
    await running?.stop(false);
  }

  #open(): void {
    const { camera, processes, clock } = this.#options;
    const args = cameraArguments(camera, { fromSeconds: this.#fromSeconds, isOld: this.#isOld });
    let child: ChildProcess;
    try {
      child = processes.spawn({ program: "ffmpeg", args, input: false });
    } catch (cause) {
      // A compiled program whose permission names ffmpeg may not start what was not there when it began.
      const isMissing = cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotCapable;
      return this.#failed(isMissing ? `there is no ffmpeg: ${INSTALL}` : messageOf(cause), cause);
    }
    this.#process = new CameraProcess(child, clock);
    this.#splitter = new JpegSplitter(LIMITS.frameBytesMax);
    this.#firstMs = undefined;
    this.#waitingMs = undefined;
  }

  async #read(from: CameraProcess, signal: AbortSignal): Promise<void> {
    const { clock, camera } = this.#options;
    this.#waitingMs ??= clock.now();
    // A camera that is asked for a picture a minute is not late after ten seconds.
    const limitMs = Math.max(
      this.#firstMs === undefined ? LIMITS.cameraOpenMs : LIMITS.cameraStallMs,
      3000 / (camera.fps ?? Infinity),
    );
    const bytes = await from.read(Math.max(0, this.#waitingMs + limitMs - clock.now()), signal);
    if (bytes === "aborted") return;
    if (bytes === "late") {
      await this.#end(from, false);
      return this.#failed(`it gave no picture for ${limitMs / 1000} s${this.#words(from)}`);
    }
    if (bytes === null) return await this.#ended(from);
    this.#split(bytes);
  }

  #split(bytes: Uint8Array): void {
    const { clock, events, camera } = this.#options;
    const { tooLarge } = this.#splitter;
    const pictures = this.#splitter.push(bytes);
    if (this.#splitter.tooLarge > tooLarge) {
      this.#note(`left out a picture as it must have <= ${LIMITS.frameBytesMax} bytes; --width or --quality helps`);
    }
    if (pictures.length === 0) return;
    const capturedMs = clock.wallMs();
    if (this.#gapFromMs !== undefined) {
      events.note(`The camera ${camera.label} is back`);
      this.#said = "";
    }
    this.#tellGap(capturedMs);
    this.#gapFromMs = undefined;
    this.#fruitless = 0;
    this.#capturedMs = capturedMs;
    this.#lastMs = clock.now();
    this.#firstMs ??= this.#lastMs;
    for (const jpeg of pictures) this.#ready.push({ jpeg, capturedMs, name: null });
  }

  /** Its output has ended. */
  async #ended(from: CameraProcess): Promise<void> {
    const { camera } = this.#options;
    const exit = await this.#end(from, true);
    if (camera.type === "file" && exit?.code === 0 && this.#capturedMs !== undefined) {
      this.#isEnded = true;
      return;
    }
    if (!this.#isOld && /option '?fps_mode/i.test(from.lastWords())) {
      this.#isOld = true;
      return;
    }
    const how = exit === null || exit.code === 0
      ? "its stream ended"
      : exit.signal !== null
      ? `ffmpeg was ended by ${exit.signal}`
      : `ffmpeg failed with code ${exit.code}`;
    this.#failed(how + this.#words(from));
  }

  async #end(running: CameraProcess, isAtEnd: boolean) {
    this.#process = undefined;
    this.#waitingMs = undefined;
    const { camera } = this.#options;
    // Played at its own rate, a file has come as far as time has passed.
    const playedSeconds = this.#firstMs === undefined ? 0 : (this.#lastMs - this.#firstMs) / 1000;
    if (camera.type === "file" && !camera.loop) this.#fromSeconds += playedSeconds;
    const workedMs = playedSeconds * 1000;
    if (workedMs >= WORKED_MS) this.#failures = 0;
    return await running.stop(isAtEnd);
  }

  /** @throws {FramewireError} `CAMERA_FAILED` when there is no hope. */
  #failed(why: string, cause?: unknown): void {
    const { clock, random, camera } = this.#options;
    if (this.#closing.signal.aborted) return;
    this.#fruitless++;
    if (this.#capturedMs === undefined || (camera.type === "file" && this.#fruitless > FILE_ATTEMPTS_MAX)) {
      const text = `Cannot use camera ${camera.label}: ${why}`;
      throw new FramewireError("CAMERA_FAILED", text, cause === undefined ? {} : { cause });
    }
    this.#gapFromMs ??= this.#capturedMs;
    const pauseMs = backoffMs(this.#failures++, random);
    this.#notBeforeMs = clock.now() + pauseMs;
    if (clock.wallMs() - this.#gapFromMs >= SAME_AGAIN_MS) this.#tellGap(clock.wallMs());
    this.#note(`${why}; it is opened again until it works`);
  }

  #tellGap(toMs: number): void {
    if (this.#gapFromMs === undefined) return;
    // A clock that was set back gives no gap.
    if (toMs > this.#gapFromMs) this.#options.events.gap({ fromMs: this.#gapFromMs, toMs });
    this.#gapFromMs = toMs;
  }

  #note(text: string): void {
    const { clock, events, camera } = this.#options;
    const nowMs = clock.now();
    if (text === this.#said && nowMs - this.#saidMs < SAME_AGAIN_MS) return;
    this.#said = text;
    this.#saidMs = nowMs;
    events.note(`The camera ${camera.label}: ${text}`);
  }

  #words(from: CameraProcess): string {
    // The address in brackets is another one each time.
    const words = from.lastWords().replace(/ @ 0x[0-9a-f]+\]/g, "]");
    const { camera } = this.#options;
    const lines = linesBesideLabel(withoutSecrets(words, camera), camera);
    return lines.length === 0 ? "" : ` (${lines.join("; ").slice(-WORDS_MAX)})`;
  }
}
