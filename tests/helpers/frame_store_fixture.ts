import { assert, assertEquals } from "@std/assert";
import { DIRECT_MEMORY } from "../../lib/config/limits.ts";
import { silentLog } from "../../lib/log.ts";
import type { Clock } from "../../lib/platform/clock.ts";
import { type DirectWrites, SystemDirectWrites } from "../../lib/platform/direct_writes.ts";
import { type Disk, systemDisk } from "../../lib/platform/disk.ts";
import type { AnalysisResult, Frame, Verdict } from "../../lib/protocol/frame.ts";
import { DiskSpace } from "../../lib/store/disk_space.ts";
import type { FrameCatalog, FrameRow } from "../../lib/store/frame_catalog.ts";
import type { FrameRetention } from "../../lib/store/frame_retention.ts";
import { FrameStore, type SourceOpening } from "../../lib/store/frame_store.ts";
import type { FrameWriter } from "../../lib/store/frame_writer.ts";
import { SqliteCatalog } from "../../lib/store/sqlite_catalog.ts";
import { MadeUpClock } from "./made_up_clock.ts";
import { MemoryDisk } from "./memory_disk.ts";
import { MemoryDirectWrites } from "./memory_direct_writes.ts";
import { MemoryFrameCatalog } from "./memory_frame_catalog.ts";
import type { CrashKeeps } from "./memory_inode.ts";
import { SeededRandom } from "./seeded_random.ts";
import { tempFolder } from "./temp_folder.ts";

/** How frame stores are made in tests. */
export interface FrameFixtureOptions {
  readonly retention?: FrameRetention;
  readonly seed?: number;
  readonly reserveBytes?: number;
}

/** A result with this verdict. */
export function resultOf(result: Verdict, reasons: readonly string[] = []): AnalysisResult {
  return { result, reasons, boxes: [], measures: { brightness: 0.5 }, tookMs: 3 };
}

/** Random bytes, as many as asked for. */
export function pictureOf(seed: number, bytes = 700): Uint8Array<ArrayBuffer> {
  return new SeededRandom(seed).bytes(bytes);
}

/** A writer, with what it was told. */
export class ToldWriter {
  readonly writer: FrameWriter;
  readonly ids = new Map<number, number>();
  readonly failures: string[] = [];
  readonly #opening: SourceOpening;
  readonly #clock: Clock;
  /** Highest sequence that was told as stored. */
  through = 0;

  constructor(writer: FrameWriter, opening: SourceOpening, clock: Clock) {
    this.writer = writer;
    this.#opening = opening;
    this.#clock = clock;
    writer.onStored = (through, ids) => {
      assert(through >= this.through, `${through} was told behind ${this.through}`);
      this.through = through;
      for (const { sequence, id } of ids) this.ids.set(sequence, id);
    };
    writer.onFailed = ({ code }) => this.failures.push(code);
  }

  /** Writes a frame which came just now. */
  write(sequence: number, jpeg: Uint8Array<ArrayBuffer>, fields: Partial<Frame> = {}): Promise<void> {
    const nowMs = this.#clock.wallMs();
    const { device, source, kind: sourceKind, run } = this.#opening;
    const times = { capturedMs: nowMs, timeMs: nowMs, receivedMs: nowMs };
    return this.writer.write({ device, source, sourceKind, run, sequence, name: null, ...times, jpeg, ...fields });
  }
}

/** A frame store with what it stands on. */
export interface FrameFixture {
  readonly clock: MadeUpClock;
  readonly disk: Disk;
  readonly folder: string;
  readonly catalog: FrameCatalog;
  readonly store: FrameStore;
  open(opening?: Partial<SourceOpening>): Promise<ToldWriter>;
  /** A new store and catalog on the same disk, started, as after a stop of the server. */
  again(): Promise<void>;
}

abstract class AnyFixture implements FrameFixture {
  readonly clock = new MadeUpClock();
  abstract disk: Disk;
  abstract readonly folder: string;
  abstract catalog: FrameCatalog;
  protected abstract readonly direct: DirectWrites | undefined;
  abstract again(): Promise<void>;
  readonly options: FrameFixtureOptions;
  #store: FrameStore | undefined;
  readonly #random: SeededRandom;

  constructor(options: FrameFixtureOptions) {
    this.options = options;
    this.#random = new SeededRandom(options.seed ?? 1);
  }

  get store(): FrameStore {
    return this.#store ??= new FrameStore({
      catalog: this.catalog,
      disk: this.disk,
      ...(this.direct === undefined ? {} : { direct: this.direct }),
      clock: this.clock,
      random: this.#random,
      log: silentLog,
      folder: this.folder,
      space: new DiskSpace(this.disk, this.folder, this.options.reserveBytes ?? 0),
      retention: this.options.retention ?? { keepMs: null, bytesMax: null },
    });
  }

  protected forget(): void {
    this.#store = undefined;
  }

  async open(opening: Partial<SourceOpening> = {}): Promise<ToldWriter> {
    const whole = { device: "box", source: "cam", kind: "visible", named: false, run: "run", ...opening } as const;
    return new ToldWriter(await this.store.openSource(whole), whole, this.clock);
  }
}

/** On made-up disk and catalog, which may lose their power. */
export class MemoryFrameFixture extends AnyFixture {
  override readonly folder = "/data";
  override disk: MemoryDisk;
  override catalog = new MemoryFrameCatalog();
  override direct: MemoryDirectWrites | undefined;

  /** `direct`: pictures that come fast go past the page cache, in very small portions. */
  constructor(options: FrameFixtureOptions & { capacityBytes?: number; direct?: boolean } = {}) {
    super(options);
    const { seed = 1, capacityBytes = Infinity } = options;
    this.disk = new MemoryDisk({ seed, capacityBytes, wallMs: () => this.clock.wallMs() });
    if (options.direct === true) this.direct = new MemoryDirectWrites(this.disk);
  }

  /** Calls `before` with the number of each call of disk or catalog, counted from 1. */
  onEachCall(before: (number: number) => void | Promise<void>): void {
    let number = 0;
    const count = () => before(++number);
    this.disk.onCall = count;
    this.catalog.onCall = count;
  }

  /** Cuts the power; what is found afterwards has a new store, which is not started. */
  crash(keeps: CrashKeeps): void {
    this.disk = this.disk.crash(keeps);
    if (this.direct !== undefined) this.direct = new MemoryDirectWrites(this.disk);
    this.catalog = this.catalog.crash();
    this.forget();
  }

  override again(): Promise<void> {
    this.crash("everything");
    return this.store.start();
  }
}

class RealFixture extends AnyFixture {
  override readonly disk = systemDisk;
  override readonly folder: string;
  override readonly direct: SystemDirectWrites;
  sqlite: SqliteCatalog;

  constructor(options: FrameFixtureOptions, folder: string, direct: SystemDirectWrites, sqlite: SqliteCatalog) {
    super(options);
    this.folder = folder;
    this.direct = direct;
    this.sqlite = sqlite;
  }

  override get catalog(): FrameCatalog {
    return this.sqlite.frames;
  }

  override async again(): Promise<void> {
    await this.sqlite.close();
    this.sqlite = await SqliteCatalog.open(`${this.folder}/framewire.db`, this.direct.progress);
    this.forget();
    await this.store.start();
  }
}

/** The same test of a started store on SQLite and the machine's disk, and on their made-up twins. */
export function frameContract(
  what: string,
  body: (fixture: FrameFixture) => Promise<void>,
  options: FrameFixtureOptions = {},
): void {
  Deno.test(`FrameStore ${what} (SQLite)`, async () => {
    await using folder = await tempFolder();
    const direct = new SystemDirectWrites(DIRECT_MEMORY);
    const catalog = await SqliteCatalog.open(folder.join("framewire.db"), direct.progress);
    const fixture = new RealFixture(options, folder.path, direct, catalog);
    try {
      await fixture.store.start();
      await body(fixture);
      await fixture.store.stop();
    } finally {
      await fixture.sqlite.close();
      direct.stop();
    }
  });
  Deno.test(`FrameStore ${what} (in memory)`, async () => {
    const fixture = new MemoryFrameFixture(options);
    await fixture.store.start();
    await body(fixture);
    await fixture.store.stop();
  });
}

/** All frames of the store in the order of arrival. */
export function allFrames(store: FrameStore): Promise<FrameRow[]> {
  return store.frames({ order: "ascending", limit: 100_000 });
}

/** What lies in a file of a source. */
export async function fileContent(fixture: FrameFixture, path: string): Promise<Uint8Array> {
  const file = await fixture.disk.open(`${fixture.folder}/frames/${path}`, "read");
  try {
    const bytes = new Uint8Array((await file.info()).bytes);
    assertEquals(await file.readAt(bytes, 0), bytes.length);
    return bytes;
  } finally {
    file.close();
  }
}

/** Names of the files of a source. */
export async function filesOf(fixture: FrameFixture, folder: string): Promise<string[]> {
  return (await fixture.disk.list(`${fixture.folder}/frames/${folder}`)).map(({ name }) => name).sort();
}
