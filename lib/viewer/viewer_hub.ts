/** The pages which are open: each gets a snapshot, and then what has changed, a few times a second. */
import { LIMITS } from "../config/limits.ts";
import { messageOf } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { ServerSocket, SocketEvents } from "../platform/http.ts";
import type { ClipChange, ClipLibrary, ClipView, DeviceView, ServerView } from "./clip_library.ts";
import type { PageMessage } from "./page_messages.ts";
import { Viewer } from "./viewer.ts";

/** Changes go out this far apart at most: four a second look live. */
const UPDATE_INTERVAL_MS = 250;
/** Newest clips in a snapshot; the page asks for older ones. */
const SNAPSHOT_CLIPS = 200;
/** With more changes than this at once a snapshot is smaller. */
const UPDATE_CLIPS_MAX = 400;

/** What {@linkcode ViewerHub} needs. */
export interface ViewerHubOptions {
  readonly library: ClipLibrary;
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
  #devicesTold = "";
  #sending = false;
  #unsubscribe: (() => void) | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(options: ViewerHubOptions) {
    this.#options = options;
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
      received: (length) => viewer.received(length),
      closed: () => this.#leave(viewer),
    });
    const viewer = new Viewer(socket, this.#options.clock);
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
  }

  #leave(viewer: Viewer): void {
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
      const server = this.#options.server();
      for (const viewer of this.#viewers) viewer.look();
      if (updates) this.#sendUpdate(server);
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

  #sendUpdate(server: ServerView): void {
    const devices = changedDevices(server.devices);
    const devicesChanged = devices !== this.#devicesTold;
    if (this.#changes.size === 0 && !devicesChanged) return;
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
    };
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
      sources: [],
    };
    const text = JSON.stringify(message);
    for (const viewer of waiting) viewer.snapshot(text);
  }
}

/** What of the devices is worth an update: not that they were just seen. */
function changedDevices(devices: readonly DeviceView[]): string {
  return JSON.stringify(devices.map(({ lastSeenMs: _, ...rest }) => rest));
}
