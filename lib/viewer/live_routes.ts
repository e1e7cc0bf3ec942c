/** `/live/{device}/{source}`: `.mjpeg` for players, `.jpg` for one picture, `.ndjson` for results. */
import { LIMITS } from "../config/limits.ts";
import type { FeedReader } from "../live/feed.ts";
import type { LiveHub } from "../live/live_hub.ts";
import type { LiveResult } from "../live/live_channel.ts";
import type { Clock } from "../platform/clock.ts";
import type { SourceKey } from "../protocol/frame.ts";
import { answer, jsonAnswer, textAnswer } from "./answers.ts";
import { timeHeaders, unknownSource } from "./frame_api.ts";
import type { FrameLibrary } from "./frame_library.ts";
import { liveBody } from "./live_body.ts";
import { MJPEG_PREAMBLE, MJPEG_TYPE, mjpegPart } from "./mjpeg.ts";
import { etagMatches } from "./range.ts";
import type { LiveForm } from "./routes.ts";

const encoder = new TextEncoder();

/** What {@linkcode LiveRoutes} needs. */
export interface LiveRoutesOptions {
  readonly hub: LiveHub;
  readonly frames: FrameLibrary;
  readonly clock: Clock;
}

/** Answers with live streams, so many at a time. */
export class LiveRoutes {
  readonly #options: LiveRoutesOptions;
  readonly #stopping = new AbortController();
  #requests = 0;

  constructor(options: LiveRoutesOptions) {
    this.#options = options;
  }

  /** Streams under way. */
  get requests(): number {
    return this.#requests;
  }

  /** Ends every stream under way. */
  stop(): void {
    this.#stopping.abort();
  }

  async answer(request: Request, key: SourceKey, form: LiveForm): Promise<Response> {
    if (!await this.#isKnown(key)) return unknownSource();
    if (form === "jpg") return this.#newest(request, key);
    const type = form === "mjpeg" ? MJPEG_TYPE : "application/x-ndjson; charset=utf-8";
    // A stream has no end that one could measure for HEAD.
    if (request.method === "HEAD") return answer(200, null, { "content-type": type });
    if (this.#requests >= LIMITS.liveRequestsMax) return busy();
    return answer(200, form === "mjpeg" ? this.#pictures(key) : this.#results(key), { "content-type": type });
  }

  async #isKnown({ device, source }: SourceKey): Promise<boolean> {
    if (this.#options.hub.has({ device, source })) return true;
    return (await this.#options.frames.sources()).some((one) => one.device === device && one.source === source);
  }

  #newest(request: Request, key: SourceKey): Response {
    const frame = this.#options.hub.newest(key);
    if (frame === undefined) {
      const message = "There is no picture of this source yet since the server started";
      return jsonAnswer(503, { error: { code: "NO_PICTURE_YET", message } }, { "retry-after": "1" });
    }
    const etag = `"${Math.floor(frame.receivedMs)}-${frame.sequence}"`;
    const headers = { "content-type": "image/jpeg", etag, ...timeHeaders(frame) };
    if (etagMatches(request.headers.get("if-none-match"), etag)) return answer(304, null, headers);
    return answer(200, frame.jpeg, { ...headers, "content-length": String(frame.jpeg.length) });
  }

  #pictures(key: SourceKey): ReadableStream<Uint8Array> {
    const reader = this.#options.hub.watchFrames(key);
    return this.#stream(reader, MJPEG_PREAMBLE, async (signal) => {
      const next = await reader.next(signal);
      return next === null ? null : mjpegPart(next.item, next.missed);
    });
  }

  #results(key: SourceKey): ReadableStream<Uint8Array> {
    const reader = this.#options.hub.watchResults(key);
    return this.#stream(reader, new Uint8Array(), async (signal) => {
      const next = await reader.next(signal);
      return next === null ? null : resultLine(next.item, next.missed);
    });
  }

  #stream(
    reader: FeedReader<unknown>,
    preamble: Uint8Array,
    next: (signal: AbortSignal) => Promise<Uint8Array | null>,
  ): ReadableStream<Uint8Array> {
    this.#requests++;
    const onEnd = () => {
      this.#requests--;
      reader.close();
    };
    return liveBody({ preamble, next, clock: this.#options.clock, onEnd, signal: this.#stopping.signal });
  }
}

function resultLine({ run, sequence, frame, result }: LiveResult, missed: number): Uint8Array {
  const line = {
    run,
    sequence,
    name: frame?.name ?? null,
    capturedMs: frame?.capturedMs ?? null,
    timeMs: frame?.timeMs ?? null,
    receivedMs: frame?.receivedMs ?? null,
    id: frame?.id ?? null,
    missed,
    result,
  };
  return encoder.encode(`${JSON.stringify(line)}\n`);
}

function busy(): Response {
  const text = `Cannot serve another live stream as at most ${LIMITS.liveRequestsMax} run at once\n`;
  return textAnswer(503, text, { "retry-after": "5" });
}
