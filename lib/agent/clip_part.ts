/** A watched folder as a part of the agent: what has stopped growing is sent, and kept, deleted or moved once it is stored. */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { ClipJob } from "../clips/clip_job.ts";
import { FileSource } from "../clips/clip_source.ts";
import { backoffMs } from "../config/backoff.ts";
import { FramewireError, messageOf } from "../errors.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { Disk, FileInfo } from "../platform/disk.ts";
import type { Random } from "../platform/random.ts";
import type { ClipFolderSettings } from "./agent_config.ts";
import type { SpoolClips } from "../store/spool_clips.ts";
import type { AgentWork } from "./agent_work.ts";
import type { AgentSpool } from "./agent_outside.ts";
import { readClipMemory } from "./clip_memory.ts";
import { parsePattern } from "./config_table.ts";
import { SettledFiles } from "./settled_files.ts";
import type { Part, PartHealth } from "./supervised_part.ts";

export interface ClipOutside {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
}

/** How often the folder is looked at, ms; a folder that takes long to look at, for the tenth part of the time at most. */
const LOOK_MS = 1_000;
const LOOK_SHARE = 10;
/** Clips which are under way or wait for it: more would only cost memory. */
const JOBS_MAX = 16;

/** A file that was taken. */
interface Taken {
  readonly job: ClipJob;
  readonly info: FileInfo;
}

export class ClipPart implements Part {
  readonly name: string;
  readonly #settings: ClipFolderSettings;
  readonly #pattern: RegExp;
  readonly #memoryPath: string;
  readonly #outside: ClipOutside;
  readonly #work: AgentWork;
  readonly #spool: Pick<AgentSpool, "clips">;
  readonly #taken = new Map<string, Taken>();
  /** Files that could not be sent, and when they are tried again; monotonic ms. */
  readonly #failed = new Map<string, { failures: number; notBeforeMs: number }>();

  /** `stateFolder` is where earlier versions kept what they knew. */
  constructor(
    settings: ClipFolderSettings,
    stateFolder: string,
    outside: ClipOutside,
    work: AgentWork,
    spool: Pick<AgentSpool, "clips">,
  ) {
    this.name = `clips ${settings.folder}`;
    this.#settings = settings;
    this.#pattern = parsePattern("pattern", settings.pattern);
    const id = createHash("sha256").update(settings.folder).digest("hex").slice(0, 16);
    this.#memoryPath = join(stateFolder, `clips-${id}.ndjson`);
    this.#outside = outside;
    this.#work = work;
    this.#spool = spool;
  }

  async run(signal: AbortSignal, health: PartHealth): Promise<void> {
    const { disk, clock } = this.#outside;
    const { folder, settledMs } = this.#settings;
    const clips = await this.#spool.clips(folder);
    await this.#takeOver(clips);
    const settled = new SettledFiles(settledMs);
    try {
      while (!signal.aborted) {
        const startMs = clock.now();
        if ((await disk.info(folder))?.isDirectory !== true) {
          throw new FramewireError("SOURCE_UNREADABLE", `Cannot watch ${folder} as there is no such folder`);
        }
        const files = new Map<string, FileInfo>();
        const others = new Set<string>();
        await this.#walk("", files, others);
        // What is stored stays known when the pattern changes.
        await clips.keepOnly((name, state) => files.has(name) || (state === "stored" && others.has(name)));
        const ready = settled.look(files, startMs, (name, info) => clips.isWaiting(name, info))
          .map((name) => ({ name, info: files.get(name)! }))
          .filter(({ name, info }) => !clips.isStored(name, info));
        const isNew = ({ name, info }: { name: string; info: FileInfo }) => !clips.isWaiting(name, info);
        await clips.wait(ready.filter(isNew).map(({ name, info }) => ({ name, ...info })));
        for (const { name, info } of ready) {
          // It may have been stored while the others began to wait.
          if (clips.isStored(name, info) || !this.#mayTake(name, startMs)) continue;
          if (this.#taken.size >= JOBS_MAX) break;
          this.#take(name, info, clips, health);
        }
        if (this.#failed.size === 0) health.works();
        for (const name of this.#failed.keys()) if (!files.has(name)) this.#failed.delete(name);
        await sleep(clock, Math.max(LOOK_MS, LOOK_SHARE * (clock.now() - startMs)), signal);
      }
    } finally {
      await Promise.all([...this.#taken].map(([name, { job }]) => this.#letGo(name, job)));
    }
  }

  /** Files below the folder by their names with `/`, and the names of `others`; hidden ones and links are passed over. */
  async #walk(below: string, files: Map<string, FileInfo>, others: Set<string>): Promise<void> {
    const { disk } = this.#outside;
    const listed = await disk.list(join(this.#settings.folder, below));
    for (const { name, isFile, isDirectory } of listed.sort((a, b) => a.name < b.name ? -1 : 1)) {
      if (name.startsWith(".")) continue;
      const path = below === "" ? name : `${below}/${name}`;
      if (isDirectory) await this.#walk(path, files, others);
      if (!isFile) continue;
      if (!this.#pattern.test(name)) {
        others.add(path);
        continue;
      }
      const info = await disk.info(join(this.#settings.folder, path));
      if (info?.isFile === true) files.set(path, info);
    }
  }

  #mayTake(name: string, nowMs: number): boolean {
    return !this.#taken.has(name) && (this.#failed.get(name)?.notBeforeMs ?? -Infinity) <= nowMs;
  }

  #take(name: string, info: FileInfo, clips: SpoolClips, health: PartHealth): void {
    const path = join(this.#settings.folder, name);
    const job = new ClipJob(name, () => FileSource.open(this.#outside.disk, path, name), {
      note: (_, text) => health.note(`${name}: ${text}`),
      changed: () => {
        if (!job.isEnded) return;
        const settled = job.phase === "stored"
          ? this.#stored(name, info, clips, health)
          : this.#notSent(name, job, health);
        settled.catch((thrown) => this.#refused(name, messageOf(thrown), health)).finally(() => this.#letGo(name, job));
      },
    });
    this.#taken.set(name, { job, info });
    this.#work.clips.add(job);
  }

  /** The server has it: what becomes of the file, if it is still the same. */
  async #stored(name: string, info: FileInfo, clips: SpoolClips, health: PartHealth): Promise<void> {
    const { disk } = this.#outside;
    const { folder, end, moveTo } = this.#settings;
    const path = join(folder, name);
    const now = await disk.info(path);
    const isSame = now?.identity === info.identity && now.bytes === info.bytes && now.modifiedMs === info.modifiedMs;
    if (!isSame) return health.note(`${name} is stored, and has changed since: it stays`);
    // Told once, however often it cannot be removed.
    if (!this.#failed.has(name)) health.note(`${name} is stored`);
    if (end === "delete") await this.#remove(path);
    else if (end === "move") await this.#move(path, join(moveTo!, name));
    else await clips.stored([{ name, ...info }]);
    if (end !== "keep") await clips.forget(name);
    this.#failed.delete(name);
  }

  async #remove(path: string): Promise<void> {
    try {
      await this.#outside.disk.remove(path);
    } catch (cause) {
      const text = `Cannot delete ${path}, which is stored: ${messageOf(cause)}`;
      throw new FramewireError("SOURCE_UNREADABLE", text, { cause });
    }
  }

  /** What an earlier version knew of the folder. */
  async #takeOver(clips: SpoolClips): Promise<void> {
    const { disk } = this.#outside;
    const stored = await readClipMemory(disk, this.#memoryPath);
    if (stored === null) return;
    await clips.stored(stored);
    await disk.remove(this.#memoryPath);
  }

  async #move(from: string, to: string): Promise<void> {
    const { disk } = this.#outside;
    await disk.makeFolder(dirname(to));
    let free = to;
    for (let number = 2; await disk.info(free) !== null; number++) free = to.replace(/(\.[^./]*)?$/, `-${number}$1`);
    try {
      await disk.rename(from, free);
    } catch (cause) {
      const text = `Cannot move ${from} to ${free}, which must be on the same disk: ${messageOf(cause)}`;
      throw new FramewireError("SOURCE_UNREADABLE", text, { cause });
    }
    await disk.syncFolder(dirname(free));
  }

  async #notSent(name: string, job: ClipJob, health: PartHealth): Promise<void> {
    // Whoever took it away wants no error.
    if (await this.#outside.disk.info(join(this.#settings.folder, name)) === null) return;
    this.#refused(name, job.error?.message ?? "not sent", health);
  }

  #refused(name: string, text: string, health: PartHealth): void {
    const failures = (this.#failed.get(name)?.failures ?? 0) + 1;
    const { clock, random } = this.#outside;
    // A full pause at least: nothing here gets better by being asked often.
    this.#failed.set(name, { failures, notBeforeMs: clock.now() + LOOK_MS * failures + backoffMs(failures, random) });
    health.trouble(`${name}: ${text}`);
  }

  async #letGo(name: string, job: ClipJob): Promise<void> {
    if (this.#taken.get(name)?.job === job) this.#taken.delete(name);
    this.#work.clips.delete(job);
    await job.giveUp();
  }
}
