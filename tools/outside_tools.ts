// deno-lint-ignore-file no-console -- a tool talks to a person
/** The programs outside of Deno which some tests want, and how one gets them on Debian. */
import { run } from "./run.ts";

/** A program that tests want. */
export interface OutsideTool {
  readonly name: string;
  /** Debian package which has it; several have a space between them. */
  readonly package: string;
  readonly found: () => Promise<boolean>;
}

/** A Python which can import `google.protobuf`; null when there is none. The `python3` on PATH need not be the one that Debian's package serves. */
export function findPython(): Promise<string | null> {
  return pythonWith("google.protobuf");
}

/** One which can import OpenCV as well. */
export function findOpenCv(): Promise<string | null> {
  return pythonWith("google.protobuf, cv2");
}

async function pythonWith(modules: string): Promise<string | null> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    if ((await run(python, ["-c", `import ${modules}`])).code === 0) return python;
  }
  return null;
}

/** Chromium's path: `CHROMIUM`, or where Debian puts it; null when there is none. */
export async function findChromium(): Promise<string | null> {
  for (const path of [Deno.env.get("CHROMIUM"), "/usr/bin/chromium"]) {
    if (path && (await run(path, ["--version"])).code === 0) return path;
  }
  return null;
}

function program(name: string, debianPackage: string, args: readonly string[]): OutsideTool {
  return { name, package: debianPackage, found: async () => (await run(name, args)).code === 0 };
}

async function hasMosquitto(): Promise<boolean> {
  const [broker, client] = await Promise.all([run("mosquitto", ["-h"]), run("mosquitto_pub", ["--help"])]);
  return broker.output.includes("mosquitto version") && client.output.includes("mosquitto_pub version");
}

/** All of them. */
export const OUTSIDE_TOOLS: readonly OutsideTool[] = [
  { name: "chromium", package: "chromium fonts-dejavu-core", found: async () => await findChromium() !== null },
  program("ffmpeg", "ffmpeg", ["-version"]),
  { name: "python3 with google.protobuf", package: "python3-protobuf", found: async () => await findPython() !== null },
  { name: "python3 with cv2", package: "python3-opencv", found: async () => await findOpenCv() !== null },
  program("rsync", "rsync", ["--version"]),
  program("strace", "strace", ["--version"]),
  program("ip", "iproute2", ["-V"]),
  program("ps", "procps", ["--version"]),
  program("openssl", "openssl", ["version"]),
  program("systemd-analyze", "systemd", ["--version"]),
  program("systemd-notify", "systemd", ["--version"]),
  program("mkfs.ext4", "e2fsprogs", ["-V"]),
  // It tells its version only with a code that is not 0.
  { name: "mosquitto", package: "mosquitto mosquitto-clients", found: hasMosquitto },
];

/** Those which are not there. */
export async function missingTools(): Promise<OutsideTool[]> {
  const found = await Promise.all(OUTSIDE_TOOLS.map((tool) => tool.found()));
  return OUTSIDE_TOOLS.filter((_, at) => !found[at]);
}

if (import.meta.main) {
  // For .ci/run: the packages to install.
  for (const tool of await missingTools()) console.log(tool.package);
}
