/** The server as a whole: store, boxes, page; started and stopped in order. */
import { join } from "node:path";
import { SOFTWARE } from "../config/version.ts";
import { formatHostPort } from "../config/values.ts";
import { FramewireError } from "../errors.ts";
import { errorFields, type Log } from "../log.ts";
import { LiveHub } from "../live/live_hub.ts";
import type { Clock } from "../platform/clock.ts";
import type { StoppableDirectWrites } from "../platform/direct_writes.ts";
import type { Disk, DiskLock } from "../platform/disk.ts";
import type { HttpPost } from "../platform/http_client.ts";
import type { Network } from "../platform/network.ts";
import type { Processes } from "../platform/processes.ts";
import type { Program } from "../platform/program.ts";
import type { Random } from "../platform/random.ts";
import { ClipStore } from "../store/clip_store.ts";
import { SqliteCatalog } from "../store/sqlite_catalog.ts";
import { ViewerServer } from "../viewer/viewer_server.ts";
import { BoxListener } from "./box_listener.ts";
import { DeviceTable } from "./device_table.ts";
import { EventSide } from "./event_side.ts";
import { FrameSide } from "./frame_side.ts";
import { Housekeeping } from "./housekeeping.ts";
import type { ServeOptions } from "./serve_options.ts";
import { StoredClipLibrary } from "./stored_clip_library.ts";

/** Everything that the server touches of the outside. */
export interface ServerOutside {
  readonly network: Network;
  /** A network whose listeners have this certificate and private key (PEM). */
  readonly tlsNetwork: (options: { cert: string; key: string }) => Network;
  readonly disk: Disk;
  /** Makes those of this server. */
  readonly directWrites: () => StoppableDirectWrites;
  /** Analysers run as these. */
  readonly processes: Processes;
  /** For webhooks. */
  readonly post: HttpPost;
  /** Where events are printed. */
  readonly program: Pick<Program, "writeOutput">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Where a started server listens. */
export interface ServerAddresses {
  /** For boxes: `127.0.0.1:12345`. */
  readonly listen: string;
  /** Of the page: `http://127.0.0.1:8080`. */
  readonly http: string;
}

/** How often free space is looked at, and expired clips are removed, ms. */
const HOUSEKEEPING_MS = 2_000;

export class FramewireServer {
  readonly #outside: ServerOutside;
  readonly #options: ServeOptions;
  readonly #devices: DeviceTable;
  readonly #hub: LiveHub;
  readonly #startedMs: number;
  #lock: DiskLock | undefined;
  readonly #direct: StoppableDirectWrites;
  #catalog: SqliteCatalog | undefined;
  #store: ClipStore | undefined;
  #frames: FrameSide | undefined;
  #events: EventSide | undefined;
  #library: StoredClipLibrary | undefined;
  #boxes: BoxListener | undefined;
  #viewer: ViewerServer | undefined;
  #httpUrl = "";
  #freeBytes: number | null = null;
  #housekeeping: Housekeeping | undefined;
  #ready = false;
  #clipsStored = 0;
  #clipsFailed = 0;
  readonly #failed = Promise.withResolvers<FramewireError>();

  constructor(outside: ServerOutside, options: ServeOptions) {
    this.#outside = outside;
    this.#options = options;
    this.#direct = outside.directWrites();
    this.#direct.onEnded = (error) =>
      outside.log("warn", "Pictures are written as usual from now on", errorFields(error));
    this.#devices = new DeviceTable(outside.clock);
    this.#hub = new LiveHub({ clock: outside.clock });
    this.#startedMs = outside.clock.wallMs();
  }

  /** Resolves when the server cannot go on, and must be started anew from what is on the disk. */
  get failed(): Promise<FramewireError> {
    return this.#failed.promise;
  }

  /** @throws {FramewireError} `DATA_LOCKED`, `STORAGE_FAILED`, `USAGE`; nothing is left running then. */
  async start(): Promise<ServerAddresses> {
    try {
      await this.#startStore();
      const listen = await this.#startListeners();
      this.#ready = true;
      this.#keepHouse();
      return { listen, http: this.#httpUrl };
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Takes nothing more, makes what has arrived durable, and ends. */
  async stop(): Promise<void> {
    this.#ready = false;
    await this.#housekeeping?.stop();
    await this.#boxes?.stop();
    this.#library?.stop();
    await this.#viewer?.stop();
    await this.#events?.stop();
    await this.#frames?.stop();
    await this.#store?.stop();
    await this.#catalog?.close();
    this.#direct.stop();
    this.#lock?.release();
  }

  async #startStore(): Promise<void> {
    const { disk, clock, random, log } = this.#outside;
    const { data, reserveBytes, keepUnfinishedMs } = this.#options;
    try {
      await disk.makeFolder(data);
      this.#lock = await disk.lock(join(data, "framewire.lock")) ?? undefined;
    } catch (cause) {
      throw new FramewireError("STORAGE_FAILED", `Cannot use data directory ${data}`, { cause });
    }
    if (this.#lock === undefined) {
      throw new FramewireError("DATA_LOCKED", `Cannot use data directory ${data} as another server uses it`);
    }
    const catalog = await SqliteCatalog.open(join(data, "framewire.db"), this.#direct.progress);
    catalog.onBroken = (error) => this.#failed.resolve(error);
    this.#catalog = catalog;
    this.#store = new ClipStore({ catalog, disk, clock, random, log, folder: data, reserveBytes, keepUnfinishedMs });
    await this.#store.start();
    this.#frames = new FrameSide(
      this.#outside,
      this.#options,
      catalog.frames,
      this.#direct,
      this.#hub,
      () => this.#freeBytes,
    );
    await this.#frames.start();
    this.#events = new EventSide(this.#outside, this.#options, catalog, this.#frames.library);
    await this.#events.start();
    this.#library = new StoredClipLibrary(this.#store, catalog, disk, clock);
  }

  async #startListeners(): Promise<string> {
    const { clock, random, log } = this.#outside;
    const { listen, http, pageUrl, tokens, allowedHosts, tls } = this.#options;
    const network = tls === null ? this.#outside.network : this.#outside.tlsNetwork(tls);
    this.#boxes = new BoxListener(network, {
      clock,
      log,
      store: this.#store!,
      devices: this.#devices,
      tokens,
      httpUrl: (reached) => pageUrl ?? this.#viewer!.urlFor(reached),
      clipEnded: (stored) => stored ? this.#clipsStored++ : this.#clipsFailed++,
      frames: this.#frames!.receiving,
      events: this.#events!.receiving,
    });
    this.#viewer = new ViewerServer({
      library: this.#library!,
      frames: this.#frames!.library,
      exports: this.#frames!.exports,
      events: this.#events!.library,
      hub: this.#hub,
      server: () => ({
        software: SOFTWARE,
        startedMs: this.#startedMs,
        devices: this.#devices.views(),
        freeBytes: this.#freeBytes,
      }),
      clock,
      random,
      log: (text) => log("warn", text),
      hostname: http.hostname,
      port: http.port,
      allowedHosts,
      metrics: () => this.#metrics(),
      ready: () => this.#ready,
    });
    this.#httpUrl = (await this.#viewer.start()).url;
    return formatHostPort(this.#boxes.start(listen));
  }

  #metrics(): string {
    return [
      "# TYPE framewire_connections gauge",
      `framewire_connections ${this.#boxes?.connectionCount ?? 0}`,
      "# TYPE framewire_clips_ended_total counter",
      `framewire_clips_ended_total{outcome="stored"} ${this.#clipsStored}`,
      `framewire_clips_ended_total{outcome="failed"} ${this.#clipsFailed}`,
      (this.#frames?.metrics() ?? "") + (this.#events?.metrics() ?? ""),
    ].join("\n");
  }

  #keepHouse(): void {
    const { disk } = this.#outside;
    const { data, reserveBytes } = this.#options;
    this.#housekeeping = new Housekeeping(this.#outside, HOUSEKEEPING_MS, {
      space: async () => void (this.#freeBytes = Math.max(0, await disk.freeBytes(data) - reserveBytes)),
      clips: () => this.#store!.expire(),
      frames: () => this.#frames!.expire(),
      exports: () => this.#frames!.exports.expire(),
      events: () => this.#events!.expire(),
    });
    this.#housekeeping.start();
  }
}
