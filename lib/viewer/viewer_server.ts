/** The HTTP server of the page: `/`, the JSON API, the content of clips, and the page's WebSocket. */
import { ASSETS, PAGE_HASH } from "../../gen/page/assets.ts";
import { LIMITS } from "../config/limits.ts";
import { messageOf } from "../errors.ts";
import type { LiveHub } from "../live/live_hub.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import { type Http, type HttpListener, systemHttp } from "../platform/http.ts";
import { newId, type Random } from "../platform/random.ts";
import { textAnswer, withoutBody } from "./answers.ts";
import { clipAnswer, clipsAnswer, devicesAnswer } from "./api.ts";
import { assetAnswer } from "./assets.ts";
import type { ClipLibrary, ServerView } from "./clip_library.ts";
import { ContentRoute } from "./content.ts";
import { alertsAnswer, eventPictureAnswer, eventsAnswer, feedsAnswer, seriesAnswer } from "./event_api.ts";
import { EventExport } from "./event_export.ts";
import type { EventLibrary } from "./event_library.ts";
import { exportAnswer, exportedAnswer } from "./export_route.ts";
import type { Exports } from "./export/exports.ts";
import { framesAnswer, nearestAnswer, pictureAnswer, sourcesAnswer, timelineAnswer } from "./frame_api.ts";
import type { FrameLibrary } from "./frame_library.ts";
import { hostCheck, originAllowed } from "./host_check.ts";
import { LiveRoutes } from "./live_routes.ts";
import { liveMetricsText, metricsText } from "./metrics.ts";
import { orBadParameter } from "./parameters.ts";
import { refusalOf } from "./request_check.ts";
import { routeOf } from "./routes.ts";
import { ViewerHub } from "./viewer_hub.ts";

/** Pauses before listening anew, after the listener ended by itself; the last one repeats. */
const RESTART_PAUSES_MS = [100, 500, 2_000];
/** A listener which lived this long was well; its end starts with the shortest pause again. */
const STEADY_MS = 10_000;
/** Answers under way have this long when the server stops. */
const STOP_MS = 3_000;

/** What {@linkcode ViewerServer} needs. */
export interface ViewerServerOptions {
  readonly library: ClipLibrary;
  /** Sources and recorded frames. */
  readonly frames: FrameLibrary;
  /** Feeds, events and alerts. */
  readonly events: EventLibrary;
  /** The newest pictures. */
  readonly hub: LiveHub;
  /** Recorded frames as files; without it there are none. */
  readonly exports?: Exports;
  /** The server as it is now; called a few times a second while somebody watches. */
  readonly server: () => ServerView;
  readonly clock: Clock;
  readonly random: Random;
  /** Told what a person who runs the server should know. */
  readonly log?: (text: string) => void;
  readonly hostname: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Names of this server besides `localhost`, 127.0.0.1, [::1] and `hostname`. */
  readonly allowedHosts: readonly string[];
  /** More lines for `/metrics`, each ended by a newline. */
  readonly metrics?: () => string;
  /** Whether uploads are taken; `/readyz` says so. */
  readonly ready: () => boolean;
  readonly http?: Http;
}

/** Serves the page. */
export class ViewerServer {
  readonly #options: ViewerServerOptions;
  readonly #http: Http;
  readonly #log: (text: string) => void;
  readonly #pages: ViewerHub;
  readonly #content: ContentRoute;
  readonly #live: LiveRoutes;
  readonly #eventExport: EventExport;
  readonly #hostAllowed: (host: string | null) => boolean;
  readonly #assetPaths = new Set(Object.keys(ASSETS));
  readonly #startedMs: number;
  readonly #stopping = new AbortController();
  #listener: HttpListener | undefined;
  #supervision: Promise<void> = Promise.resolve();

  constructor(options: ViewerServerOptions) {
    this.#options = options;
    this.#http = options.http ?? systemHttp;
    this.#log = options.log ?? (() => {});
    this.#startedMs = options.clock.now();
    this.#hostAllowed = hostCheck(options.hostname, options.allowedHosts);
    this.#content = new ContentRoute(options);
    this.#live = new LiveRoutes(options);
    this.#eventExport = new EventExport({ library: options.events, clock: options.clock });
    const serverId = newId(options.random);
    this.#pages = new ViewerHub({ ...options, serverId, pageHash: PAGE_HASH, log: this.#log });
  }

  /**
   * Listens; the address is in `url`.
   *
   * @throws {FramewireError} `USAGE` when the address cannot be listened on.
   */
  start(): Promise<{ url: string }> {
    try {
      this.#listener = this.#listen(this.#options.port);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#supervision = this.#supervise(this.#listener);
    return Promise.resolve({ url: this.urlFor(undefined) });
  }

  /** The page's address for whoever has reached this machine at `reached`; without that, for this machine itself. */
  urlFor(reached: string | undefined): string {
    return `http://${shownHost(this.#options.hostname, reached)}:${this.#listener?.port ?? this.#options.port}`;
  }

  /** Stops: bodies under way end, pages are told to come back, then the socket closes. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#content.stop();
    this.#live.stop();
    this.#eventExport.stop();
    this.#pages.stop();
    const given = new AbortController();
    // A viewer that takes nothing of what is on its way to it would be waited for as long as it stays.
    const ended = Promise.all([this.#listener?.shutdown(), this.#supervision]);
    await Promise.race([ended, sleep(this.#options.clock, STOP_MS, given.signal)]);
    given.abort();
  }

  #listen(port: number): HttpListener {
    return this.#http.serve({ hostname: this.#options.hostname, port }, (request) => this.#handle(request));
  }

  /** The platform's server ends for good when files run out (EMFILE): a new one takes its place. */
  async #supervise(first: HttpListener): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    let listener: HttpListener | undefined = first;
    let failures = 0;
    while (!signal.aborted) {
      const sinceMs = clock.now();
      await listener?.finished.catch(() => {});
      if (clock.now() - sinceMs > STEADY_MS) failures = 0;
      await sleep(clock, RESTART_PAUSES_MS[Math.min(failures++, RESTART_PAUSES_MS.length - 1)] ?? 0, signal);
      if (signal.aborted) return;
      listener = this.#listenAgain(first.port);
    }
  }

  #listenAgain(port: number): HttpListener | undefined {
    try {
      this.#listener = this.#listen(port);
      this.#log(`The page's listener ended by itself, and listens again on port ${port}`);
      return this.#listener;
    } catch (error) {
      this.#log(`The page's listener ended by itself, and cannot listen again yet: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #handle(request: Request): Promise<Response> {
    try {
      const url = new URL(request.url);
      const response = refusalOf(request, url, this.#hostAllowed) ??
        await orBadParameter(() => this.#route(request, url));
      return request.method === "HEAD" ? await withoutBody(response) : response;
    } catch (error) {
      this.#log(`Cannot answer a request: ${messageOf(error)}`);
      return textAnswer(500, "Something went wrong; the server's log says what\n");
    }
  }

  #route(request: Request, url: URL): Response | Promise<Response> {
    const route = routeOf(url.pathname, this.#assetPaths);
    if (route === null) return textAnswer(404, "There is nothing here\n");
    const { library, frames, events, server, clock } = this.#options;
    const { searchParams: query } = url;
    switch (route.name) {
      case "asset":
        return assetAnswer(route.path, request.headers);
      case "devices":
        return devicesAnswer(server());
      case "clips":
        return clipsAnswer(library, query);
      case "clip":
        return clipAnswer(library, route.id);
      case "content":
        return this.#content.answer(request, route.id, query.has("download"));
      case "sources":
        return sourcesAnswer(frames);
      case "frames":
        return framesAnswer(frames, query);
      case "nearest":
        return nearestAnswer(frames, query);
      case "timeline":
        return timelineAnswer(frames, query, clock.wallMs());
      case "picture":
        return pictureAnswer(frames, route.id, request.headers);
      case "live":
        return this.#live.answer(request, route.key, route.form);
      case "export":
        return exportAnswer(this.#options.exports, query);
      case "exported":
        return exportedAnswer(this.#options.exports, route.id);
      case "feeds":
        return feedsAnswer(events);
      case "events":
        return eventsAnswer(events, query);
      case "eventsCsv":
        return this.#eventExport.answer(request, query, "csv");
      case "eventsNdjson":
        return this.#eventExport.answer(request, query, "ndjson");
      case "series":
        return seriesAnswer(events, query, clock.wallMs());
      case "alerts":
        return alertsAnswer(events, query);
      case "eventPicture":
        return eventPictureAnswer(events, route.id, request.headers);
      case "malformed":
        return textAnswer(400, "Cannot read the names in this path as they must be percent-encoded UTF-8\n");
      case "socket":
        return this.#socket(request, url);
      default:
        return this.#probe(route.name);
    }
  }

  #socket(request: Request, url: URL): Response {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket" || request.method !== "GET") {
      return textAnswer(426, "This is a WebSocket\n", { upgrade: "websocket", connection: "upgrade" });
    }
    const host = request.headers.get("host") ?? url.host;
    if (!originAllowed(request.headers.get("origin"), host)) {
      return textAnswer(403, `Only a page loaded from this server itself (${url.host}) may open its WebSocket\n`);
    }
    if (this.#stopping.signal.aborted) return textAnswer(503, "The server stops\n", { "retry-after": "5" });
    const response = this.#pages.join((events) => this.#http.upgrade(request, events));
    if (response !== undefined) return response;
    const text = `Cannot open another page as at most ${LIMITS.viewersMax} are served at once\n`;
    return textAnswer(503, text, { "retry-after": "30" });
  }

  async #probe(name: "metrics" | "healthz" | "readyz"): Promise<Response> {
    if (name === "healthz") return textAnswer(200, "ok\n");
    if (name === "readyz") return this.#options.ready() ? textAnswer(200, "ready\n") : textAnswer(503, "not ready\n");
    const { library, hub, server, clock, metrics } = this.#options;
    const text = metricsText(server(), await library.totals(), {
      uptimeSeconds: Math.round(clock.now() - this.#startedMs) / 1000,
      viewers: this.#pages.viewers,
      contentRequests: this.#content.requests,
      liveRequests: this.#live.requests,
    }) + liveMetricsText(hub.allFigures());
    const type = "text/plain; version=0.0.4; charset=utf-8";
    return textAnswer(200, text + (metrics?.() ?? ""), { "content-type": type });
  }
}

/** The host as one can type it. Who listens on every address is reached by the one that is known to work. */
function shownHost(hostname: string, reached = "127.0.0.1"): string {
  const isEvery = hostname === "0.0.0.0" || hostname === "::";
  // An IPv4 box at a socket of IPv6.
  const host = isEvery ? reached.replace(/^::ffff:(?=[\d.]+$)/, "") : hostname;
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
