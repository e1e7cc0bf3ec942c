/** `framewire send`: from a command line to an exit code. */
import { ClipJob } from "../clips/clip_job.ts";
import { type ClipSource, FileSource } from "../clips/clip_source.ts";
import { PipeSource } from "../clips/pipe_source.ts";
import { programInputs } from "../config/inputs.ts";
import { helpOf, parseOptions } from "../config/options.ts";
import { SOFTWARE } from "../config/version.ts";
import { ERROR_CODES, FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { SourceJob } from "../frames/source_job.ts";
import type { Disk } from "../platform/disk.ts";
import type { HttpClient } from "../platform/http_client.ts";
import type { Network } from "../platform/network.ts";
import type { Processes } from "../platform/processes.ts";
import type { Program } from "../platform/program.ts";
import type { Random } from "../platform/random.ts";
import { closeReasonOf } from "../session/close_reason.ts";
import { type ClipPath, findClipPaths } from "./clip_paths.ts";
import { EventFeeds } from "./event_feeds.ts";
import { SEND_SPEC, type SendOptions, toSendOptions } from "./send_options.ts";
import { SendReport } from "./send_report.ts";
import { errorOf } from "./source_lines.ts";
import { sourceJobs } from "./source_jobs.ts";
import { runUplink } from "./uplink.ts";

/** Everything that a command touches of the outside. */
export interface Outside {
  readonly program: Program;
  readonly network: Network;
  /** A network whose connections are encrypted; a `caCert` of null trusts the authorities that everybody does. */
  readonly tlsNetwork: (options: { caCert: string | null }) => Network;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  /** For ffmpeg, which reads cameras. */
  readonly processes: Processes;
  readonly http: HttpClient;
}

/** Exit code after Ctrl-C. */
const STOPPED = 130;

/** Runs `send` with its arguments; resolves with the exit code (DESIGN.md section 3). */
export async function sendCommand(outside: Outside, args: readonly string[]): Promise<number> {
  const { program, clock } = outside;
  let options: SendOptions;
  try {
    const parsed = parseOptions(SEND_SPEC, programInputs(program, args));
    if (parsed.flag("help")) {
      program.printLine(helpOf(SEND_SPEC));
      return 0;
    }
    options = toSendOptions(parsed, program);
  } catch (thrown) {
    const error = closeReasonOf(thrown).error!;
    program.printError(`${error.message}\n`);
    return ERROR_CODES[error.code].exit;
  }
  const report = new SendReport(program, clock, options);
  const stop = new AbortController();
  const endStop = program.onStop(() => {
    // The second request does not wait for a polite end.
    if (stop.signal.aborted) program.exit(STOPPED);
    stop.abort();
  });
  try {
    return await send(outside, options, report, stop.signal);
  } catch (thrown) {
    const error = closeReasonOf(thrown).error!;
    report.failed(error);
    return stop.signal.aborted ? STOPPED : ERROR_CODES[error.code].exit;
  } finally {
    endStop();
  }
}

async function send(outside: Outside, options: SendOptions, report: SendReport, signal: AbortSignal): Promise<number> {
  const { disk, clock, random, program } = outside;
  const network = options.tls === null ? outside.network : outside.tlsNetwork(options.tls);
  const stdinName = `stdin-${
    new Date(clock.wallMs()).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")
  }`;
  const paths = await findClipPaths(disk, options.paths, stdinName);
  const jobs = paths.map((path) => {
    const named = { ...path, name: options.name ?? path.name };
    return new ClipJob(named.name, () => openSource(outside, named), report);
  });
  report.jobs = jobs;
  const feeds = await EventFeeds.open(outside, options.events, report.feeds);
  const sources = await sourceJobs(outside, options.sources, feeds.spool, report.sources).catch(async (error) => {
    await feeds.close();
    throw error;
  });
  const { health } = feeds;
  const stop = () => feeds.stop();
  signal.addEventListener("abort", stop);
  report.sources.start(sources);
  report.feeds.start(feeds.jobs, jobs.length + sources.length === 0);
  feeds.start();
  try {
    await runUplink(
      {
        network,
        clock,
        random,
        address: options.server,
        identity: { device: options.device, token: options.token, software: `${SOFTWARE} ${program.system}` },
        retryForMs: options.retryForMs,
        sources,
        feeds: feeds.jobs,
        ...(health === undefined ? {} : { health }),
        connected: (welcome, remote) => report.connected(remote, welcome.software, welcome.httpUrl),
        interrupted: (error, retryInMs) => report.interrupted(error, retryInMs),
      },
      jobs,
      signal,
    );
  } finally {
    signal.removeEventListener("abort", stop);
    await Promise.all([...jobs, ...sources].map((job) => job.giveUp()));
    report.sources.stop();
    report.feeds.stop();
    // Also after Ctrl-C, which is how cameras and sensors usually end.
    const page = report.httpUrl.replace(/\/$/, "");
    report.sources.summary(page === "" ? "" : `${page}/#live`);
    report.feeds.summary(page === "" ? "" : `${page}/#readings`, options.events.spool !== null);
    await feeds.close();
  }
  if (jobs.length > 0) report.summary();
  return exitCodeOf(jobs) || exitCodeOfSources(sources) || feeds.exitCode();
}

function openSource({ disk, program }: Outside, { path, name }: ClipPath): Promise<ClipSource> {
  return path === "-" ? Promise.resolve(new PipeSource(name, program.stdin)) : FileSource.open(disk, path, name);
}

/** 0 when all are stored; else the code of the first that failed. */
function exitCodeOf(jobs: readonly ClipJob[]): number {
  const failed = jobs.find((job) => job.phase !== "stored");
  if (failed === undefined) return 0;
  return ERROR_CODES[(failed.error ?? new FramewireError("INTERNAL", "")).code].exit;
}

function exitCodeOfSources(sources: readonly SourceJob[]): number {
  const error = sources.map(errorOf).find((one) => one !== null);
  return error === undefined || error === null ? 0 : ERROR_CODES[error.code].exit;
}
