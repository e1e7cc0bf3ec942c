/** `/clips/{id}/content`: what a player and a download read. */
import { LIMITS } from "../config/limits.ts";
import type { Clock } from "../platform/clock.ts";
import { answer, textAnswer } from "./answers.ts";
import type { ClipLibrary, ClipReader, ClipView } from "./clip_library.ts";
import { contentBody } from "./content_body.ts";
import { contentDisposition } from "./content_disposition.ts";
import { inlinePolicy } from "./media_type.ts";
import { etagMatches, parseRange, rangeApplies } from "./range.ts";

/** What {@linkcode ContentRoute} needs. */
export interface ContentRouteOptions {
  readonly library: ClipLibrary;
  readonly clock: Clock;
}

/** Answers for the content of clips, so many at a time. */
export class ContentRoute {
  readonly #library: ClipLibrary;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #requests = 0;

  constructor(options: ContentRouteOptions) {
    this.#library = options.library;
    this.#clock = options.clock;
  }

  /** Requests whose body is under way. */
  get requests(): number {
    return this.#requests;
  }

  /** Ends every body under way. */
  stop(): void {
    this.#stopping.abort();
  }

  async answer(request: Request, id: string, download: boolean): Promise<Response> {
    const clip = await this.#library.get(id);
    if (clip === undefined) return textAnswer(404, "There is no clip with this id\n");
    if (clip.state === "missing") return gone();
    const plan = planContent(clip, request.headers, download);
    if (request.method === "HEAD" || !plan.hasBody) return answer(plan.status, null, plan.headers);
    if (this.#requests >= LIMITS.contentRequestsMax) return busy();
    this.#requests++;
    let reader: ClipReader | undefined;
    try {
      reader = await this.#library.open(id);
    } finally {
      if (reader === undefined) this.#requests--;
    }
    if (reader === undefined) return gone();
    const body = contentBody({
      reader,
      start: plan.start,
      end: plan.end,
      current: () => this.#library.get(id),
      clock: this.#clock,
      onEnd: () => this.#requests--,
      signal: this.#stopping.signal,
    });
    return answer(plan.status, body, plan.headers);
  }
}

function gone(): Response {
  return textAnswer(410, "The file of this clip is gone, or was changed behind the server's back\n");
}

function busy(): Response {
  const text =
    `Cannot send the clip as at most ${LIMITS.contentRequestsMax} requests for content run at once: try again\n`;
  return textAnswer(503, text, { "retry-after": "5" });
}

/** Status, headers and bytes of an answer. */
export interface ContentPlan {
  readonly status: 200 | 206 | 304 | 416;
  readonly headers: Readonly<Record<string, string>>;
  readonly hasBody: boolean;
  readonly start: number;
  /** Exclusive; null while the size is not known. */
  readonly end: number | null;
}

/** What to answer to a request for the content of `clip`; pure. */
export function planContent(clip: ClipView, request: Headers, download: boolean): ContentPlan {
  const { type, inline } = inlinePolicy(clip.mediaType);
  const kind = inline && !download ? "inline" : "attachment";
  // Only what is stored cannot change any more.
  const etag = clip.state === "stored" && clip.sha256 !== null ? `"${clip.id}-${clip.sha256.slice(0, 32)}"` : null;
  const headers: Record<string, string> = {
    "content-type": type,
    "content-disposition": contentDisposition(kind, clip.name),
    "cache-control": etag === null ? "no-store" : "private, no-cache",
    ...(etag === null ? {} : { etag }),
  };
  const { size } = clip;
  if (size === null) return { status: 200, headers, hasBody: true, start: 0, end: null };
  headers["accept-ranges"] = "bytes";
  if (etagMatches(request.get("if-none-match"), etag)) {
    return { status: 304, headers, hasBody: false, start: 0, end: 0 };
  }
  const asked = rangeApplies(request.get("if-range"), etag) ? request.get("range") : null;
  const range = parseRange(asked, size);
  if (range.kind === "unsatisfiable") {
    const refused = { ...headers, "content-range": `bytes */${size}`, "content-length": "0" };
    return { status: 416, headers: refused, hasBody: false, start: 0, end: 0 };
  }
  const { start, end } = range.kind === "part" ? range : { start: 0, end: size };
  headers["content-length"] = String(end - start);
  if (range.kind === "whole") return { status: 200, headers, hasBody: size > 0, start, end };
  headers["content-range"] = `bytes ${start}-${end - 1}/${size}`;
  return { status: 206, headers, hasBody: true, start, end };
}
