/**
 * A server of the page which a test holds in its hands: it serves the real page, notes what the page says, and sends the
 * pictures, results and lies that it is told to.
 */
import { assetAnswer } from "../../lib/viewer/assets.ts";
import { PAGE_HASH } from "../../gen/page/assets.ts";
import { jsonAnswer, textAnswer } from "../../lib/viewer/answers.ts";
import { frameJson, timelineJson } from "../../lib/viewer/frame_json.ts";
import type { FrameView, SourceView, TimelineView } from "../../lib/viewer/frame_library.ts";
import type { PageMessage, PictureHeader, WatchMessage } from "../../lib/viewer/page_messages.ts";
import { MadeUpEvents } from "./made_up_events.ts";
import type { ClipView, DeviceView } from "../../lib/viewer/clip_library.ts";

/** A source as the page gets to know it. */
export function madeUpSource(id: number, patch: Partial<SourceView> = {}): SourceView {
  return {
    id,
    device: "press-4",
    source: `camera-${id}`,
    kind: "visible",
    state: "live",
    fps: 25,
    bytesPerSecond: 1_200_000,
    lastFrameMs: Date.now(),
    dropped: { link: 0, offline: 0, disk: 0, camera: 0 },
    analysed: 0,
    skipped: 0,
    defects: 0,
    latencyMs: 12,
    clockOffsetMs: 3,
    storedFrames: 0,
    storedBytes: 0,
    firstStoredMs: null,
    lastStoredMs: null,
    ...patch,
  };
}

/** The binary message of a picture. */
export function pictureMessage(header: PictureHeader, jpeg: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const message = new Uint8Array(4 + text.length + jpeg.length);
  new DataView(message.buffer).setUint32(0, text.length);
  message.set(text, 4);
  message.set(jpeg, 4 + text.length);
  return message;
}

/** Serves one page or several. */
export class MadeUpLiveServer {
  sources: SourceView[] = [];
  clips: ClipView[] = [];
  devices: DeviceView[] = [];
  /** Recorded frames, oldest first. */
  frames: FrameView[] = [];
  timeline: TimelineView = { spans: [], gaps: [] };
  readonly events = new MadeUpEvents();
  /** Pictures of a source, which are sent in turn. */
  readonly pictures = new Map<number, readonly Uint8Array<ArrayBuffer>[]>();
  /** What pages have said, oldest first. */
  readonly watches: WatchMessage[] = [];
  readonly requests: string[] = [];
  readonly run = "run-1";
  readonly #sequences = new Map<number, number>();
  readonly #sockets = new Map<WebSocket, Set<number>>();
  readonly #timers = new Map<number, ReturnType<typeof setInterval>>();
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => this.#answer(request),
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Ids that the last message of the page asks for. */
  get watched(): number[] {
    return (this.watches.at(-1)?.sources ?? []).map(({ id }) => id);
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** The last picture of a source that was sent. */
  sequence(id: number): number {
    return this.#sequences.get(id) ?? 0;
  }

  /** Sends the next picture of a source to whoever watches it. */
  sendPicture(id: number, patch: Partial<PictureHeader> = {}): void {
    const sequence = this.sequence(id) + 1;
    this.#sequences.set(id, sequence);
    for (const [socket, watched] of this.#sockets) if (watched.has(id)) this.#picture(socket, id, patch);
  }

  /** Sends pictures of a source at a rate, until it is frozen. */
  play(id: number, fps: number, patch: () => Partial<PictureHeader> = () => ({})): void {
    this.freeze(id);
    this.sendPicture(id, patch());
    this.#timers.set(id, setInterval(() => this.sendPicture(id, patch()), 1000 / fps));
  }

  /** No more pictures of a source. */
  freeze(id: number): void {
    clearInterval(this.#timers.get(id));
    this.#timers.delete(id);
  }

  say(message: PageMessage): void {
    for (const socket of this.#sockets.keys()) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    }
  }

  /** Says that sources have changed. */
  change(id: number, patch: Partial<SourceView>): void {
    this.sources = this.sources.map((source) => source.id === id ? { ...source, ...patch } : source);
    const sources = this.sources.filter((source) => source.id === id);
    this.say({ type: "update", nowMs: Date.now(), freeBytes: null, clips: [], removed: [], sources });
  }

  /** Ends all WebSockets. */
  hangUp(): void {
    for (const socket of this.#sockets.keys()) socket.close();
  }

  async stop(): Promise<void> {
    for (const id of [...this.#timers.keys()]) this.freeze(id);
    this.hangUp();
    await this.#server.shutdown();
  }

  #answer(request: Request): Response {
    const url = new URL(request.url);
    this.requests.push(url.pathname + url.search);
    if (url.pathname === "/ws") return this.#join(request);
    if (url.pathname === "/api/timeline") return jsonAnswer(200, timelineJson(this.timeline));
    if (url.pathname === "/api/frames") return jsonAnswer(200, { frames: this.#find(url).map(frameJson), next: null });
    if (url.pathname === "/api/frames/nearest") {
      const time = Date.parse(url.searchParams.get("time") ?? "");
      const mine = this.#of(url).sort((a, b) => Math.abs(a.timeMs - time) - Math.abs(b.timeMs - time));
      return mine[0] === undefined ? jsonAnswer(404, {}) : jsonAnswer(200, frameJson(mine[0]));
    }
    const answered = this.events.answer(url);
    if (answered !== undefined) return answered;
    const picture = /^\/frames\/(\d+)\.jpg$/.exec(url.pathname);
    if (picture !== null) return this.#jpeg(Number(picture[1]));
    return request.method === "GET" ? assetAnswer(url.pathname, request.headers) : textAnswer(405, "");
  }

  #of(url: URL): FrameView[] {
    const query = url.searchParams;
    return this.frames.filter(({ device, source }) => device === query.get("device") && source === query.get("source"));
  }

  #find(url: URL): FrameView[] {
    const query = url.searchParams;
    const isUp = query.get("order") === "ascending";
    const cursor = query.get("cursor");
    const found = this.#of(url)
      .filter(({ verdict }) => (query.get("verdict") ?? verdict) === verdict)
      .filter(({ timeMs }) => !query.has("since") || timeMs >= Date.parse(query.get("since")!))
      .filter(({ id }) => cursor === null || (isUp ? id > Number(cursor) : id < Number(cursor)));
    return (isUp ? found : found.reverse()).slice(0, Number(query.get("limit") ?? 100));
  }

  #jpeg(id: number): Response {
    const frame = this.frames.find((one) => one.id === id);
    const pictures = this.pictures.get(frame?.sourceId ?? -1);
    const jpeg = pictures?.[id % pictures.length];
    return jpeg === undefined ? textAnswer(404, "") : new Response(jpeg, { headers: { "content-type": "image/jpeg" } });
  }

  #join(request: Request): Response {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => {
      this.#sockets.set(socket, new Set());
      const message: PageMessage = {
        type: "snapshot",
        serverId: "s",
        pageHash: PAGE_HASH,
        software: "framewire 0.1.0",
        nowMs: Date.now(),
        freeBytes: 412_000_000_000,
        clips: this.clips,
        more: false,
        devices: this.devices,
        sources: this.sources,
        feeds: this.events.feeds,
        alerts: this.events.alerts,
      };
      socket.send(JSON.stringify(message));
    };
    socket.onmessage = ({ data }) => this.#watch(socket, JSON.parse(data) as WatchMessage);
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = () => this.#sockets.delete(socket);
    return response;
  }

  #watch(socket: WebSocket, message: WatchMessage): void {
    this.watches.push(message);
    const before = this.#sockets.get(socket);
    const ids = new Set(message.sources.map(({ id }) => id));
    this.#sockets.set(socket, ids);
    for (const id of ids) if (this.sequence(id) > 0 && !before?.has(id)) this.#picture(socket, id, {});
  }

  #picture(socket: WebSocket, source: number, patch: Partial<PictureHeader>): void {
    const pictures = this.pictures.get(source);
    const sequence = this.sequence(source);
    const jpeg = pictures?.[sequence % pictures.length];
    if (jpeg === undefined || socket.readyState !== WebSocket.OPEN) return;
    const nowMs = Date.now();
    const times = { capturedMs: nowMs, timeMs: nowMs, receivedMs: nowMs, sentMs: nowMs };
    socket.send(pictureMessage({ source, run: this.run, sequence, ...times, missed: 0, ...patch }, jpeg));
  }
}

/** Runs `test` with a server, and stops it whatever happens. */
export async function withLiveServer(test: (server: MadeUpLiveServer) => Promise<void>): Promise<void> {
  const server = new MadeUpLiveServer();
  try {
    await test(server);
  } finally {
    await server.stop();
  }
}

/** JPEGs of one source of ffmpeg: `filter` is a picture of `lavfi`. */
export async function makePictures(filter: string, count: number): Promise<Uint8Array<ArrayBuffer>[]> {
  const { stdout, success } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-hide_banner", "-loglevel", "error", "-f", "lavfi", "-i", filter, "-frames:v", String(count)],
      ...["-q:v", "4", "-f", "image2pipe", "-c:v", "mjpeg", "-"],
    ],
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot make pictures of ${filter}`);
  const starts: number[] = [];
  for (let at = stdout.indexOf(0xff); at >= 0; at = stdout.indexOf(0xff, at + 1)) {
    if (stdout[at + 1] === 0xd8) starts.push(at);
  }
  return starts.map((start, i) => stdout.slice(start, starts[i + 1] ?? stdout.length));
}
