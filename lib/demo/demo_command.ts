/** `deno task demo`: a server and a made-up box in one process; needs no camera, no ffmpeg and no other set-up. */
import { join } from "node:path";
import { type AnalysisLimits, DEFAULT_LIMITS } from "../analysis/analysis_limits.ts";
import { ClipJob } from "../clips/clip_job.ts";
import { FileSource } from "../clips/clip_source.ts";
import type { SourceJob } from "../frames/source_job.ts";
import { runUplink, type UplinkOptions } from "../client/uplink.ts";
import { programInputs } from "../config/inputs.ts";
import { helpOf, type Options, parseOptions } from "../config/options.ts";
import { SOFTWARE } from "../config/version.ts";
import { type HostPort, parseBytes, parseDuration, parseHostPort } from "../config/values.ts";
import { ERROR_CODES, FramewireError, messageOf } from "../errors.ts";
import { FeedJob } from "../events/feed_job.ts";
import { parseRules } from "../events/rules_parser.ts";
import { silentLog } from "../log.ts";
import { sleep } from "../platform/clock.ts";
import { FramewireServer, type ServerAddresses } from "../server/framewire_server.ts";
import type { ServeOutside } from "../server/serve_command.ts";
import { closeReasonOf } from "../session/close_reason.ts";
import { MemoryFeedQueue } from "../store/memory_feed_queue.ts";
import { demoSource } from "./demo_camera.ts";
import { writeDemoClip } from "./demo_clip.ts";
import { DEMO_SPEC } from "./demo_options.ts";
import { runDemoSensor } from "./demo_sensor.ts";
import { slowNetwork } from "./slow_network.ts";

/** A hot spot on a part is a strong contrast: the demo's defect. */
const LIMITS: AnalysisLimits = {
  ...DEFAULT_LIMITS,
  kinds: new Map([["infrared", { measures: { contrast: { max: 33 } } }]]),
};
const RULES = '{"units": {"temp_cel": "°C", "humidity": "%"}}';
/** Sends clips over a slow link. */
const DEVICE = "demo-box";
/** Has two cameras on a good one. */
const CAMERAS_DEVICE = "demo-line";
/** The demo's clips are small; it must also run on a nearly full disk. */
const RESERVE_BYTES = 1024 * 1024;

/** Runs the demo until it is told to stop; resolves with the exit code. */
export async function demoCommand(outside: ServeOutside, args: readonly string[]): Promise<number> {
  const { program } = outside;
  let options: Options;
  try {
    options = parseOptions(DEMO_SPEC, programInputs(program, args));
    if (options.flag("help")) {
      program.printLine(helpOf(DEMO_SPEC));
      return 0;
    }
    return await runDemo(outside, options);
  } catch (thrown) {
    const error = closeReasonOf(thrown).error!;
    program.printError(`${error.message}\n`);
    return ERROR_CODES[error.code].exit;
  }
}

async function runDemo(outside: ServeOutside, options: Options): Promise<number> {
  const { program } = outside;
  const stop = new AbortController();
  const endStop = program.onStop(() => stop.signal.aborted ? program.exit(130) : stop.abort());
  const data = program.makeTempFolder("framewire-demo-");
  try {
    const { server, addresses } = await startServer(outside, options, data.path);
    try {
      tell(outside, options, addresses, data.path);
      const clip = join(data.path, "camera.mp4");
      await writeDemoClip(program, outside.disk, clip);
      await Promise.all([
        sendClips(outside, options, addresses, clip, stop.signal),
        sendFrames(outside, addresses, stop.signal),
      ]);
    } finally {
      await server.stop();
    }
  } finally {
    endStop();
    data.remove();
  }
  return 0;
}

/** Listens where it is told, or on any free port if somebody is there already. */
async function startServer(
  outside: ServeOutside,
  options: Options,
  data: string,
): Promise<{ server: FramewireServer; addresses: ServerAddresses }> {
  const listen = options.required("listen", parseHostPort);
  const http = options.required("http", parseHostPort);
  const free = (address: HostPort) => ({ ...address, port: 0 });
  for (
    const [a, b] of [[listen, http], [free(listen), http], [listen, free(http)], [free(listen), free(http)]] as const
  ) {
    const server = new FramewireServer({ ...outside, log: silentLog }, {
      listen: a,
      http: b,
      pageUrl: null,
      data,
      allowedHosts: [],
      tokens: [],
      tls: null,
      keepUnfinishedMs: parseDuration("keep-unfinished", "7d"),
      reserveBytes: RESERVE_BYTES,
      record: { kind: "all" },
      keepMs: null,
      diskBytesMax: null,
      sourceBytesMax: null,
      analysis: { workers: 1, limits: LIMITS, analyzer: null },
      keepEventsMs: null,
      rules: parseRules(RULES),
      print: false,
      logLevel: "error",
      json: false,
    });
    try {
      return { server, addresses: await server.start() };
    } catch (error) {
      if (!(error instanceof FramewireError) || error.code !== "USAGE") throw error;
    }
  }
  throw new FramewireError("USAGE", "Cannot listen on any port of this machine");
}

function tell({ program }: ServeOutside, options: Options, addresses: ServerAddresses, data: string): void {
  if (options.flag("json")) return program.printLine(JSON.stringify({ event: "ready", ...addresses }));
  // Alone at the end of a line, so that a terminal makes a link of no more than it.
  program.printLine(`Open ${addresses.http}`);
  program.printLine(
    "Two cameras and a sensor are live; a clip arrives over a slow link, and plays before it is whole.",
  );
  program.printLine(`Send one of your own: deno task send --file clip.mp4 --server ${addresses.listen}`);
  program.printLine(`Files are in ${data} until you stop this with Ctrl-C.`);
}

/** One clip after the other, each under a name of its own, so that there is something to see whenever one looks. */
async function sendClips(
  outside: ServeOutside,
  options: Options,
  addresses: ServerAddresses,
  clip: string,
  signal: AbortSignal,
): Promise<void> {
  const { program, clock, disk, network } = outside;
  const link = slowNetwork(network, clock, options.required("link-rate", parseBytes));
  const pauseMs = options.required("pause", parseDuration);
  for (let number = 1; !signal.aborted; number++) {
    const name = `demo-${number}.mp4`;
    const job = new ClipJob(name, () => FileSource.open(disk, clip, name), {
      note: (_, text) => program.printError(`${name}: ${text}\n`),
      changed: () => {},
    });
    if (!options.flag("json")) program.printLine(`The box ${DEVICE} sends ${name}.`);
    try {
      await runUplink(
        uplinkOptions({ ...outside, network: link }, DEVICE, addresses),
        [job],
        signal,
      );
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      await job.giveUp();
    }
    await sleep(clock, pauseMs, signal);
  }
}

/** A visible and an infrared camera, and readings, over one connection until the demo ends. */
async function sendFrames(outside: ServeOutside, addresses: ServerAddresses, signal: AbortSignal): Promise<void> {
  const { program, clock, random } = outside;
  const note = (job: SourceJob | FeedJob, text: string) => program.printError(`${job.settings.name}: ${text}\n`);
  const events = {
    note,
    frame: () => {},
    dropped: () => {},
    ended: () => {},
  };
  const sources = (["visible", "infrared"] as const).map((kind) => demoSource(kind, outside, events));
  const feed = new FeedJob({ name: "climate" }, {
    clock,
    queue: new MemoryFeedQueue(random),
    events: { note, ended: () => {} },
  });
  try {
    await Promise.all([
      runUplink({ ...uplinkOptions(outside, CAMERAS_DEVICE, addresses), sources, feeds: [feed] }, [], signal),
      runDemoSensor(outside, feed, signal),
    ]);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  } finally {
    for (const source of sources) await source.giveUp();
  }
}

function uplinkOptions(outside: ServeOutside, device: string, addresses: ServerAddresses): UplinkOptions {
  return {
    network: outside.network,
    clock: outside.clock,
    random: outside.random,
    address: parseHostPort("listen", addresses.listen),
    identity: { device, token: "", software: `${SOFTWARE} demo` },
    retryForMs: Infinity,
    connected: () => {},
    interrupted: (error) => outside.program.printError(`${messageOf(error)}\n`),
  };
}
