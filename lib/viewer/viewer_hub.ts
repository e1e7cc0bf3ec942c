/**
 * The pages which are open: each gets a snapshot, and then what has changed, a few times a second; and the pictures of the
 * sources that it watches.
 */
import { LIMITS } from "../config/limits.ts";
import { messageOf } from "../errors.ts";
import type { LiveHub } from "../live/live_hub.ts";
import type { Clock } from "../platform/clock.ts";
import type { ServerSocket, SocketEvents } from "../platform/http.ts";
import type { ClipChange, ClipLibrary, ClipView, DeviceView, ServerView } from "./clip_library.ts";
import type { EventLibrary } from "./event_library.ts";
import { EventNews, type EventRound } from "./event_news.ts";
import type { FrameLibrary, SourceView } from "./frame_library.ts";
import type { PageMessage } from "./page_messages.ts";
import { PictureMessages } from "./picture_message.ts";
import { PictureRounds } from "./picture_rounds.ts";
import { SourceNews } from "./source_news.ts";
import { Viewer } from "./viewer.ts";

/** Changes go out this far apart at most: four a second look live. */
const UPDATE_INTERVAL_MS = 250;
/** Newest clips in a snapshot; the page asks for older ones. */
const SNAPSHOT_CLIPS = 200;
/** Changes of a box's clock are told in such steps, ms. */
const CLOCK_STEP_MS = 100;
/** With more changes than this at once a snapshot is smaller. */
const UPDATE_CLIPS_MAX = 400;

/** What {@linkcode ViewerHub} needs. */
export interface ViewerHubOptions {
  readonly library: ClipLibrary;
  readonly frames: FrameLibrary;
  readonly events: EventLibrary;
  readonly hub: LiveHub;
  readonly server: () => ServerView;
  readonly clock: Clock;
  readonly serverId: string;
  readonly pageHash: string;
  /** Told what fails while nobody waits for it. */
  readonly log: (text: string) => void;
}

/** Upgrades a request with these events; see `Http.upgrade`. */
type Upgrade = (events: SocketEvents) => { response: Response; socket: ServerSocket };

/** All viewers. It costs nothing while there is none. */
export class ViewerHub {
  readonly #options: ViewerHubOptions;
  readonly #viewers = new Set<Viewer>();
  #changes = new Map<string, ClipView | null>();
  readonly #rounds: PictureRounds;
  readonly #messages = new PictureMessages();
  /** By id; as of the last round. */
  #sources = new Map<number, SourceView>();
  #sourceNews: SourceNews | undefined;
  readonly #eventNews: EventNews;
  #devicesTold = "";
  #sending = false;
  #unsubscribe: (() => void) | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(options: ViewerHubOptions) {
    this.#options = options;
    this.#rounds = new PictureRounds(options.clock);
    this.#eventNews = new EventNews(options.events, options.clock);
  }

  /** Viewers whose connection is not over yet. */
  get viewers(): number {
    return this.#viewers.size;
  }

  /** Takes a new viewer, which the caller has checked for its origin; undefined when there are too many. */
  join(upgrade: Upgrade): Response | undefined {
    if (this.#viewers.size >= LIMITS.viewersMax) return undefined;
    const { response, socket } = upgrade({
      opened: () => {
        viewer.opened();
        void this.#send(false);
      },
      received: (message) => viewer.received(message, (id) => this.#sources.get(id)),
      closed: () => this.#leave(viewer),
    });
    const { clock, hub } = this.#options;
    const viewer: Viewer = new Viewer({ socket, clock, hub, rounds: this.#rounds, messages: this.#messages });
    this.#viewers.add(viewer);
    if (this.#unsubscribe === undefined) this.#begin();
    return response;
  }

  /** Asks every viewer to go; pages come back by themselves. */
  stop(): void {
    for (const viewer of this.#viewers) viewer.close(1001, "The server stops");
    this.#rest();
  }

  #begin(): void {
    this.#sourceNews = undefined;
    this.#devicesTold = changedDevices(this.#options.server().devices);
    this.#unsubscribe = this.#options.library.subscribe((change) => this.#note(change));
    const tick = () => {
      this.#cancelTimer = this.#options.clock.timer(UPDATE_INTERVAL_MS, tick);
      void this.#send(true);
    };
    this.#cancelTimer = this.#options.clock.timer(UPDATE_INTERVAL_MS, tick);
  }

  #rest(): void {
    this.#unsubscribe?.();
    this.#cancelTimer?.();
    this.#unsubscribe = this.#cancelTimer = undefined;
    this.#changes.clear();
    this.#eventNews.rest();
    this.#rounds.stop();
  }

  #leave(viewer: Viewer): void {
    viewer.leave();
    this.#viewers.delete(viewer);
    if (this.#viewers.size === 0) this.#rest();
  }

  #note(change: ClipChange): void {
    if ("removed" in change) this.#changes.set(change.removed, null);
    else this.#changes.set(change.clip.id, change.clip);
  }

  /** One round at a time, so that no change slips between a snapshot and the update behind it. */
  async #send(updates: boolean): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (const viewer of this.#viewers) viewer.look();
      const sources = await this.#readSources();
      const round = updates ? await this.#eventNews.next() : await this.#eventNews.begin();
      const server = this.#options.server();
      if (round) this.#sendUpdate(server, sources, round);
      await this.#sendSnapshots(server);
      for (const viewer of this.#viewers) viewer.stayAlive();
    } catch (error) {
      // The next tick tries again.
      this.#options.log(`Cannot tell viewers what has changed: ${messageOf(error)}`);
      return;
    } finally {
      this.#sending = false;
    }
    if ([...this.#viewers].some((viewer) => viewer.isNew)) void this.#send(false);
  }

  /** All sources; pages watch those which have come since, and no longer those which are gone. */
  async #readSources(): Promise<SourceView[]> {
    const sources = await this.#options.frames.sources();
    const before = this.#sources;
    this.#sources = new Map(sources.map((source) => [source.id, source]));
    if (before.size !== this.#sources.size || sources.some(({ id }) => !before.has(id))) {
      for (const viewer of this.#viewers) viewer.resolve((id) => this.#sources.get(id));
    }
    if (this.#sourceNews === undefined) {
      // The first page hears it all in its snapshot.
      this.#sourceNews = new SourceNews();
      this.#sourceNews.changes(sources, this.#options.clock.now());
    }
    return sources;
  }

  #sendUpdate(server: ServerView, sources: readonly SourceView[], { feeds, alerts, ...news }: EventRound): void {
    const devices = changedDevices(server.devices);
    const devicesChanged = devices !== this.#devicesTold;
    const { changed, removed } = this.#sourceNews!.changes(sources, this.#options.clock.now());
    const sourcesChanged = changed.length > 0 || removed.length > 0;
    const feedsChanged = feeds.length > 0 || alerts.length > 0;
    if (this.#changes.size === 0 && !devicesChanged && !sourcesChanged && !feedsChanged) return;
    const changes = this.#changes;
    this.#changes = new Map();
    this.#devicesTold = devices;
    if (changes.size > UPDATE_CLIPS_MAX) {
      for (const viewer of this.#viewers) viewer.skip();
      return;
    }
    const message: PageMessage = {
      type: "update",
      nowMs: this.#options.clock.wallMs(),
      freeBytes: server.freeBytes,
      clips: [...changes.values()].filter((clip) => clip !== null),
      removed: [...changes].filter(([, clip]) => clip === null).map(([id]) => id),
      ...(devicesChanged ? { devices: server.devices } : {}),
      ...(changed.length > 0 ? { sources: changed } : {}),
      ...(removed.length > 0 ? { removedSources: removed } : {}),
      ...(feeds.length > 0 ? { feeds } : {}),
      ...(alerts.length > 0 ? { alerts } : {}),
    };
    this.#tellAll(message);
    if (news.events.length > 0 || news.skipped.length > 0) this.#tellAll({ type: "events", ...news });
  }

  #tellAll(message: PageMessage): void {
    const text = JSON.stringify(message);
    for (const viewer of this.#viewers) viewer.update(text);
  }

  async #sendSnapshots(server: ServerView): Promise<void> {
    const waiting = [...this.#viewers].filter((viewer) => viewer.wantsSnapshot);
    if (waiting.length === 0) return;
    const { library, clock, serverId, pageHash } = this.#options;
    const clips = await library.list({ limit: SNAPSHOT_CLIPS + 1 });
    const message: PageMessage = {
      type: "snapshot",
      serverId,
      pageHash,
      software: server.software,
      nowMs: clock.wallMs(),
      freeBytes: server.freeBytes,
      clips: clips.slice(0, SNAPSHOT_CLIPS),
      more: clips.length > SNAPSHOT_CLIPS,
      devices: server.devices,
      sources: [...this.#sources.values()],
      feeds: this.#eventNews.feeds,
      alerts: this.#eventNews.alerts,
    };
    const text = JSON.stringify(message);
    for (const viewer of waiting) viewer.snapshot(text);
  }
}

/** What of the devices is worth an update: not that they were just seen, nor that a clock is measured a little better. */
function changedDevices(devices: readonly DeviceView[]): string {
  return JSON.stringify(devices.map(({ lastSeenMs: _, clockOffsetMs, ...rest }) => {
    return { ...rest, clockOffset: clockOffsetMs === null ? null : Math.round(clockOffsetMs / CLOCK_STEP_MS) };
  }));
}
