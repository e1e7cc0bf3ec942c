/** The options of cameras and folders of pictures, each given once for a source. */
import { basename, resolve } from "node:path";
import { LIMITS } from "../config/limits.ts";
import type { GroupSpec } from "../config/option_groups.ts";
import type { Options, OptionSpec } from "../config/options.ts";
import { parseChoice, usage } from "../config/values.ts";
import { FramewireError } from "../errors.ts";
import {
  type CameraSettings,
  parseCamera,
  parseFps,
  parseQuality,
  parseScale,
  parseWidth,
} from "../frames/camera_spec.ts";
import type { FolderSettings } from "../frames/folder_origin.ts";
import type { SourceSettings } from "../frames/source_job.ts";
import { FRAME_POLICIES, SOURCE_KINDS } from "../protocol/message.ts";

/** One row for each of {@linkcode SOURCE_GROUP}. */
export const SOURCE_OPTION_SPECS: readonly OptionSpec[] = [
  {
    name: "frames",
    kind: "text",
    value: "DIR",
    help: "Pictures of a folder in the order of their numbers: 2.jpg, 10.jpg",
  },
  {
    name: "camera",
    kind: "text",
    value: "SPEC",
    help: "/dev/video0, rtsp:// or http:// URL, video file, or test (ffmpeg)",
  },
  {
    name: "source",
    kind: "text",
    value: "NAME",
    help: "Name of this source; what follows is its own [the folder's; camera0, …]",
  },
  { name: "kind", kind: "text", value: "KIND", help: "visible, infrared or other [visible]" },
  {
    name: "policy",
    kind: "text",
    value: "POLICY",
    help: "latest: drop, never lag [cameras]; all: lose nothing [folders]",
  },
  { name: "fps", kind: "text", value: "N", help: "Pictures a second [cameras: their own; folders: all at once]" },
  { name: "loop", kind: "flag", help: "Begin again at the end of a folder or video file" },
  { name: "follow", kind: "flag", help: "Wait for new pictures in the folder" },
  { name: "width", kind: "text", value: "N", help: "Width of a camera's pictures in pixels; the aspect stays" },
  { name: "scale", kind: "text", value: "PERCENT", help: "Or their size, such as 75%" },
  { name: "quality", kind: "text", value: "N", help: "JPEG quality of a camera, 1 to 100 [80]" },
];

export const SOURCE_GROUP: GroupSpec = {
  key: "sources",
  name: "source",
  origins: ["camera", "frames"],
  others: ["kind", "policy", "fps", "loop", "follow", "width", "scale", "quality"],
};

/** A camera or folder to send. */
export interface SourceOptions {
  readonly settings: SourceSettings;
  readonly from: { readonly camera: CameraSettings } | { readonly folder: FolderSettings };
}

const DEFAULT_QUALITY = 80;
/** A folder in a loop would else be sent as fast as it can be read, for ever. */
const LOOP_FPS = 10;
const encoder = new TextEncoder();

/** The sources of a command line; `os` is that of `Deno.build`. @throws {FramewireError} `USAGE`. */
export function toSourceOptions(groups: readonly Options[], os: string): SourceOptions[] {
  let cameras = 0;
  const sources = groups.map((group) => {
    const isCamera = group.text("camera") !== undefined;
    return toSource(group, isCamera ? `camera${cameras++}` : null, os);
  });
  const names = sources.map(({ settings }) => settings.name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new FramewireError(
      "USAGE",
      `Cannot send two sources called ${JSON.stringify(twice)}: name them with --source`,
    );
  }
  return sources;
}

function toSource(options: Options, cameraName: string | null, os: string): SourceOptions {
  const folder = options.text("frames");
  if ((folder === undefined) === (cameraName === null)) {
    const given = options.text("source");
    const which = given === undefined ? "a source" : `--source ${given}`;
    throw new FramewireError("USAGE", `Cannot send ${which} as it must have either --camera or --frames`);
  }
  const from = folder === undefined ? { camera: toCamera(options, os) } : { folder: toFolder(options, folder) };
  const loop = options.flag("loop");
  const name = options.text("source") ?? cameraName ?? basename(resolve(folder!));
  if (name === "" || encoder.encode(name).length > LIMITS.sourceNameBytesMax) {
    throw usage("--source", `a name of 1 to ${LIMITS.sourceNameBytesMax} bytes`, name);
  }
  const settings: SourceSettings = {
    name,
    kind: options.parsed("kind", (flag, text) => parseChoice(flag, text, SOURCE_KINDS)) ?? "visible",
    policy: options.parsed("policy", (flag, text) => parseChoice(flag, text, FRAME_POLICIES)) ??
      (folder === undefined || loop ? "latest" : "all"),
    // The second round would have the names of the first.
    named: folder !== undefined && !loop,
  };
  return { settings, from };
}

function toFolder(options: Options, path: string): FolderSettings {
  refuse(options, ["width", "scale", "quality"], "--camera");
  const [loop, follow] = [options.flag("loop"), options.flag("follow")];
  if (loop && follow) throw new FramewireError("USAGE", "Cannot use --loop together with --follow");
  return { path, fps: options.parsed("fps", parseFps) ?? (loop ? LOOP_FPS : null), loop, follow };
}

function toCamera(options: Options, os: string): CameraSettings {
  refuse(options, ["follow"], "--frames");
  const spec = options.required("camera", (name, text) => parseCamera(name, text, os));
  const [width, scale] = [options.parsed("width", parseWidth), options.parsed("scale", parseScale)];
  if (width !== undefined && scale !== undefined) {
    throw new FramewireError("USAGE", "Cannot use --width together with --scale");
  }
  const loop = options.flag("loop");
  if (loop && spec.type !== "file") {
    throw new FramewireError(
      "USAGE",
      `Cannot use --loop as it must be for a video file or a folder: received ${spec.label}`,
    );
  }
  return {
    ...spec,
    size: width ?? scale ?? null,
    quality: options.parsed("quality", parseQuality) ?? DEFAULT_QUALITY,
    fps: options.parsed("fps", parseFps) ?? null,
    loop,
  };
}

function refuse(options: Options, names: readonly string[], owner: string): void {
  const given = names.find((name) => options.text(name) !== undefined && options.text(name) !== "false");
  if (given === undefined) return;
  throw new FramewireError("USAGE", `Cannot use --${given} for this source as it is an option of ${owner}`);
}
