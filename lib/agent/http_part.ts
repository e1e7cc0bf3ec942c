/** POSTs of JSON lines on a local address as events: answered when they are safe in the spool. */
import { FramewireError, messageOf } from "../errors.ts";
import { LineSplitter, type SplitLine } from "../events/line_splitter.ts";
import type { Http } from "../platform/http.ts";
import type { Address } from "../platform/network.ts";
import type { FeedLine, LineFeed } from "./line_feed.ts";
import type { Part, PartHealth } from "./supervised_part.ts";

export interface HttpPartOptions {
  readonly address: Address;
  readonly lines: LineFeed;
  readonly http: Http;
  /** Told once it listens: port 0 is any that is free. */
  readonly listening?: (address: Address) => void;
}

/** Body of a request in bytes and lines, empty ones too; and how many are taken at once, so that all of them have a bound. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;
const BODY_LINES_MAX = 50_000;
const REQUESTS_MAX = 8;
/** Bad lines which are named in an answer. */
const BAD_MAX = 10;

export class HttpPart implements Part {
  readonly name: string;
  readonly #options: HttpPartOptions;
  #requests = 0;

  constructor(feed: string, options: HttpPartOptions) {
    this.name = `feed ${feed} over HTTP`;
    this.#options = options;
  }

  async run(signal: AbortSignal, health: PartHealth): Promise<void> {
    const { http, address, listening } = this.#options;
    const listener = http.serve(address, (request) => this.#answer(request, health));
    listening?.(listener);
    health.note(`takes POSTs on http://${listener.hostname}:${listener.port}/`);
    health.works();
    const stop = () => void listener.shutdown();
    signal.addEventListener("abort", stop);
    await listener.finished;
    signal.removeEventListener("abort", stop);
    if (!signal.aborted) throw new FramewireError("SOURCE_UNREADABLE", "The HTTP server stopped listening");
  }

  async #answer(request: Request, health: PartHealth): Promise<Response> {
    if (request.method !== "POST") return text(405, "Cannot take this as it must be a POST", { allow: "POST" });
    // Any page in a browser on this machine could else send readings.
    if (request.headers.has("origin")) return text(403, "Cannot take this as it comes from a page in a browser");
    if (this.#requests >= REQUESTS_MAX) return text(429, "Too many requests at once", { "retry-after": "1" });
    this.#requests++;
    try {
      return await this.#take(request, health);
    } catch (thrown) {
      const isFull = thrown instanceof FramewireError && thrown.code === "NO_SPACE";
      health.trouble(messageOf(thrown));
      return text(isFull ? 429 : 500, messageOf(thrown), isFull ? { "retry-after": "5" } : {});
    } finally {
      this.#requests--;
    }
  }

  async #take(request: Request, health: PartHealth): Promise<Response> {
    const lines = await readLines(request);
    if (lines === null) {
      return text(413, `Cannot take this as it must have <= ${BODY_BYTES_MAX} bytes, ${BODY_LINES_MAX} lines`);
    }
    const { events, bad } = this.#options.lines.parse(lines);
    // All or none: who sent it can mend it, and send it again.
    if (bad.length > 0) return text(400, bad.slice(0, BAD_MAX).join("\n"));
    await this.#options.lines.takeNow(events);
    health.works();
    return Response.json({ taken: events.length });
  }
}

/** The lines of the body; null when it is too large. */
async function readLines(request: Request): Promise<FeedLine[] | null> {
  const splitter = new LineSplitter();
  const lines: FeedLine[] = [];
  let bytes = 0;
  const add = (split: readonly SplitLine[]) => {
    for (const line of split) lines.push({ ...line, place: `line ${line.number}` });
  };
  for await (const piece of request.body ?? []) {
    bytes += piece.length;
    if (bytes > BODY_BYTES_MAX) return null;
    add(splitter.push(piece));
    if (lines.length > BODY_LINES_MAX) return null;
  }
  add(splitter.finish());
  return lines;
}

function text(status: number, words: string, headers: Record<string, string> = {}): Response {
  return new Response(`${words}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers } });
}
