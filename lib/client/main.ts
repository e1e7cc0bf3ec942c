/** The client's commands, by their first word. */
import { type Outside, sendCommand } from "./send_command.ts";
import { watchCommand } from "./watch_command.ts";
import { VERSION } from "../config/version.ts";

const HELP = `framewire ${VERSION}: sends clips, pictures and cameras to a Framewire server, and watches them.

  framewire send --file clip.mp4                   send files, folders or standard input
  framewire send --camera /dev/video0              send a camera, or pictures of a folder (--frames)
  framewire send --events readings.ndjson          send events: JSON lines, texts, a made-up sensor
  framewire agent --config edge.json               all of a box in one process, for years
  framewire watch --device box --source camera0    see what a source sends
  framewire --version                              what this is

framewire send --help, agent --help and watch --help show their options.`;

/** Runs the client; resolves with the exit code. */
export async function clientMain(outside: Outside): Promise<number> {
  const { program } = outside;
  const [command, ...rest] = program.args;
  if (command === "send") return await sendCommand(outside, rest);
  if (command === "watch") return await watchCommand(outside, rest);
  if (command === undefined || command === "--help" || command === "-h") {
    program.printLine(HELP);
    return command === undefined ? 2 : 0;
  }
  if (command === "--version") {
    program.printLine(VERSION);
    return 0;
  }
  program.printError(
    `Cannot run ${JSON.stringify(command)} as the command must be send, agent or watch; --help shows more\n`,
  );
  return 2;
}
