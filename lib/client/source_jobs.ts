/** The jobs of a command's sources. Pictures of cameras that may lose nothing wait in the spool, if there is one. */
import { CameraOrigin } from "../frames/camera_origin.ts";
import { FolderOrigin } from "../frames/folder_origin.ts";
import type { FrameOrigin } from "../frames/frame_origin.ts";
import { type JobOriginEvents, type SourceEvents, SourceJob } from "../frames/source_job.ts";
import { NO_INPUT, SpoolCapture } from "../frames/spool_capture.ts";
import { SpooledOrigin } from "../frames/spooled_origin.ts";
import type { FrameSpool } from "../store/frame_spool.ts";
import type { Spool } from "../store/spool.ts";
import type { Outside } from "./send_command.ts";
import type { SourceOptions } from "./source_options.ts";

/**
 * A job for each source, and for those of earlier commands that have pictures in the spool.
 *
 * @throws {FramewireError} `STORAGE_FAILED`.
 */
export async function sourceJobs(
  outside: Outside,
  sources: readonly SourceOptions[],
  spool: Spool | null,
  events: SourceEvents,
): Promise<SourceJob[]> {
  const jobs: SourceJob[] = [];
  // A source has one stream: what waits of one that is sent otherwise now is for the next command.
  const names = new Set(sources.map(({ settings: { name } }) => name));
  const left = (spool?.sources() ?? []).filter(({ name }) => !names.has(name));
  for (const { settings, from } of sources) {
    const isSpooled = spool !== null && settings.policy === "all" && "camera" in from;
    const pictures = isSpooled ? await spool.source(settings.name, settings.kind) : undefined;
    jobs.push(new SourceJob(settings, (told) => openOrigin(outside, from, told, pictures), events, outside, pictures));
  }
  for (const { name, kind } of left) {
    const pictures = await spool!.source(name, kind);
    const open = () => Promise.resolve(new SpooledOrigin(pictures, NO_INPUT));
    jobs.push(new SourceJob({ name, kind, policy: "all", named: false }, open, events, outside, pictures));
  }
  return jobs;
}

async function openOrigin(
  { disk, clock, random, processes }: Outside,
  from: SourceOptions["from"],
  told: JobOriginEvents,
  pictures: FrameSpool | undefined,
): Promise<FrameOrigin> {
  if ("folder" in from) return await FolderOrigin.open(from.folder, { disk, clock }, told);
  const { camera } = from;
  if (pictures === undefined) return new CameraOrigin({ camera, processes, clock, random, events: told });
  const events = {
    note: (text: string) => told.note(text),
    gap: ({ fromMs, toMs }: { fromMs: number; toMs: number }) => pictures.gap(fromMs, toMs),
  };
  const capture = new SpoolCapture(new CameraOrigin({ camera, processes, clock, random, events }), pictures);
  return new SpooledOrigin(pictures, capture);
}
