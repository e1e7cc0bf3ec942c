/** One open page, and how much it still takes. */
import { LIMITS } from "../config/limits.ts";
import type { LiveHub } from "../live/live_hub.ts";
import type { LiveResult } from "../live/live_channel.ts";
import type { Clock } from "../platform/clock.ts";
import type { ServerSocket } from "../platform/http.ts";
import type { Frame, SourceKey } from "../protocol/frame.ts";
import type { PageMessage, WatchMessage } from "./page_messages.ts";
import type { PictureMessages } from "./picture_message.ts";
import type { PictureRounds } from "./picture_rounds.ts";
import { parseWatch } from "./watch_message.ts";
import { type PictureTaker, WatchedSources } from "./watched_sources.ts";

/** A page hears something this often, even when there is nothing to say. */
const ALIVE_INTERVAL_MS = 5_000;

/** Ends of a WebSocket, RFC 6455 section 7.4.1. */
const POLICY_VIOLATION = 1008;
const MESSAGE_TOO_BIG = 1009;
const TRY_AGAIN_LATER = 1013;

/** What {@linkcode Viewer} needs. */
export interface ViewerOptions {
  readonly socket: ServerSocket;
  readonly clock: Clock;
  readonly hub: LiveHub;
  readonly rounds: PictureRounds;
  readonly messages: PictureMessages;
}

/** One viewer. A slow one is skipped, and gets a fresh snapshot when it has drained; a stuck one is cut. */
export class Viewer implements PictureTaker {
  readonly #socket: ServerSocket;
  readonly #clock: Clock;
  readonly #rounds: PictureRounds;
  readonly #messages: PictureMessages;
  readonly #watched: WatchedSources;
  #wanted: WatchMessage["sources"] = [];
  #state: "connecting" | "new" | "behind" | "current" | "closing" = "connecting";
  #sentMs = 0;
  #progressMs = 0;
  #bufferedBytes = 0;
  /** Bytes that were queued so far, and how many of them it had taken at the last look. */
  #queuedBytes = 0;
  #takenBytes = 0;

  constructor({ socket, clock, hub, rounds, messages }: ViewerOptions) {
    this.#socket = socket;
    this.#clock = clock;
    this.#rounds = rounds;
    this.#messages = messages;
    this.#watched = new WatchedSources(hub, this, () => clock.now(), () => rounds.news(this.#watched));
  }

  /** It has not got anything yet. */
  get isNew(): boolean {
    return this.#state === "new";
  }

  get wantsSnapshot(): boolean {
    return this.#state === "new" || (this.#state === "behind" && this.#bufferedBytes === 0);
  }

  opened(): void {
    this.#state = "new";
    this.#progressMs = this.#clock.now();
  }

  /** Measures what it has taken since the last look; cuts it when that is nothing for too long. */
  look(): void {
    if (this.#state === "connecting" || this.#state === "closing") return;
    const buffered = this.#socket.bufferedBytes();
    const taken = this.#queuedBytes - buffered;
    if (buffered === 0 || taken > this.#takenBytes) this.#progressMs = this.#clock.now();
    this.#takenBytes = taken;
    this.#bufferedBytes = buffered;
    if (this.#clock.now() - this.#progressMs > LIMITS.viewerStallMs) {
      this.close(TRY_AGAIN_LATER, "The page takes no updates");
    }
  }

  update(text: string): void {
    if (this.#state !== "current") return;
    if (this.#bufferedBytes > LIMITS.viewerQueueBytesMax) this.skip();
    else this.#send(text);
  }

  /** What it knows is out of date. */
  skip(): void {
    if (this.#state === "current") this.#state = "behind";
  }

  snapshot(text: string): void {
    if (!this.wantsSnapshot) return;
    this.#state = "current";
    this.#send(text);
  }

  stayAlive(): void {
    if (this.#state !== "current" || this.#bufferedBytes > 0) return;
    if (this.#clock.now() - this.#sentMs < ALIVE_INTERVAL_MS) return;
    this.#send(JSON.stringify({ type: "alive", nowMs: this.#clock.wallMs() } satisfies PageMessage));
  }

  /** A message of the page. `keyOf`: the source of an id. */
  received(message: string | ArrayBuffer, keyOf: (id: number) => SourceKey | undefined): void {
    const length = typeof message === "string" ? message.length : message.byteLength;
    if (length > LIMITS.viewerMessageBytesMax) return this.close(MESSAGE_TOO_BIG, "A page has nothing so long to say");
    if (this.#state === "closing") return;
    const watch = parseWatch(message);
    if (typeof watch === "string") return this.close(POLICY_VIOLATION, watch);
    this.#wanted = watch.sources;
    this.resolve(keyOf);
  }

  /** Watches what it wants of the sources that there are. */
  resolve(keyOf: (id: number) => SourceKey | undefined): void {
    this.#watched.watch(this.#wanted.flatMap(({ id, fpsMax }) => {
      const key = keyOf(id);
      return key === undefined ? [] : [{ id, key, fpsMax }];
    }));
  }

  get takesPictures(): boolean {
    return this.#state === "current" && this.#socket.bufferedBytes() < LIMITS.viewerPictureQueueBytesMax;
  }

  sendPicture(source: number, frame: Frame, missed: number): void {
    this.#send(this.#messages.of(source, frame, this.#rounds.sentMs, missed));
  }

  sendResult(source: number, { run, sequence, result }: LiveResult): void {
    this.#send(JSON.stringify({ type: "result", source, run, sequence, result } satisfies PageMessage));
  }

  /** Its connection is over, or is to be. */
  leave(): void {
    this.#watched.close();
    this.#rounds.leave(this.#watched);
  }

  close(code: number, reason: string): void {
    if (this.#state === "closing") return;
    this.#state = "closing";
    this.leave();
    this.#socket.close(code, reason);
  }

  #send(message: string | Uint8Array<ArrayBuffer>): void {
    this.#sentMs = this.#clock.now();
    const before = this.#socket.bufferedBytes();
    this.#socket.send(message);
    this.#bufferedBytes = this.#socket.bufferedBytes();
    this.#queuedBytes += this.#bufferedBytes - before;
  }
}
