/** Cameras and folders of pictures in a {@linkcode SimulatedWorld}: what boxes send, what they were told, what is there. */
import { assert, assertEquals } from "@std/assert";
import { FrameCounts } from "../../lib/frames/frame_counts.ts";
import type { CapturedFrame, FrameOrigin } from "../../lib/frames/frame_origin.ts";
import { SourceJob, type SourceSettings } from "../../lib/frames/source_job.ts";
import { silentLog } from "../../lib/log.ts";
import { LiveHub } from "../../lib/live/live_hub.ts";
import { type Clock, sleep } from "../../lib/platform/clock.ts";
import type { AnalysisResult } from "../../lib/protocol/frame.ts";
import type { BoxConnectionOptions } from "../../lib/server/box_connection.ts";
import { DiskSpace } from "../../lib/store/disk_space.ts";
import type { FrameRow } from "../../lib/store/frame_catalog.ts";
import { FrameStore } from "../../lib/store/frame_store.ts";
import { MemoryDirectWrites } from "../helpers/memory_direct_writes.ts";
import { MemoryFrameCatalog } from "../helpers/memory_frame_catalog.ts";
import type { MemoryDisk } from "../helpers/memory_disk.ts";
import type { SeededRandom } from "../helpers/seeded_random.ts";
import { madeUpJpeg } from "../helpers/source_world.ts";
import type { SimulatedWorld } from "./simulated_world.ts";

/** A source of a box, and the pictures it has. */
export interface WorldSource {
  readonly device: string;
  readonly settings: SourceSettings;
  readonly pictures: readonly { readonly name: string | null; readonly jpeg: Uint8Array<ArrayBuffer> }[];
  /** Pause between two pictures, ms; 0 for as fast as they are taken. */
  readonly everyMs: number;
}

/** A picture of which a box was told that it is stored. */
interface Told {
  readonly source: WorldSource;
  readonly run: string;
  readonly sequence: number;
}

/** What is there of a source. */
interface Recorded extends FrameRow {
  readonly jpeg: Uint8Array;
}

export class SimulatedSources {
  readonly sources: WorldSource[] = [];
  readonly told: Told[] = [];
  /** Of the programs that ran last, by source. */
  readonly jobs = new Map<WorldSource, SourceJob>();
  readonly #allJobs: { readonly source: WorldSource; readonly job: SourceJob }[] = [];
  readonly #random: SeededRandom;
  readonly #analysisMs: number;
  #world: SimulatedWorld | undefined;
  #catalog = new MemoryFrameCatalog();
  #store: FrameStore | undefined;
  #hub: LiveHub | undefined;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#analysisMs = random.pick([0, 5, 200]);
  }

  add(source: WorldSource): void {
    this.sources.push(source);
  }

  /** Starts on what the disk of the world holds. */
  async start(world: SimulatedWorld, isSlow: boolean): Promise<void> {
    const { clock, random } = world;
    this.#world = world;
    if (isSlow) this.#catalog.onCall = () => random.chance(0.2) ? sleep(clock, random.int(40)) : undefined;
    const store = this.#storeOn(world.serverDisk);
    this.#hub = new LiveHub({ clock });
    await store.start();
    this.#store = store;
  }

  crash(): void {
    this.#catalog = this.#catalog.crash();
    this.#store = undefined;
  }

  async stop(): Promise<void> {
    await this.#store?.stop();
  }

  get receiving(): BoxConnectionOptions["frames"] {
    const hub = this.#hub!;
    return {
      recorder: this.#store!,
      record: { kind: "all" },
      totals: new FrameCounts(),
      outlets: {
        open: (key, kind) => hub.open(key, kind),
        analyse: (_, patient) => this.#analyse(patient),
        commonResult: null,
      },
    };
  }

  /** A program of the device starts: each source with a run of its own. */
  jobsOf(device: string, world: SimulatedWorld): SourceJob[] {
    return this.sources.filter((source) => source.device === device).map((source) => {
      const events = {
        note: (_: SourceJob, text: string) => world.note(`${device}/${source.settings.name}: ${text}`),
        frame: (job: SourceJob, { sequence }: { sequence: number }) =>
          void this.told.push({ source, run: job.run, sequence }),
        dropped: () => {},
        ended: (job: SourceJob) => world.note(`${device}/${source.settings.name} ${job.phase}`),
      };
      const open = () => Promise.resolve(originOf(source, world.clock));
      const job = new SourceJob(source.settings, open, events, { clock: world.clock, random: world.random });
      this.jobs.set(source, job);
      this.#allJobs.push({ source, job });
      return job;
    });
  }

  /** What was told as stored is there, once, in order and whole. */
  async checkPromises(): Promise<void> {
    for (const source of this.sources) {
      const frames = await this.#recorded(source);
      const runs = Map.groupBy(frames, ({ run }) => run);
      for (const [run, rows] of runs) {
        const sequences = rows.map(({ sequence }) => sequence);
        const rising = [...new Set(sequences)].sort((a, b) => a - b);
        assertEquals(sequences, rising, `${source.settings.name} run ${run}: doubled or out of order`);
      }
      for (const { run, sequence, name, jpeg } of frames) {
        const { pictures, settings } = source;
        const picture = settings.named ? pictures.find((one) => one.name === name) : pictures[sequence - 1];
        assert(
          same(jpeg, picture!.jpeg),
          `${settings.name} ${run} ${sequence} is not what was sent`,
        );
      }
      if (source.settings.named) {
        // A new run offers what is there already.
        assertEquals(
          new Set(frames.map(({ name }) => name)).size,
          frames.length,
          "a picture with a name is there twice",
        );
      }
      for (const { run, sequence } of this.told.filter((told) => told.source === source)) {
        const { name } = source.pictures[sequence - 1]!;
        const isThere = source.settings.named
          ? frames.some((frame) => frame.name === name)
          : runs.get(run)?.some((frame) => frame.sequence === sequence);
        assert(isThere, `${source.settings.name} ${run} ${sequence} was told as stored, and is gone`);
      }
    }
  }

  /** Of policy `all` nothing is missing, and each has its result; of `latest` each is stored or counted. */
  async checkEnd(): Promise<void> {
    await this.checkPromises();
    for (const source of this.sources) {
      await this.#checkDrops(source);
      const { name, named, policy } = source.settings;
      const job = this.jobs.get(source)!;
      const frames = (await this.#recorded(source)).filter(({ run }) => named || run === job.run);
      const sequences = frames.map(({ sequence }) => sequence);
      if (policy === "latest") {
        const { captured, stored, droppedByReason: { link, offline, disk } } = job;
        assertEquals(stored + link + offline + disk, captured, `${name}: not all were stored or counted`);
        assertEquals(sequences.length, stored, `${name}: more was stored than told`);
        continue;
      }
      const names = named ? frames.map((frame) => frame.name) : sequences.map((sequence) => `${sequence}`);
      assertEquals(names, source.pictures.map((picture, index) => picture.name ?? `${index + 1}`), `${name}: missing`);
      // A picture that cannot be read at the moment is not analysed.
      if (this.#world!.history.some((line) => line.includes("server's disk: open"))) continue;
      const without = frames.filter(({ verdict }) => verdict === null).map(({ sequence }) => sequence);
      assertEquals(without, [], `${name}: without a result`);
    }
  }

  /** No drop is counted, or noted as a gap, more often than it happened. */
  async #checkDrops(source: WorldSource): Promise<void> {
    // Behind a failed sync it is not known what was heard, and told again.
    if (this.#world!.history.some((line) => line.includes("server's disk"))) return;
    const jobs = this.#allJobs.filter((one) => one.source === source);
    const sum = (counts: { link: number; offline: number }) => counts.link + counts.offline;
    const dropped = jobs.reduce((total, { job }) => total + sum(job.droppedByReason), 0);
    const { device, settings: { name } } = source;
    const figures = this.#hub!.figures({ device, source: name });
    if (figures !== undefined) assert(sum(figures.dropped) <= dropped, `${name}: drops are counted twice`);
    const row = (await this.#catalog.sources()).find((one) => one.device === device && one.name === name);
    if (row === undefined) return;
    const gaps = await this.#catalog.gaps(row.id, 0, Infinity, 100_000);
    const noted = gaps.reduce((total, { frames }) => total + frames, 0);
    assert(noted <= dropped, `${name}: gaps of ${noted} frames where ${dropped} were dropped`);
  }

  /** All rows of a source in the order of arrival, with their pictures, as they are on the disk at the moment. */
  async #recorded({ device, settings }: WorldSource): Promise<Recorded[]> {
    const { serverDisk } = this.#world!;
    const row = (await this.#catalog.sources()).find((one) => one.device === device && one.name === settings.name);
    if (row === undefined) return [];
    const frames = await this.#catalog.frames({ sourceId: row.id, order: "ascending", limit: 100_000 });
    return await Promise.all(frames.map(async (frame) => {
      const { folder, file, position, bytes } = (await this.#catalog.place(frame.id))!;
      // Past the failures which the disk may still have in store.
      const content = serverDisk.contentOf(`/data/frames/${folder}/${file}`);
      return { ...frame, jpeg: content.subarray(position, position + bytes) };
    }));
  }

  #storeOn(disk: MemoryDisk): FrameStore {
    const { clock, random } = this.#world!;
    const [folder, catalog] = ["/data", this.#catalog];
    const space = new DiskSpace(disk, folder, 0);
    const retention = { keepMs: null, bytesMax: null };
    // Another kind of disk after each start.
    const direct = this.#random.chance(0.5) ? { direct: new MemoryDirectWrites(disk) } : {};
    return new FrameStore({ catalog, disk, ...direct, clock, random, log: silentLog, folder, space, retention });
  }

  /** An analysis which takes its time, and skips some that are not patient. */
  async #analyse(patient: boolean): Promise<AnalysisResult> {
    const { clock } = this.#world!;
    await sleep(clock, this.#random.int(this.#analysisMs + 1));
    const result = patient || this.#random.chance(0.8) ? "ok" : "not analysed";
    return { result, reasons: [], boxes: [], measures: {}, tookMs: 1 };
  }
}

/** Some sources of a device: a folder, a video of which nothing may be lost, and a camera. */
export function someSources(device: string, random: SeededRandom): WorldSource[] {
  const pictures = (named: boolean) =>
    Array.from({ length: 1 + random.int(120) }, (_, index) => ({
      name: named ? `${index + 1}.jpg` : null,
      jpeg: madeUpJpeg(random.pick([10, 500, 4_000]), random.uint32()),
    }));
  const settings = { kind: "visible", named: false } as const;
  const folder: SourceSettings = { ...settings, name: "folder", policy: "all", named: true };
  const everyMs = () => random.pick([0, 0, 10, 100]);
  return [
    { device, settings: folder, pictures: pictures(true), everyMs: everyMs() },
    { device, settings: { ...settings, name: "video", policy: "all" }, pictures: pictures(false), everyMs: everyMs() },
    {
      device,
      settings: { ...settings, name: "camera", policy: "latest" },
      pictures: pictures(false),
      everyMs: random.pick([5, 33, 200]),
    },
  ];
}

function originOf({ pictures, everyMs }: WorldSource, clock: Clock): FrameOrigin {
  let index = 0;
  return {
    async next(signal): Promise<CapturedFrame | null> {
      const picture = pictures[index++];
      if (picture === undefined) return null;
      if (everyMs > 0) await sleep(clock, everyMs, signal);
      return signal.aborted ? null : { ...picture, capturedMs: clock.wallMs() };
    },
    close: () => Promise.resolve(),
  };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
