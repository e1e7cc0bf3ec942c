/** One open page, and how much it still takes. */
import { LIMITS } from "../config/limits.ts";
import type { Clock } from "../platform/clock.ts";
import type { ServerSocket } from "../platform/http.ts";
import type { PageMessage } from "./page_messages.ts";

/** A page hears something this often, even when there is nothing to say. */
const ALIVE_INTERVAL_MS = 5_000;

/** One viewer. A slow one is skipped, and gets a fresh snapshot when it has drained; a stuck one is cut. */
export class Viewer {
  readonly #socket: ServerSocket;
  readonly #clock: Clock;
  #state: "connecting" | "new" | "behind" | "current" | "closing" = "connecting";
  #sentMs = 0;
  #progressMs = 0;
  #bufferedBytes = 0;

  constructor(socket: ServerSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
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
    if (buffered === 0 || buffered < this.#bufferedBytes) this.#progressMs = this.#clock.now();
    this.#bufferedBytes = buffered;
    if (this.#clock.now() - this.#progressMs > LIMITS.viewerStallMs) this.close(1013, "The page takes no updates");
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

  received(length: number): void {
    if (length > LIMITS.viewerMessageBytesMax) this.close(1009, "A page has nothing so long to say");
  }

  close(code: number, reason: string): void {
    if (this.#state === "closing") return;
    this.#state = "closing";
    this.#socket.close(code, reason);
  }

  #send(text: string): void {
    this.#sentMs = this.#clock.now();
    this.#socket.send(text);
    this.#bufferedBytes = this.#socket.bufferedBytes();
  }
}
