/** `/api/export` and `/exports/{id}.mp4`: recorded frames to take away. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { LIMITS } from "../../config/limits.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Disk, DiskFile } from "../../platform/disk.ts";
import type { Processes } from "../../platform/processes.ts";
import { answer, jsonAnswer, textAnswer } from "../answers.ts";
import { contentDisposition } from "../content_disposition.ts";
import type { FrameLibrary } from "../frame_library.ts";
import type { ExportSpan } from "./recorded_frames.ts";
import { VideoJob } from "./video_job.ts";
import { zipOfFrames } from "./zip.ts";

export interface ExportsOptions {
  readonly library: FrameLibrary;
  readonly disk: Disk;
  readonly processes: Processes;
  readonly clock: Clock;
  /** Folder for videos, which is nobody else's: what is in it is removed at the start. */
  readonly folder: string;
  /** Bytes that the disk has left; null if unknown. */
  readonly freeBytes: () => number | null;
}

interface Entry {
  readonly job: VideoJob;
  readonly span: ExportSpan;
  usedMs: number;
}

export class Exports {
  readonly #options: ExportsOptions;
  /** By id; what became of them is remembered for a while. */
  readonly #jobs = new Map<string, Entry>();
  readonly #running = new Set<Promise<void>>();
  #streams = 0;

  constructor(options: ExportsOptions) {
    this.#options = options;
  }

  /** Makes the folder, and removes what an earlier server left in it. */
  async start(): Promise<void> {
    const { disk, folder } = this.#options;
    await disk.makeFolder(folder);
    for (const { name, isFile } of await disk.list(folder)) if (isFile) await disk.remove(join(folder, name));
  }

  /** Gives all jobs up. */
  async stop(): Promise<void> {
    for (const { job } of this.#jobs.values()) job.stop();
    await Promise.all(this.#running);
  }

  /** Removes videos which nobody has asked for lately. */
  async expire(): Promise<void> {
    const { disk, clock } = this.#options;
    for (const [id, { job, usedMs }] of this.#jobs) {
      if (job.progress.state === "working" || clock.now() - usedMs < LIMITS.exportKeepMs) continue;
      this.#jobs.delete(id);
      await disk.remove(job.path);
    }
  }

  /** The ZIP itself. */
  zip(span: ExportSpan): Response {
    if (this.#streams >= LIMITS.exportsMax) return busy();
    this.#streams++;
    const body = zipOfFrames(this.#options.library, span);
    return answer(200, whileTaken(body, this.#options.clock, () => this.#streams--), {
      "content-type": "application/zip",
      "content-disposition": contentDisposition("attachment", `${fileName(span)}.zip`),
    });
  }

  /** Starts the video of a span, or says how far it is: the same question again is the way to wait for it. */
  video(span: ExportSpan): Response {
    const { device, source, sinceMs, untilMs } = span;
    const key = JSON.stringify([device, source, sinceMs, untilMs]);
    const id = createHash("sha256").update(key).digest("hex").slice(0, 32);
    const entry = this.#jobs.get(id) ?? this.#begin(id, span);
    if (entry === undefined) return busy();
    entry.usedMs = this.#options.clock.now();
    const { progress } = entry.job;
    // A failed one is tried again by the next question.
    if (progress.state === "failed") this.#jobs.delete(id);
    return jsonAnswer(200, progress.state === "ready" ? { ...progress, url: `/exports/${id}.mp4` } : progress);
  }

  /** A video which is ready. */
  async download(id: string): Promise<Response> {
    const entry = this.#jobs.get(id);
    if (entry?.job.progress.state !== "ready") return gone();
    entry.usedMs = this.#options.clock.now();
    const { bytes } = entry.job.progress;
    let file: DiskFile;
    try {
      file = await this.#options.disk.open(entry.job.path, "read");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      // Somebody deleted it, and may: the next question makes it anew.
      if (this.#jobs.get(id) === entry) this.#jobs.delete(id);
      return gone();
    }
    return answer(200, whileTaken(fileBody(file, bytes), this.#options.clock), {
      "content-type": "video/mp4",
      "content-length": String(bytes),
      "content-disposition": contentDisposition("attachment", `${fileName(entry.span)}.mp4`),
    });
  }

  /** Anyone who sees the page can ask for ever new spans: the longest unused goes, with its video. */
  #makeRoom(): void {
    while (this.#jobs.size >= LIMITS.exportsKeptMax) {
      const over = [...this.#jobs].filter(([, entry]) => isOver(entry)).sort(([, a], [, b]) => a.usedMs - b.usedMs);
      const [id, { job }] = over[0]!;
      this.#jobs.delete(id);
      // What stays goes at the next start.
      this.#options.disk.remove(job.path).catch(() => {});
    }
  }

  #begin(id: string, span: ExportSpan): Entry | undefined {
    if (this.#running.size >= LIMITS.exportsMax) return undefined;
    this.#makeRoom();
    const { library, disk, processes, folder, freeBytes, clock } = this.#options;
    const job = new VideoJob({ library, disk, processes, span, folder, id, freeBytes: freeBytes() });
    const entry = { job, span, usedMs: clock.now() };
    this.#jobs.set(id, entry);
    const running = job.run().finally(() => this.#running.delete(running));
    this.#running.add(running);
    return entry;
  }
}

function isOver({ job }: Entry): boolean {
  return job.progress.state !== "working";
}

function busy(): Response {
  const text = `Cannot export as at most ${LIMITS.exportsMax} exports run at once: try again\n`;
  return textAnswer(503, text, { "retry-after": "10" });
}

function gone(): Response {
  return textAnswer(404, "There is no such export; ask for it again\n");
}

function fileName({ device, source, sinceMs }: ExportSpan): string {
  const stamp = new Date(sinceMs).toISOString().slice(0, 19).replaceAll(":", "-");
  return `${device}_${source}_${stamp}`.replace(/[/\\]/g, "_");
}

/** The body as long as somebody takes it: who takes nothing for too long is cut. `ended` is called once, however it ends. */
function whileTaken(body: ReadableStream<Uint8Array>, clock: Clock, ended = () => {}): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let cancelStall = () => {};
  let isOver = false;
  const over = () => {
    cancelStall();
    if (!isOver) ended();
    isOver = true;
  };
  // An archive's stream answers with the reason itself.
  const cancel = (reason: unknown) => reader.cancel(reason).catch(() => {});
  const awaitPull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    cancelStall = clock.timer(LIMITS.contentStallMs, () => {
      over();
      controller.error("A viewer of an export takes nothing");
      void cancel("stalled");
    });
  };
  return new ReadableStream<Uint8Array>({
    start: awaitPull,
    async pull(controller) {
      cancelStall();
      try {
        const { value, done } = await reader.read();
        if (isOver) return;
        if (!done) {
          controller.enqueue(value);
          return awaitPull(controller);
        }
        over();
        controller.close();
      } catch (error) {
        over();
        controller.error(error);
      }
    },
    async cancel(reason) {
      over();
      await cancel(reason);
    },
  }, { highWaterMark: 0 });
}

function fileBody(file: DiskFile, bytes: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const piece = new Uint8Array(Math.min(LIMITS.readPieceBytes, bytes - at));
      const count = piece.length === 0 ? 0 : await file.readAt(piece, at).catch((error) => {
        file.close();
        throw error;
      });
      at += count;
      if (count > 0) controller.enqueue(piece.subarray(0, count));
      if (at < bytes && count > 0) return;
      file.close();
      if (at < bytes) controller.error(new Error("The file became shorter"));
      else controller.close();
    },
    cancel: () => file.close(),
  }, { highWaterMark: 0 });
}
