import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  cameraArguments,
  type CameraSettings,
  linesBesideLabel,
  parseCamera,
  parseFps,
  parseQuality,
  parseScale,
  parseWidth,
  qualityScale,
  withoutSecrets,
} from "../../lib/frames/camera_spec.ts";
import { FramewireError } from "../../lib/errors.ts";

const PLAIN = { size: null, quality: 80, fps: null, loop: false };
const START = { fromSeconds: 0, isOld: false };

function argumentsOf(spec: string, settings: Partial<CameraSettings> = {}, start = START): string {
  return cameraArguments({ ...PLAIN, ...parseCamera("--camera", spec, "linux"), ...settings }, start).join(" ");
}

function usageOf(run: () => unknown): string {
  const error = assertThrows(run, FramewireError);
  assertEquals(error.code, "USAGE");
  return error.message;
}

Deno.test("parseCamera knows a camera by its spelling", () => {
  const types = [
    "test",
    "/dev/video0",
    "rtsp://cam/1",
    "RTSPS://cam/1",
    "http://cam/m",
    "https://cam/m",
    "a.mp4",
    "C:\\a.mp4",
  ]
    .map((spec) => parseCamera("--camera", spec, "linux").type);
  assertEquals(types, ["test", "device", "rtsp", "rtsp", "http", "http", "file", "file"]);
});

Deno.test("parseCamera refuses what ffmpeg shall not open, and devices of other systems", () => {
  const text = usageOf(() => parseCamera("--camera", "ftp://me:secret@host/x?key=secret", "linux"));
  assert(text.includes("rtsp://") && text.includes("ftp://host/x") && !text.includes("secret"), text);
  assert(usageOf(() => parseCamera("--camera", "/dev/video0", "windows")).includes("windows"));
});

Deno.test("the label of a camera, and what is said of it, hold no password", () => {
  const cases: [string, string][] = [
    ["rtsp://admin:secret@10.0.0.9:554/ch1", "rtsp://10.0.0.9:554/ch1"],
    ["rtsp://admin:se@cret@10.0.0.9/ch1", "rtsp://10.0.0.9/ch1"],
    ["http://cam/video?user=me&pwd=secret", "http://cam/video"],
    ["http://cam/video?user=me@x.y&pwd=secret", "http://…"],
    ["rtsp://admin:se/secret?@10.0.0.9/ch1", "rtsp://…"],
    ["rtsp://10.0.0.9/ch1", "rtsp://10.0.0.9/ch1"],
    ["rtsp://admin:secret@10.0.0.9/$&", "rtsp://10.0.0.9/$&"],
  ];
  for (const [input, label] of cases) {
    const camera = parseCamera("--camera", input, "linux");
    assertEquals(camera.label, label);
    const said = `[tcp] tcp://10.0.0.9:554?secret=1 failed\n${input}: Connection refused\nhttp://secret@other/`;
    const shown = withoutSecrets(said, camera);
    assert(!shown.includes("secret") && shown.includes(`${label}: Connection refused`), shown);
  }
});

Deno.test("linesBesideLabel: the last two lines of ffmpeg do not name the camera again, nor say a thing twice", () => {
  const cases: [spec: string, said: string, lines: string[]][] = [
    [
      "rtsp://me:x@cam:5999/ir",
      "[tcp] Connection to tcp://cam:5999 failed: Connection refused\nrtsp://cam:5999/ir: Connection refused\n",
      ["[tcp] Connection failed: Connection refused"],
    ],
    [
      "rtsp://cam/1",
      "[tcp] Old words\n[rtsp] method DESCRIBE failed: 401 Unauthorized\nrtsp://cam/1: Server returned 401",
      ["[rtsp] method DESCRIBE failed: 401 Unauthorized", "Server returned 401"],
    ],
    ["rtsp://cam/1", "Error opening input file rtsp://cam/1.\nNot found", ["Error opening input file.", "Not found"]],
    ["rtsp://cam/1", "[rtsp] Bad rtsp://cam/1/track=2: 404", ["[rtsp] Bad: 404"]],
    ["http://cam/m", "Connection to tcp://camera:80 failed", ["Connection to tcp://camera:80 failed"]],
    [
      "/dev/video7",
      "[v4l2] Cannot open video device /dev/video7: No such file\n/dev/video7: No such file",
      ["[v4l2] Cannot open video device: No such file"],
    ],
    ["a (1).mp4", "file:a (1).mp4: No such file or directory", ["No such file or directory"]],
    ["a.mp4", "file:a.mp4: Invalid a.mp4 data", ["Invalid a.mp4 data"]],
    ["test", "\n", []],
  ];
  for (const [spec, said, lines] of cases) {
    assertEquals(linesBesideLabel(said, parseCamera("--camera", spec, "linux")), lines);
  }
});

Deno.test("cameraArguments read each type of camera in its own way", () => {
  const cases: [string, string[]][] = [
    ["test", ["-re -f lavfi -i testsrc2="]],
    ["/dev/video0", ["-f v4l2 ", "-fflags nobuffer ", " -i /dev/video0 "]],
    ["rtsp://cam/1", ["-rtsp_transport tcp ", "-fflags nobuffer ", " -i rtsp://cam/1 "]],
    ["http://cam/m", ["-rw_timeout 10000000 ", " -i http://cam/m "]],
    ["-odd:name.mp4", ["-re -i file:-odd:name.mp4 "]],
  ];
  for (const [spec, parts] of cases) {
    const text = argumentsOf(spec);
    for (const part of [...parts, " -map 0:v:0 ", " -q:v 7 ", " -f image2pipe pipe:1"]) {
      assert(text.includes(part), `${part} in ${text}`);
    }
    assertEquals(/ -vf |-stream_loop|-ss /.test(text), false, text);
  }
});

Deno.test("cameraArguments scale, slow down, loop and begin where they are told to", () => {
  assert(argumentsOf("a.mp4", { size: { width: 320 } }).includes("-vf scale=320:-2 "));
  assert(argumentsOf("a.mp4", { size: { factor: 0.75 }, fps: 5 }).includes("-vf fps=5,scale=trunc(iw*0.75/2)*2:-2 "));
  assert(argumentsOf("a.mp4", { loop: true }).includes("-stream_loop -1 -i"));
  assert(argumentsOf("a.mp4", {}, { fromSeconds: 2.5, isOld: false }).includes("-ss 2.500 -i"));
  assert(argumentsOf("test", { fps: 5 }).includes(":rate=5 "));
  assert(argumentsOf("/dev/video0", { fps: 5 }).includes("-framerate 5 -i"));
  assert(argumentsOf("test").includes("-fps_mode passthrough"));
  assert(argumentsOf("test", {}, { fromSeconds: 0, isOld: true }).includes("-vsync passthrough"));
});

Deno.test("qualityScale goes down from 31 to 2 as the quality goes up", () => {
  assertEquals([1, 25, 50, 75, 80, 90, 94, 100].map(qualityScale), [31, 31, 17, 8, 7, 3, 2, 2]);
  for (let quality = 2; quality <= 100; quality++) assert(qualityScale(quality) <= qualityScale(quality - 1));
});

Deno.test("the figures of a camera must be in their range, and the error says which it is", () => {
  assertEquals([parseQuality("-", "1"), parseQuality("-", "100")], [1, 100]);
  assertEquals([parseWidth("-", "16"), parseWidth("-", "7680")], [{ width: 16 }, { width: 7680 }]);
  assertEquals([parseScale("-", "75%"), parseScale("-", "12.5%")], [{ factor: 0.75 }, { factor: 0.125 }]);
  assertEquals([parseFps("-", "0.5"), parseFps("-", "30")], [0.5, 30]);
  for (const text of ["0", "101", "8.5", "-3", "", "high"]) {
    assert(usageOf(() => parseQuality("--quality", text)).includes("from 1 to 100"));
  }
  for (const text of ["0", "15", "7681", "1e3"]) {
    assert(usageOf(() => parseWidth("--width", text)).includes("from 16 to 7680 pixels"));
  }
  for (const text of ["75", "0%", "401%", "%", "-5%"]) {
    assert(usageOf(() => parseScale("--scale", text)).includes("from 1% to 400%"));
  }
  for (const text of ["0", "1001", "-1", "fast", "1e2"]) {
    assert(usageOf(() => parseFps("--fps", text)).includes("from 0.01 to 1000"));
  }
});
