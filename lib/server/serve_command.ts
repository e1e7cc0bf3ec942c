/** `framewire-server`: from a command line to an exit code. */
import { programInputs } from "../config/inputs.ts";
import { helpOf, parseOptions } from "../config/options.ts";
import { VERSION } from "../config/version.ts";
import { ERROR_CODES } from "../errors.ts";
import { createLog, errorFields, type Log } from "../log.ts";
import type { Program } from "../platform/program.ts";
import { type ServiceManager, systemServiceManager } from "../platform/service_manager.ts";
import { closeReasonOf } from "../session/close_reason.ts";
import { FramewireServer, type ServerOutside } from "./framewire_server.ts";
import { SERVE_SPEC, type ServeOptions, toServeOptions } from "./serve_options.ts";

/** The server's surroundings. */
export type ServeOutside = Omit<ServerOutside, "log" | "program"> & { readonly program: Program };

/** Runs the server with its arguments until it is told to stop; resolves with the exit code. */
export async function serveCommand(outside: ServeOutside, args: readonly string[]): Promise<number> {
  const { program } = outside;
  if (args[0] === "--version") {
    program.printLine(VERSION);
    return 0;
  }
  let options: ServeOptions;
  try {
    const parsed = parseOptions(SERVE_SPEC, programInputs(program, args));
    if (parsed.flag("help")) {
      program.printLine(helpOf(SERVE_SPEC));
      return 0;
    }
    options = toServeOptions(parsed, program);
  } catch (thrown) {
    program.printError(`${closeReasonOf(thrown).error!.message}\n`);
    return ERROR_CODES.USAGE.exit;
  }
  const log = serverLog(outside, options);
  program.onUnhandledRejection((reason) => log("error", "Unhandled rejection", errorFields(reason)));
  const manager = systemServiceManager(
    { ...outside, env: (name) => program.env(name) },
    (error) => log("warn", "systemd cannot be told how it goes", errorFields(error)),
  );
  const server = new FramewireServer({ ...outside, log }, options);
  try {
    const addresses = await server.start();
    manager.ready(`Boxes at ${addresses.listen}, page at ${addresses.http}`);
    program.printLine(
      options.json
        ? JSON.stringify({ event: "ready", ...addresses })
        : `Ready: boxes at ${addresses.listen}, page at ${addresses.http}, files in ${options.data}`,
    );
  } catch (thrown) {
    const error = closeReasonOf(thrown).error!;
    program.printError(`${error.message} [${error.code}]\n`);
    return ERROR_CODES[error.code].exit;
  }
  if (options.tokens.length === 0 && !isLocal(options.listen.hostname)) {
    log("warn", "Whoever reaches the port for boxes may send; --token-file lets only those in who have a token");
  }
  return await runUntilStopped(server, program, log, manager);
}

/** Whether only this machine reaches it. */
function isLocal(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" || hostname.startsWith("127.");
}

async function runUntilStopped(
  server: FramewireServer,
  program: Program,
  log: Log,
  manager: ServiceManager,
): Promise<number> {
  const stopRequest = Promise.withResolvers<undefined>();
  let stopping = false;
  program.onStop(() => {
    // The second request does not wait for a polite end; nothing acked is lost by it.
    if (stopping) program.exit(130);
    stopping = true;
    stopRequest.resolve(undefined);
  });
  const failure = await Promise.race([stopRequest.promise, server.failed]);
  if (failure !== undefined) log("error", "Cannot go on; start the server again", errorFields(failure));
  else log("info", "Stopping");
  await manager.stopping();
  await server.stop();
  return failure === undefined ? 0 : 1;
}

function serverLog({ clock, program }: ServeOutside, options: ServeOptions): Log {
  return createLog({
    level: options.logLevel,
    json: options.json,
    wallMs: () => clock.wallMs(),
    write: (line) => program.printError(line + "\n"),
  });
}
