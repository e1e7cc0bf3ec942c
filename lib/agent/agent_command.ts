/** `framewire agent`: from a command line to an exit code. */
import { basename, dirname, join, resolve } from "node:path";
import { ERROR_CODES, FramewireError, messageOf } from "../errors.ts";
import { createLog, errorFields, type Log } from "../log.ts";
import { sleep } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import { systemServiceManager } from "../platform/service_manager.ts";
import { closeReasonOf } from "../session/close_reason.ts";
import { Agent } from "./agent.ts";
import type { AgentConfig } from "./agent_config.ts";
import { AGENT_HELP, type AgentArguments, parseAgentArguments } from "./agent_options.ts";
import { agentOutside, type AgentProgramOutside } from "./agent_outside.ts";
import type { Mistake } from "./config_checks.ts";
import { CONFIG_EXAMPLE } from "./config_example.ts";
import { parseConfig } from "./config_parser.ts";
import { ConfigWatch } from "./config_watch.ts";
import { configSchema } from "./json_schema.ts";

/** Exit code after Ctrl-C or SIGTERM. */
const STOPPED = 130;
/** How often the line of `systemctl status` is looked at, ms. */
const STATUS_MS = 5_000;

/** Runs `agent` with its arguments; resolves with the exit code. */
export async function agentCommand(outside: AgentProgramOutside, args: readonly string[]): Promise<number> {
  const { program } = outside;
  try {
    const parsed = parseAgentArguments(program, args);
    if (parsed.action === "help") {
      program.printLine(AGENT_HELP);
      return 0;
    }
    if (parsed.action === "init") return await init(outside, parsed.path);
    const text = readConfig(outside, parsed.path);
    const { config, mistakes } = parseConfig(text, dirname(resolve(parsed.path)));
    if (config === null) {
      for (const mistake of mistakes) program.printError(`${mistakeLine(parsed.path, mistake)}\n`);
      return ERROR_CODES.USAGE.exit;
    }
    if (parsed.action === "check") {
      program.printLine(`${parsed.path} is right: ${summaryOf(config)}`);
      return 0;
    }
    return await run(outside, parsed, text, config);
  } catch (thrown) {
    const error = closeReasonOf(thrown).error!;
    program.printError(`${error.message}\n`);
    return ERROR_CODES[error.code].exit;
  }
}

function readConfig({ program }: AgentProgramOutside, path: string): string {
  try {
    return program.readText(path);
  } catch (cause) {
    const text = `Cannot read ${path}: ${messageOf(cause)}; framewire agent --init ${path} writes an example`;
    throw new FramewireError("USAGE", text, { cause });
  }
}

function mistakeLine(path: string, { line, text }: Mistake): string {
  return `${path} line ${line}: ${text}`;
}

function summaryOf({ uplink, sources, clips, feeds }: AgentConfig): string {
  const count = (things: readonly unknown[], one: string, many: string) =>
    `${things.length} ${things.length === 1 ? one : many}`;
  return [
    `to ${uplink.server.hostname}:${uplink.server.port}`,
    count(sources, "source", "sources"),
    count(clips, "folder of clips", "folders of clips"),
    count(feeds, "feed", "feeds"),
  ].join(", ");
}

async function init({ program, disk }: AgentProgramOutside, path: string): Promise<number> {
  await writeNew(disk, path, CONFIG_EXAMPLE);
  const schema = join(dirname(path), "edge.schema.json");
  if (await disk.info(schema) === null) await writeNew(disk, schema, `${JSON.stringify(configSchema(), null, 2)}\n`);
  program.printLine(`${path} is written; edit it, then: framewire agent --config ${path} --check`);
  return 0;
}

/** @throws {FramewireError} `USAGE` when there is something. */
async function writeNew(disk: Disk, path: string, text: string): Promise<void> {
  const file = await disk.open(path, "create-new").catch((cause) => {
    throw new FramewireError("USAGE", `Cannot write ${path}: ${messageOf(cause)}`, { cause });
  });
  try {
    await file.writeAt(new TextEncoder().encode(text), 0);
    await file.sync();
  } finally {
    file.close();
  }
}

async function run(
  outside: AgentProgramOutside,
  options: AgentArguments,
  text: string,
  config: AgentConfig,
): Promise<number> {
  const { program, clock, processes } = outside;
  const { path, json, quiet } = options;
  const log = createLog({
    level: quiet ? "warn" : "info",
    json,
    wallMs: () => clock.wallMs(),
    write: (line) => program.printError(`${line}\n`),
  });
  program.onUnhandledRejection((reason) => log("error", "Unhandled rejection", errorFields(reason)));
  const manager = systemServiceManager(
    { env: (name) => program.env(name), processes, clock },
    (error) => log("warn", "systemd cannot be told how it goes", errorFields(error)),
  );
  const stop = new AbortController();
  const endStop = program.onStop(() => {
    // The second request does not wait for a polite end.
    if (stop.signal.aborted) program.exit(STOPPED);
    stop.abort();
  });
  const addresses: Record<string, string> = {};
  const agent = new Agent({
    outside: agentOutside(outside),
    log,
    listening: (feed, { hostname, port }) => addresses[feed] = `${hostname}:${port}`,
  });
  try {
    await agent.apply(config);
    program.printLine(
      json ? JSON.stringify({ event: "ready", http: addresses }) : `Ready: ${path}, ${summaryOf(config)}`,
    );
    manager.ready(agent.status);
    const watch = new ConfigWatch(text, {
      read: () => program.readText(path),
      clock,
      changed: (changed) => applyText(agent, path, changed, log),
      gone: (error) => log("warn", `${path} cannot be read; what it said goes on`, errorFields(error)),
    });
    const telling = (async () => {
      while (!stop.signal.aborted) {
        await sleep(clock, STATUS_MS, stop.signal);
        manager.status(agent.status);
      }
    })();
    await Promise.all([watch.run(stop.signal), telling]);
    log("info", "Stopping");
    await manager.stopping();
    return STOPPED;
  } finally {
    endStop();
    await agent.stop();
  }
}

/** A new text of the config: applied if there is nothing wrong with it. */
async function applyText(agent: Agent, path: string, text: string, log: Log): Promise<void> {
  const { config, mistakes } = parseConfig(text, dirname(resolve(path)));
  for (const mistake of mistakes) log("error", mistakeLine(path, mistake));
  if (config === null) return log("error", `${basename(path)} is not applied; what it said before goes on`);
  log("info", `${basename(path)} has changed: ${summaryOf(config)}`);
  await agent.apply(config);
}
