/** The whole system in one process, against a made-up clock, network and disks, from a seed; with every kind of accident. */
import { ClipJob } from "../../lib/clips/clip_job.ts";
import { type ClipSource, FileSource } from "../../lib/clips/clip_source.ts";
import { PipeSource } from "../../lib/clips/pipe_source.ts";
import { runUplink } from "../../lib/client/uplink.ts";
import { silentLog } from "../../lib/log.ts";
import { sleep } from "../../lib/platform/clock.ts";
import type { Network } from "../../lib/platform/network.ts";
import { BoxListener } from "../../lib/server/box_listener.ts";
import { DeviceTable } from "../../lib/server/device_table.ts";
import { ClipStore } from "../../lib/store/clip_store.ts";
import { noEvents } from "../helpers/made_up_event_recorder.ts";
import { noFrames } from "../helpers/made_up_recorder.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { MemoryCatalog } from "../helpers/memory_catalog.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";
import { type MemoryLink, MemoryNetwork } from "../helpers/memory_network.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { cutRandomly } from "./corpus.ts";
import type { SimulatedSources } from "./simulated_sources.ts";

/** A file which a box wants to send. */
export interface WorldFile {
  readonly device: string;
  readonly name: string;
  readonly content: Uint8Array;
  /** Comes through a pipe, which can be read once. */
  readonly isPipe?: boolean;
}

/** What a box was told is safe. */
export interface Promised {
  readonly file: WorldFile;
  readonly clipId: string;
}

const ADDRESS = { hostname: "server.test", port: 12345 };

/** A program of a box, from start to end or kill. */
interface BoxRun {
  readonly done: Promise<void>;
  kill(): void;
}

export class SimulatedWorld {
  readonly clock = new MadeUpClock();
  readonly random: SeededRandom;
  readonly network: MemoryNetwork;
  readonly files: WorldFile[] = [];
  readonly promised: Promised[] = [];
  /** What happened when, for whoever looks for a bug. */
  readonly history: string[] = [];
  serverDisk: MemoryDisk;
  catalog = new MemoryCatalog();
  readonly #boxDisk: MemoryDisk;
  readonly #slowDisk: boolean;
  readonly #sources: SimulatedSources | undefined;
  #diskFailures = 0;
  readonly #leaving: Promise<unknown>[] = [];
  #server: { store: ClipStore; boxes: BoxListener } | undefined;
  #serverStarting: Promise<void> = Promise.resolve();

  /** `sources`: what boxes send beside clips. */
  constructor(seed: number, sources?: SimulatedSources) {
    this.#sources = sources;
    const random = new SeededRandom(seed);
    this.random = random;
    this.#slowDisk = random.chance(0.7);
    this.network = new MemoryNetwork({
      seed,
      clock: this.clock,
      reads: random.pick(["whole", "random"]),
      writes: random.pick(["whole", "random"]),
      latencyMs: random.pick([0, 1, 20, 150]),
      bufferBytes: random.pick([4, 64, 256]) * 1024,
    });
    const wallMs = () => this.clock.wallMs();
    this.serverDisk = new MemoryDisk({ seed, wallMs });
    this.#boxDisk = new MemoryDisk({ seed: seed + 1, wallMs });
  }

  note(text: string): void {
    this.history.push(`${this.clock.now().toFixed(1)} ms: ${text}`);
  }

  async addFile(file: WorldFile): Promise<void> {
    this.files.push(file);
    await this.#boxDisk.makeFolder(`/${file.device}`);
    const open = await this.#boxDisk.open(`/${file.device}/${file.name}`, "create-new");
    await open.writeAt(file.content, 0);
    open.close();
  }

  /** Starts a server on what the disk holds; a power cut while it starts leads to the next attempt. */
  startServer(): Promise<void> {
    return this.#serverStarting = this.#startServer();
  }

  async #startServer(): Promise<void> {
    const { clock, random } = this;
    const [disk, catalog] = [this.serverDisk, this.catalog];
    if (this.#slowDisk) {
      const pause = () => random.chance(0.2) ? sleep(clock, random.int(40)) : undefined;
      disk.onCall = pause;
      catalog.onCall = pause;
    }
    const options = { catalog, disk, clock, random, log: silentLog, folder: "/data", reserveBytes: 0 };
    const store = new ClipStore({ ...options, keepUnfinishedMs: 86_400_000 });
    try {
      await store.start();
      await this.#sources?.start(this, this.#slowDisk);
    } catch (error) {
      if (disk === this.serverDisk) throw error;
      return;
    }
    if (disk !== this.serverDisk) return;
    const boxes = new BoxListener(this.network, {
      clock,
      log: silentLog,
      store,
      devices: new DeviceTable(clock),
      tokens: [],
      httpUrl: () => "",
      clipEnded: (stored) => {
        if (!stored) this.note("a stream failed");
      },
      frames: this.#sources?.receiving ?? noFrames(),
      events: noEvents(),
    });
    boxes.start(ADDRESS);
    this.#server = { store, boxes };
    this.note("server started");
  }

  /** Cuts the server's power; its connections are reset, or never heard of again. */
  crashServer(): void {
    this.serverDisk = this.serverDisk.crash("random");
    this.catalog = this.catalog.crash();
    this.#sources?.crash();
    const silent = this.random.chance(0.5);
    for (const link of this.network.links) {
      if (!link.isOpen) continue;
      if (silent) link.blackHole();
      else link.reset();
    }
    this.note(`server lost power, ${silent ? "silently" : "connections reset"}`);
    if (this.#server !== undefined) this.#leaving.push(this.#server.boxes.stop());
    this.#server = undefined;
  }

  /** Something goes wrong with the server's disk or catalog: once, or until it has been started anew. */
  async breakDisk(): Promise<void> {
    const { clock, random } = this;
    // A box gives a clip up after five failures of the server's disk: so many are no accident.
    const kinds = this.#diskFailures++ < 3 ? ["write", "sync", "sync-folder", "rename", "open", "commit"] as const : [];
    const kind = random.pick([...kinds, "full" as const]);
    this.note(`server's disk: ${kind}`);
    if (kind === "full") {
      this.serverDisk.capacityBytes = this.serverDisk.usedBytes + random.int(200_000);
      await sleep(clock, random.int(60_000));
      this.serverDisk.capacityBytes = Infinity;
    } else if (kind === "commit") {
      const how = random.pick(["before", "after", "full"] as const);
      this.catalog.failCommit(how);
      if (how === "full") return;
      // The real server ends itself then, and is started anew.
      const broken = Promise.withResolvers<void>();
      this.catalog.onBroken = () => broken.resolve();
      const catalog = this.catalog;
      await Promise.race([broken.promise, sleep(clock, 5_000)]);
      if (catalog !== this.catalog) return;
      this.crashServer();
      await this.startServer();
    } else this.serverDisk.failCall(kind, 1 + random.int(5));
  }

  /** Stops the server as an administrator does. */
  async stopServer(): Promise<void> {
    await this.#serverStarting;
    const server = this.#server;
    this.#server = undefined;
    await server?.boxes.stop();
    await this.#sources?.stop();
    await server?.store.stop();
    this.note("server stopped");
  }

  /** Runs `send` of all files of a device. */
  startBox(device: string): BoxRun {
    const stop = new AbortController();
    let dead = false;
    const links: MemoryLink[] = [];
    const network: Network = {
      connect: async (address, options) => {
        if (dead) return await new Promise(() => {});
        const connection = await this.network.connect(address, options);
        links.push(this.network.lastLink);
        return connection;
      },
      listen: (address) => this.network.listen(address),
    };
    const events = { note: () => {}, changed: (job: ClipJob) => this.#changed(device, job) };
    const jobs = this.files.filter((file) => file.device === device).map((file) =>
      new ClipJob(file.name, () => this.#openSource(file), events)
    );
    const sources = this.#sources?.jobsOf(device, this) ?? [];
    const running = runUplink(
      {
        network,
        clock: this.clock,
        random: this.random,
        address: ADDRESS,
        identity: { device, token: "", software: "simulation" },
        retryForMs: Infinity,
        sources,
        connected: () => this.note(`${device} connected`),
        interrupted: (error, ms) =>
          this.note(`${device} interrupted: ${error.code} ${error.message}, again in ${ms} ms`),
      },
      jobs,
      stop.signal,
    );
    const done = running.catch((error) => {
      if (!dead) throw error;
    }).then(async () => {
      for (const job of jobs) {
        if (!dead && job.phase !== "stored") throw job.error ?? new Error(`${job.name} is ${job.phase}`);
        await job.giveUp();
      }
      for (const job of sources) {
        if (!dead && job.phase !== "ended") throw job.error ?? new Error(`${job.settings.name} is ${job.phase}`);
        await job.giveUp();
      }
    });
    return {
      done,
      kill: () => {
        dead = true;
        this.note(`${device} killed`);
        for (const link of links) if (link.isOpen) link.reset();
        stop.abort();
      },
    };
  }

  /** Waits until everything that was cut has noticed. */
  async leave(): Promise<void> {
    await Promise.all(this.#leaving);
  }

  #openSource({ device, name, content, isPipe }: WorldFile): Promise<ClipSource> {
    if (!isPipe) return FileSource.open(this.#boxDisk, `/${device}/${name}`, name);
    return Promise.resolve(new PipeSource(name, ReadableStream.from(cutRandomly(content, this.random.uint32()))));
  }

  #changed(device: string, job: ClipJob): void {
    if (job.phase === "failed") this.note(`${job.name} failed: ${job.error?.message}`);
    if (job.phase !== "stored" || job.result === undefined) return;
    const file = this.files.find((one) => one.device === device && one.name === job.name)!;
    this.note(`${job.name} promised as ${job.result.stored.storedName}`);
    this.promised.push({ file, clipId: job.result.stored.clipId });
  }
}
