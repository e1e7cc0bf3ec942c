/** What `--camera` names, and the ffmpeg that reads it. Text only; nothing is started here. */
import { usage } from "../config/values.ts";
import { FramewireError } from "../errors.ts";

/**
 * - `device`: V4L2. - `rtsp`, `http`: a camera in the network. - `file`: a video file, played at its own rate.
 * - `test`: ffmpeg's test picture, with a clock.
 */
export type CameraType = "device" | "rtsp" | "http" | "file" | "test";

/** A camera, and what is made of its pictures. */
export interface CameraSettings {
  readonly type: CameraType;
  /** Path or URL as ffmpeg takes it; a URL may hold a password. */
  readonly input: string;
  /** The same for people and logs: without password and query. */
  readonly label: string;
  /** Width in pixels, or factor; the aspect stays. Null: as the camera gives it. */
  readonly size: { readonly width: number } | { readonly factor: number } | null;
  /** 1 to 100, as in OpenCV and libjpeg. */
  readonly quality: number;
  /** Pictures a second; null: as the camera gives them. */
  readonly fps: number | null;
  /** Begins a file again at its end. */
  readonly loop: boolean;
}

/** How this ffmpeg is spoken to. */
export interface CameraStart {
  /** Where in a file to begin, seconds. */
  readonly fromSeconds: number;
  /** An ffmpeg before 5.1 (2022) does not know `-fps_mode`; one from 9 on has forgotten `-vsync`. */
  readonly isOld: boolean;
}

const TEST_SIZE = "1280x720";
const TEST_FPS = 30;
/** A socket of HTTP that gives nothing for so long ends, microseconds; RTSP's option changed its meaning with ffmpeg 5. */
const HTTP_TIMEOUT_US = 10_000_000;

/** What a `--camera SPEC` is; `os` is that of `Deno.build`. @throws {FramewireError} `USAGE`. */
export function parseCamera(name: string, text: string, os: string): Pick<CameraSettings, "type" | "input" | "label"> {
  if (text === "test") return { type: "test", input: "test", label: "test" };
  if (text.startsWith("/dev/")) {
    if (os === "linux") return { type: "device", input: text, label: text };
    throw new FramewireError("USAGE", `Cannot use ${name} ${text} as devices must be those of Linux: this is ${os}`);
  }
  const scheme = /^([a-zA-Z][\w+.-]*):\/\//.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return { type: "file", input: text, label: text };
  const label = labelOf(text);
  if (scheme === "rtsp" || scheme === "rtsps") return { type: "rtsp", input: text, label };
  if (scheme === "http" || scheme === "https") return { type: "http", input: text, label };
  throw usage(name, "/dev/video0, an rtsp:// or http:// URL, a video file, or test", label);
}

/** `--quality`. @throws {FramewireError} `USAGE`. */
export function parseQuality(name: string, text: string): number {
  return whole(name, text, 1, 100, "");
}

/** `--width`. @throws {FramewireError} `USAGE`. */
export function parseWidth(name: string, text: string): { width: number } {
  return { width: whole(name, text, 16, 7680, " pixels") };
}

/** `--scale 75%`, as a factor. @throws {FramewireError} `USAGE`. */
export function parseScale(name: string, text: string): { factor: number } {
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(text.trim())?.[1]);
  if (!(percent >= 1 && percent <= 400)) throw usage(name, "from 1% to 400%, such as 75%", text);
  return { factor: percent / 100 };
}

/** `--fps`. @throws {FramewireError} `USAGE`. */
export function parseFps(name: string, text: string): number {
  const fps = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : NaN;
  if (!(fps >= 0.01 && fps <= 1000)) throw usage(name, "a number from 0.01 to 1000", text);
  return fps;
}

function whole(name: string, text: string, min: number, max: number, unit: string): number {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw usage(name, `a whole number from ${min} to ${max}${unit}`, text);
  return value;
}

/**
 * ffmpeg's scale of 2 (best) to 31 for a quality of 1 to 100. libjpeg multiplies its table by 50/quality, or by
 * 2 - quality/50 from 50 on, and ffmpeg its own by scale/8; on the average these are the same for a scale of a sixth of
 * libjpeg's percentage.
 */
export function qualityScale(quality: number): number {
  const percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return Math.max(2, Math.min(31, Math.round(percent / 6)));
}

/** Arguments of the ffmpeg which writes the camera's pictures to its standard output, JPEG after JPEG. */
export function cameraArguments(camera: CameraSettings, { fromSeconds, isOld }: CameraStart): string[] {
  const sync = isOld ? "-vsync" : "-fps_mode";
  return [
    ...["-hide_banner", "-nostdin", "-loglevel", "error"],
    ...inputArguments(camera, fromSeconds),
    // The first video stream. Pictures as they come: without that, ffmpeg doubles those of a camera which slows down.
    ...["-map", "0:v:0", sync, "passthrough"],
    ...filterArguments(camera),
    ...["-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-q:v", String(qualityScale(camera.quality))],
    ...["-flush_packets", "1", "-f", "image2pipe", "pipe:1"],
  ];
}

function inputArguments(camera: CameraSettings, fromSeconds: number): string[] {
  const { type, input, loop, fps } = camera;
  const eager = ["-fflags", "nobuffer", "-flags", "low_delay"];
  switch (type) {
    case "test":
      return ["-re", "-f", "lavfi", "-i", `testsrc2=size=${TEST_SIZE}:rate=${fps ?? TEST_FPS}`];
    case "device":
      return ["-f", "v4l2", ...eager, ...(fps === null ? [] : ["-framerate", String(fps)]), "-i", input];
    case "rtsp":
      // UDP loses packets, and then shows smeared pictures as whole ones.
      return ["-rtsp_transport", "tcp", ...eager, "-i", input];
    case "http":
      return ["-rw_timeout", String(HTTP_TIMEOUT_US), ...eager, "-i", input];
    case "file": {
      const from = fromSeconds > 0 ? ["-ss", fromSeconds.toFixed(3)] : [];
      // With the protocol in front, a colon or a dash in the name means nothing.
      return ["-re", ...(loop ? ["-stream_loop", "-1"] : []), ...from, "-i", `file:${input}`];
    }
  }
}

function filterArguments({ size, fps, type }: CameraSettings): string[] {
  const filters: string[] = [];
  if (fps !== null && type !== "test") filters.push(`fps=${fps}`);
  if (size !== null && "width" in size) filters.push(`scale=${size.width}:-2`);
  if (size !== null && "factor" in size) filters.push(`scale=trunc(iw*${size.factor}/2)*2:-2`);
  return filters.length === 0 ? [] : ["-vf", filters.join(",")];
}

/** A URL without what is in front of an @, and without its query: both hold passwords. */
function labelOf(url: string): string {
  const [, scheme = "", rest = ""] = /^([^:/]+:\/\/)(.*)$/s.exec(url) ?? [];
  const at = rest.lastIndexOf("@");
  // Is that the password's, or the query's? Nobody can tell.
  if (/[/?#]/.test(rest.slice(0, Math.max(0, at)))) return `${scheme}…`;
  return scheme + rest.slice(at + 1).replace(/[?#].*$/s, "");
}

/** What ffmpeg said about a camera, without the passwords in it. */
export function withoutSecrets(text: string, { input, label }: Pick<CameraSettings, "input" | "label">): string {
  return text.replaceAll(input, () => label).replace(/([a-zA-Z][\w+.-]*:\/\/)[^\s'"]*/g, (url) => labelOf(url));
}

/**
 * The last two lines of ffmpeg, for a sentence which has the camera's label already: without its address, and without the
 * second if that only repeats how the first one ends.
 */
export function linesBesideLabel(text: string, { type, label }: Pick<CameraSettings, "type" | "label">): string[] {
  const host = /:\/\/(\[[^\]]*\]|[^/:]+)/.exec(label)?.[1];
  // ffmpeg names the socket as well, and the tracks of a stream.
  const address = host === undefined
    ? asPattern(type === "file" ? `file:${label}` : label)
    : `(?:to )?[a-zA-Z][\\w+.-]*://${asPattern(host)}(?:[:/]\\S*?)?`;
  const inFront = new RegExp(`^${address}: `);
  const between = new RegExp(` ${address}(?=[.,:;]?(?: |$))`, "g");
  const lines = text.split("\n").map((line) => line.trim().replace(inFront, "").replace(between, ""));
  const last = lines.filter((line) => line !== "").slice(-2);
  return last.length === 2 && last[0]!.endsWith(last[1]!) ? last.slice(0, 1) : last;
}

/** For a regular expression that means `text` and nothing else. */
function asPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}
