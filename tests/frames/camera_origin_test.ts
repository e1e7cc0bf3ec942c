import { assert, assertEquals, assertLess, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { CameraOrigin } from "../../lib/frames/camera_origin.ts";
import { type CameraSettings, parseCamera } from "../../lib/frames/camera_spec.ts";
import type { OriginGap } from "../../lib/frames/frame_origin.ts";
import { FramewireError } from "../../lib/errors.ts";
import type { ChildProcess, Command, Exit, Processes } from "../../lib/platform/processes.ts";
import { madeUpJpeg } from "../helpers/made_up_jpeg.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const JPEG = madeUpJpeg(new SeededRandom(1));
const NEVER = new AbortController().signal;

/** An ffmpeg whose output a test writes. */
class MadeUpFfmpeg implements ChildProcess {
  readonly pid = 1;
  readonly command: Command;
  readonly signals: string[] = [];
  /** How it takes a signal; by default it ends. */
  mind: (signal: string) => boolean = () => true;
  words = "";
  #bytes: Uint8Array[] = [];
  #isOver = false;
  #isReading = false;
  #ending: string | undefined;
  #wake = () => {};
  readonly #exit = Promise.withResolvers<Exit>();

  constructor(command: Command) {
    this.command = command;
  }

  say(...pieces: Uint8Array[]): void {
    this.#bytes.push(...pieces);
    this.#wake();
  }

  end(code: number, signal: string | null = null): void {
    this.#isOver = true;
    this.#wake();
    this.#exit.resolve({ code, signal });
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#isReading) throw new Error("Cannot read twice at once");
    this.#isReading = true;
    while (this.#bytes.length === 0) {
      // As the real one it ends when it got rid of its output, and not before.
      if (this.#ending !== undefined) this.end(255, this.#ending);
      if (this.#isOver) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    this.#isReading = false;
    const bytes = this.#bytes.shift()!;
    into.set(bytes);
    return bytes.length;
  }

  write = () => Promise.resolve();
  closeInput = () => Promise.resolve();
  lastWords = () => this.words;
  exited = this.#exit.promise;

  kill(signal: "SIGTERM" | "SIGKILL"): void {
    this.signals.push(signal);
    if (!this.mind(signal)) return;
    this.#ending = signal;
    this.#wake();
  }
}

class CameraFixture implements Processes {
  readonly clock = new MadeUpClock();
  readonly notes: string[] = [];
  readonly gaps: OriginGap[] = [];
  readonly started: MadeUpFfmpeg[] = [];
  /** Called with each ffmpeg that is started. */
  live: (ffmpeg: MadeUpFfmpeg) => void = () => {};
  missing: Error | undefined;
  readonly origin: CameraOrigin;

  constructor(spec = "rtsp://me:secret@cam/1", settings: Partial<CameraSettings> = {}) {
    const camera = parseCamera("--camera", spec, "linux");
    this.origin = new CameraOrigin({
      camera: { ...camera, size: null, quality: 80, fps: null, loop: false, ...settings },
      processes: this,
      clock: this.clock,
      random: new SeededRandom(1),
      events: { note: (text) => this.notes.push(text), gap: (gap) => this.gaps.push(gap) },
    });
  }

  spawn(command: Command): ChildProcess {
    if (this.missing !== undefined) throw this.missing;
    const ffmpeg = new MadeUpFfmpeg(command);
    this.started.push(ffmpeg);
    this.live(ffmpeg);
    return ffmpeg;
  }

  next(signal = NEVER) {
    return this.clock.runUntil(this.origin.next(signal));
  }

  async failure(): Promise<FramewireError> {
    const error = await assertRejects(() => this.next(), FramewireError);
    assertEquals(error.code, "CAMERA_FAILED");
    assertEquals(error.message.includes("secret"), false, error.message);
    return error;
  }

  async close(): Promise<void> {
    await this.clock.runUntil(this.origin.close());
    assertEquals(this.clock.pendingTimers, 0);
  }
}

Deno.test("CameraOrigin gives each picture once, with the time at which it came", async () => {
  const camera = new CameraFixture();
  const other = madeUpJpeg(new SeededRandom(2));
  camera.live = (ffmpeg) => ffmpeg.say(JPEG.subarray(0, 9), JPEG.subarray(9), other);
  assertEquals(await camera.next(), { jpeg: JPEG, capturedMs: camera.clock.wallMs(), name: null });
  assertEquals((await camera.next())?.jpeg, other);
  const pending = camera.origin.next(NEVER);
  await camera.clock.advance(40);
  camera.started[0]!.say(JPEG);
  assertEquals((await camera.clock.runUntil(pending))?.capturedMs, camera.clock.wallMs());
  assertEquals([camera.notes, camera.gaps, camera.started.length], [[], [], 1]);
  await camera.close();
});

Deno.test("CameraOrigin without ffmpeg says how to get it", async () => {
  for (const error of [new Deno.errors.NotFound("x"), new Deno.errors.NotCapable("x")]) {
    const camera = new CameraFixture();
    camera.missing = error;
    assertMatch((await camera.failure()).message, /rtsp:\/\/cam\/1.*no ffmpeg.*apt install ffmpeg/);
  }
});

Deno.test("CameraOrigin: a camera which never worked is an error, with what ffmpeg said", async () => {
  const camera = new CameraFixture();
  camera.live = (ffmpeg) => {
    ffmpeg.words = "[rtsp @ 0x55d0] method DESCRIBE failed: 401\nrtsp://me:secret@cam/1: Unauthorized";
    ffmpeg.end(1);
  };
  const { message } = await camera.failure();
  assertStringIncludes(message, "[rtsp] method DESCRIBE failed: 401; Unauthorized");
  await camera.close();
});

Deno.test("CameraOrigin: a camera which gives nothing when it is opened is an error, and its ffmpeg ends", async () => {
  const camera = new CameraFixture();
  assertMatch((await camera.failure()).message, /no picture for 20 s/);
  assertEquals(camera.started[0]!.signals, ["SIGTERM"]);
  await camera.close();
});

Deno.test("CameraOrigin opens a camera again that vanished, tells the gap and what ffmpeg said, and hides the password", async () => {
  const camera = new CameraFixture();
  camera.live = (ffmpeg) => ffmpeg.say(JPEG);
  const first = await camera.next();
  camera.live = (ffmpeg) => camera.started.length < 5 ? ffmpeg.end(1) : ffmpeg.say(JPEG);
  camera.started[0]!.words = "rtsp://me:secret@cam/1: No such device";
  camera.started[0]!.end(1);
  await camera.clock.advance(100);
  const back = await camera.next();
  assertEquals(camera.started.length, 5);
  assertEquals(camera.gaps, [{ fromMs: first!.capturedMs, toMs: back!.capturedMs }]);
  assertLess(first!.capturedMs, back!.capturedMs);
  assertMatch(
    camera.notes[0]!,
    /^The camera rtsp:\/\/cam\/1: ffmpeg failed with code 1 \(No such device\)/,
  );
  assertMatch(camera.notes.at(-1)!, /is back$/);
  await camera.close();
});

Deno.test("CameraOrigin counts a stall from the last picture, whatever else comes", async () => {
  const camera = new CameraFixture();
  camera.live = (ffmpeg) => ffmpeg.say(JPEG);
  await camera.next();
  const pending = camera.origin.next(NEVER);
  await camera.clock.advance(9_000);
  camera.started[0]!.say(JPEG.subarray(0, 5));
  await camera.clock.advance(900);
  assertEquals(camera.started[0]!.signals, []);
  await camera.clock.advance(5_000);
  assertEquals(camera.started[0]!.signals, ["SIGTERM"]);
  assertEquals((await camera.clock.runUntil(pending))?.jpeg, JPEG);
  assertEquals(camera.started.length, 2);
  assertMatch(camera.notes[0]!, /no picture for 10 s/);
  await camera.close();
});

Deno.test("CameraOrigin does not take the pause of a slow reader, or of a slow camera, for a stall", async () => {
  const camera = new CameraFixture("/dev/video0", { fps: 0.1 });
  camera.live = (ffmpeg) => ffmpeg.say(JPEG);
  await camera.next();
  await camera.clock.advance(600_000);
  const pending = camera.origin.next(NEVER);
  await camera.clock.advance(29_000);
  camera.started[0]!.say(JPEG);
  await camera.clock.runUntil(pending);
  assertEquals([camera.started.length, camera.notes], [1, []]);
  await camera.close();
});

Deno.test("CameraOrigin tells a long gap while it lasts, piece by piece, and does not repeat itself", async () => {
  const camera = new CameraFixture();
  camera.live = (ffmpeg) => ffmpeg.say(JPEG);
  const first = await camera.next();
  camera.live = (ffmpeg) => ffmpeg.end(1);
  camera.started[0]!.end(1);
  const stop = new AbortController();
  const pending = camera.origin.next(stop.signal).catch(() => {});
  await camera.clock.advance(3_600_000);
  assert(camera.started.length > 120, `${camera.started.length} attempts in an hour`);
  assert(camera.gaps.length > 20 && camera.gaps.length <= 60, `${camera.gaps.length} gaps`);
  assert(camera.notes.length <= 61, `${camera.notes.length} notes`);
  assertEquals(camera.gaps[0]!.fromMs, first!.capturedMs);
  for (const [at, gap] of camera.gaps.entries()) {
    assertLess(gap.fromMs, gap.toMs);
    if (at > 0) assertEquals(gap.fromMs, camera.gaps[at - 1]!.toMs);
  }
  stop.abort();
  await pending;
  await camera.close();
  // And the rest of it.
  assertEquals(camera.gaps.at(-1)!.toMs, camera.clock.wallMs());
});

Deno.test("CameraOrigin ends with its file, but not with a loop or a crash", async () => {
  const file = new CameraFixture("a.mp4");
  file.live = (ffmpeg) => {
    ffmpeg.say(JPEG);
    ffmpeg.end(0);
  };
  assertEquals((await file.next())?.jpeg, JPEG);
  assertEquals([await file.next(), await file.next()], [null, null]);
  assertEquals([file.gaps, file.notes, file.started.length, file.started[0]!.signals], [[], [], 1, []]);
  await file.close();

  const crashed = new CameraFixture("a.mp4");
  crashed.live = (ffmpeg) => ffmpeg.say(JPEG);
  await crashed.next();
  await crashed.clock.advance(2_500);
  crashed.started[0]!.say(JPEG);
  await crashed.next();
  crashed.started[0]!.end(139, "SIGSEGV");
  await crashed.next();
  assertEquals(crashed.started[1]!.command.args.join(" ").includes(" -ss 2.500 "), true);
  assertMatch(crashed.notes[0]!, /SIGSEGV/);
  crashed.live = (ffmpeg) => ffmpeg.end(1);
  crashed.started[1]!.end(1);
  await crashed.failure();
  await crashed.close();
});

Deno.test("CameraOrigin speaks to an ffmpeg before 5.1 in its own words, at once", async () => {
  const camera = new CameraFixture("test");
  camera.live = (ffmpeg) => {
    if (ffmpeg.command.args.includes("-vsync")) return ffmpeg.say(JPEG);
    ffmpeg.words = "Unrecognized option 'fps_mode'.\nError splitting the argument list: Option not found";
    ffmpeg.end(1);
  };
  assertEquals((await camera.next())?.jpeg, JPEG);
  assertEquals([camera.started.length, camera.notes], [2, []]);
  await camera.close();
});

Deno.test("CameraOrigin goes on after an aborted next, and loses nothing by it", async () => {
  const camera = new CameraFixture();
  camera.live = (ffmpeg) => ffmpeg.say(JPEG);
  await camera.next();
  for (let times = 0; times < 3; times++) {
    const stop = new AbortController();
    const pending = camera.origin.next(stop.signal);
    stop.abort(new Error("Enough"));
    await assertRejects(() => camera.clock.runUntil(pending), Error, "Enough");
  }
  camera.started[0]!.say(JPEG.subarray(0, 4));
  camera.started[0]!.say(JPEG.subarray(4));
  assertEquals((await camera.next())?.jpeg, JPEG);
  await camera.close();
});

Deno.test("CameraOrigin.close ends ffmpeg, by force if it must, and whoever waits gets null", async () => {
  const camera = new CameraFixture();
  camera.live = (ffmpeg) => {
    ffmpeg.mind = (signal) => signal === "SIGKILL";
    ffmpeg.say(JPEG);
  };
  await camera.next();
  const pending = camera.origin.next(NEVER);
  await camera.close();
  assertEquals(camera.started[0]!.signals, ["SIGTERM", "SIGKILL"]);
  assertEquals([await camera.clock.runUntil(pending), await camera.next()], [null, null]);
  assertEquals(camera.clock.now() >= 2_000, true);

  const busy = new CameraFixture();
  busy.live = (ffmpeg) => ffmpeg.say(JPEG, JPEG, JPEG);
  await busy.next();
  await busy.close();
  assertEquals(busy.started[0]!.signals, ["SIGTERM"]);

  const stuck = new CameraFixture();
  stuck.live = (ffmpeg) => {
    ffmpeg.mind = () => false;
    ffmpeg.say(JPEG);
  };
  await stuck.next();
  await stuck.close();
});

Deno.test("CameraOrigin leaves out a picture that is too large, and says so", async () => {
  const camera = new CameraFixture();
  const head = new Uint8Array([0xff, 0xd8, 0xff, 0xda, 0x00, 0x02]);
  camera.live = (ffmpeg) => {
    ffmpeg.say(head);
    for (let at = 0; at < 5 << 20; at += 1 << 17) ffmpeg.say(new Uint8Array(1 << 17));
    ffmpeg.say(new Uint8Array([0xff, 0xd9]), JPEG);
  };
  assertEquals((await camera.next())?.jpeg, JPEG);
  assertMatch(camera.notes[0]!, /left out a picture as it must have <= 4194304 bytes/);
  await camera.close();
});
