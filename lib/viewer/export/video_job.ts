/** A span of frames as an MP4, made by ffmpeg in the background, so that one can see how far it is. */
import { join } from "node:path";
import { FramewireError, messageOf } from "../../errors.ts";
import type { Disk } from "../../platform/disk.ts";
import type { ChildProcess, Processes } from "../../platform/processes.ts";
import type { FrameLibrary } from "../frame_library.ts";
import { type ExportSpan, recordedFrames } from "./recorded_frames.ts";
import { videoFps, VideoTiming } from "./video_timing.ts";

/** Where a job stands; times in ms, sizes in bytes. */
export type VideoProgress =
  | { readonly state: "working"; readonly frames: number; readonly framesDone: number }
  | { readonly state: "ready"; readonly frames: number; readonly bytes: number }
  | { readonly state: "failed"; readonly text: string };

export interface VideoJobOptions {
  readonly library: FrameLibrary;
  readonly disk: Disk;
  readonly processes: Processes;
  readonly span: ExportSpan;
  /** Folder for the file, which exists. */
  readonly folder: string;
  /** Name of the file without its ending. */
  readonly id: string;
  /** Bytes that the disk has for it; null if unknown. */
  readonly freeBytes: number | null;
}

/** Frames whose times tell the rate. */
const RATE_FRAMES = 500;

export class VideoJob {
  readonly path: string;
  readonly #options: VideoJobOptions;
  readonly #partPath: string;
  #progress: VideoProgress = { state: "working", frames: 0, framesDone: 0 };
  #child: ChildProcess | undefined;
  #stopped = false;

  constructor(options: VideoJobOptions) {
    this.#options = options;
    this.path = join(options.folder, `${options.id}.mp4`);
    this.#partPath = join(options.folder, `${options.id}.part.mp4`);
  }

  get progress(): VideoProgress {
    return this.#progress;
  }

  /** Makes the file; never rejects, `progress` says what came of it. */
  async run(): Promise<void> {
    try {
      const frames = await this.#encode();
      await this.#options.disk.rename(this.#partPath, this.path);
      const info = await this.#options.disk.info(this.path);
      this.#progress = { state: "ready", frames, bytes: info?.bytes ?? 0 };
    } catch (error) {
      this.#progress = { state: "failed", text: messageOf(error) };
      await this.#options.disk.remove(this.#partPath).catch(() => {});
    }
  }

  /** Gives it up. */
  stop(): void {
    this.#stopped = true;
    this.#child?.kill("SIGKILL");
  }

  async #encode(): Promise<number> {
    const { frames, fps } = await this.#look();
    this.#throwIfStopped();
    const child = this.#start(fps);
    this.#child = child;
    const output = drain(child);
    const timing = new VideoTiming(fps);
    let newest: Uint8Array | undefined;
    try {
      for await (const frame of recordedFrames(this.#options.library, this.#options.span)) {
        this.#throwIfStopped();
        const jpeg = await this.#options.library.jpeg(frame.id);
        if (jpeg === undefined) continue;
        for (let left = timing.before(frame.timeMs); left > 0 && newest !== undefined; left--) {
          await child.write(newest);
        }
        newest = jpeg;
        const { framesDone } = this.#progress as VideoProgress & { state: "working" };
        this.#progress = { state: "working", frames, framesDone: framesDone + 1 };
      }
      if (newest !== undefined) await child.write(newest);
      await child.closeInput();
    } catch (error) {
      child.kill("SIGKILL");
      const { code } = await child.exited;
      await output;
      throw code === 0 ? error : failed(child, error);
    }
    const { code } = await child.exited;
    await output;
    if (code !== 0) throw failed(child);
    return frames;
  }

  /** How many frames there are, and how fast they came. */
  async #look(): Promise<{ frames: number; fps: number }> {
    const timesMs: number[] = [];
    let [frames, bytes] = [0, 0];
    for await (const frame of recordedFrames(this.#options.library, this.#options.span)) {
      this.#throwIfStopped();
      if (timesMs.length < RATE_FRAMES) timesMs.push(frame.timeMs);
      frames++;
      bytes += frame.bytes;
    }
    if (frames === 0) throw new FramewireError("USAGE", "Cannot export as nothing is recorded in this span");
    const { freeBytes } = this.#options;
    if (freeBytes !== null && bytes > freeBytes) {
      const text = `Cannot export as the disk has ${freeBytes} bytes left: it may take ${bytes}`;
      throw new FramewireError("NO_SPACE", text);
    }
    this.#progress = { state: "working", frames, framesDone: 0 };
    return { frames, fps: videoFps(timesMs) };
  }

  #throwIfStopped(): void {
    if (this.#stopped) throw new FramewireError("CANCELLED", "The export was stopped");
  }

  #start(fps: number): ChildProcess {
    const args = [
      ...["-v", "error", "-f", "image2pipe", "-c:v", "mjpeg", "-framerate", String(fps), "-i", "-"],
      // H.264 wants even sizes.
      ...["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-c:v", "libx264", "-preset", "veryfast", "-crf", "23"],
      ...["-pix_fmt", "yuv420p", "-movflags", "+faststart", "-y", this.#partPath],
    ];
    try {
      return this.#options.processes.spawn({ program: "ffmpeg", args, input: true });
    } catch (cause) {
      const text = "Cannot make an MP4 as ffmpeg is not on this server: install it, or take the ZIP of pictures";
      throw new FramewireError("CAMERA_FAILED", text, { cause });
    }
  }
}

async function drain(child: ChildProcess): Promise<void> {
  const waste = new Uint8Array(4096);
  while (await child.read(waste) !== null);
}

function failed(child: ChildProcess, cause?: unknown): FramewireError {
  return new FramewireError("CAMERA_FAILED", `Cannot make an MP4 as ffmpeg failed: ${child.lastWords()}`, { cause });
}
