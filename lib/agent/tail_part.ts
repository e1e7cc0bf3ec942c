/** A file that grows as events, each line exactly once: where to go on is kept in the commit of the line's event. */
import { crc32 } from "node:zlib";
import { basename, dirname, join } from "node:path";
import { LIMITS } from "../config/limits.ts";
import { LineSplitter, type SplitLine } from "../events/line_splitter.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { Disk, DiskFile } from "../platform/disk.ts";
import type { LineFeed } from "./line_feed.ts";
import type { Part, PartHealth } from "./supervised_part.ts";

export interface TailOptions {
  readonly path: string;
  readonly lines: LineFeed;
  /** The mark of the last line that is safe; null before the first. */
  readonly mark: () => string | null;
  readonly disk: Disk;
  readonly clock: Clock;
}

/** Where to go on: behind byte `at` of the file which begins like this. */
interface TailMark {
  readonly id: string;
  readonly at: number;
  /** CRC-32 of its first bytes, at most {@linkcode HEAD_BYTES} and none behind `at`. */
  readonly head: number;
}

/** How often the end of the file is looked at, ms. */
const LOOK_MS = 500;
/** By so many bytes a file is known again. */
const HEAD_BYTES = 256;

export class TailPart implements Part {
  readonly name: string;
  readonly #options: TailOptions;
  readonly #buffer = new Uint8Array(LIMITS.readPieceBytes);

  constructor(feed: string, options: TailOptions) {
    this.name = `feed ${feed} of ${basename(options.path)}`;
    this.#options = options;
  }

  async run(signal: AbortSignal, health: PartHealth): Promise<void> {
    const { disk, clock, path } = this.#options;
    let mark = parseMark(this.#options.mark());
    while (!signal.aborted) {
      const info = await disk.info(path);
      if (info === null || !info.isFile) {
        health.trouble(`Waits for ${path}, as there is no such file`);
        await sleep(clock, LOOK_MS, signal);
        continue;
      }
      const rotated = mark === null || mark.id === info.identity ? null : await this.#findRotated(mark);
      if (rotated !== null) await this.#read(rotated, mark, true, health, signal);
      await this.#read(path, rotated === null ? mark : null, false, health, signal);
      // The name stands for another file now, or this one was cut.
      mark = null;
    }
  }

  /** The file of a mark under another name: what `logrotate` leaves. */
  async #findRotated(mark: TailMark): Promise<string | null> {
    const { disk, path } = this.#options;
    for (const { name, isFile } of await disk.list(dirname(path))) {
      const other = join(dirname(path), name);
      if (!isFile || (await disk.info(other))?.identity !== mark.id) continue;
      const file = await disk.open(other, "read");
      try {
        if (await fits(file, mark)) return other;
      } finally {
        file.close();
      }
    }
    return null;
  }

  /** Reads a file from a mark on: to its end if `isOld`, else until its name stands for another or it was cut. */
  async #read(path: string, from: TailMark | null, isOld: boolean, health: PartHealth, signal: AbortSignal) {
    const { disk, lines } = this.#options;
    const file = await disk.open(path, "read");
    try {
      const { identity: id } = await file.info();
      // Without its identity a file is known by a whole head only.
      const isKnown = from !== null && (id === from.id || from.at >= HEAD_BYTES) && await fits(file, from);
      if (from !== null && !isKnown) health.note(`${path} is another file than before: it is read from its beginning`);
      let at = isKnown ? from.at : 0;
      const head = new Uint8Array(HEAD_BYTES);
      await file.readAt(head, 0);
      const splitter = new LineSplitter(at);
      const take = (split: readonly SplitLine[]) =>
        lines.take(
          split.map(({ text, end, problem }) => ({
            text,
            problem,
            place: `line before byte ${end}`,
            mark: markOf(id, end, head),
          })),
          health,
          signal,
        );
      for (let isLast = isOld; !signal.aborted;) {
        const count = await file.readAt(this.#buffer, at);
        const bytes = this.#buffer.subarray(0, count);
        if (at < HEAD_BYTES) head.set(bytes.subarray(0, HEAD_BYTES - at), at);
        at += count;
        await take(splitter.push(bytes));
        if (count > 0) continue;
        if (isLast) return await take(splitter.finish());
        health.works();
        const next = await this.#waitForMore(file, id, at, signal);
        if (next === "cut") return health.note(`${path} was cut: it is read from its beginning`);
        // What was written just before the change of names is still read.
        isLast = next === "renamed";
      }
    } finally {
      file.close();
    }
  }

  async #waitForMore(file: DiskFile, id: string, at: number, signal: AbortSignal): Promise<"more" | "cut" | "renamed"> {
    const { disk, clock, path } = this.#options;
    for (;;) {
      await sleep(clock, LOOK_MS, signal);
      const { bytes } = await file.info();
      if (bytes < at) return "cut";
      if (bytes > at || signal.aborted) return "more";
      const named = await disk.info(path);
      if (named !== null && named.identity !== id) return "renamed";
    }
  }
}

async function fits(file: DiskFile, { at, head }: TailMark): Promise<boolean> {
  if ((await file.info()).bytes < at) return false;
  const bytes = new Uint8Array(Math.min(HEAD_BYTES, at));
  await file.readAt(bytes, 0);
  return crc32(bytes) === head;
}

function markOf(id: string, at: number, head: Uint8Array): string {
  return JSON.stringify({ id, at, head: crc32(head.subarray(0, Math.min(at, HEAD_BYTES))) });
}

/** Null for none, and for one of another program. */
function parseMark(text: string | null): TailMark | null {
  try {
    const { id, at, head } = JSON.parse(text ?? "null") as Record<string, unknown>;
    return typeof id === "string" && typeof at === "number" && typeof head === "number" ? { id, at, head } : null;
  } catch {
    return null;
  }
}
