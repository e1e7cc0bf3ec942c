/** The client's commands, by their first word. */
import { type Outside, sendCommand } from "./send_command.ts";
import { VERSION } from "../config/version.ts";

const HELP = `framewire ${VERSION}: sends clips to a Framewire server.

  framewire send --file clip.mp4      send files, folders or standard input
  framewire --version                 what this is

framewire send --help shows its options.`;

/** Runs the client; resolves with the exit code. */
export async function clientMain(outside: Outside): Promise<number> {
  const { program } = outside;
  const [command, ...rest] = program.args;
  if (command === "send") return await sendCommand(outside, rest);
  if (command === undefined || command === "--help" || command === "-h") {
    program.printLine(HELP);
    return command === undefined ? 2 : 0;
  }
  if (command === "--version") {
    program.printLine(VERSION);
    return 0;
  }
  program.printError(`Cannot run ${JSON.stringify(command)} as the command must be send; --help shows more\n`);
  return 2;
}
