import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { FramewireError } from "../../lib/errors.ts";
import { FolderOrigin, type FolderSettings } from "../../lib/frames/folder_origin.ts";
import type { FrameOrigin } from "../../lib/frames/frame_origin.ts";
import { systemClock } from "../../lib/platform/clock.ts";
import { systemDisk } from "../../lib/platform/disk.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";
import { madeUpJpeg } from "../helpers/source_world.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

/** A folder in memory, in made-up time. */
class FolderFixture {
  readonly clock = new MadeUpClock();
  readonly disk = new MemoryDisk({ wallMs: () => this.clock.wallMs() });
  readonly leftOut: string[] = [];
  readonly stop = new AbortController();

  async write(name: string, content: Uint8Array): Promise<void> {
    const file = await this.disk.open(`/pictures/${name}`, "create-or-update");
    await file.truncate(0);
    await file.writeAt(content, 0);
    file.close();
  }

  async fill(...names: string[]): Promise<this> {
    await this.disk.makeFolder("/pictures");
    for (const [index, name] of names.entries()) await this.write(name, madeUpJpeg(100 + index, index));
    return this;
  }

  open(settings: Partial<FolderSettings> = {}): Promise<FolderOrigin> {
    const events = {
      note: () => {},
      gap: () => {},
      leftOut: (name: string, reason: string) => void this.leftOut.push(`${name}: ${reason}`),
    };
    const whole = { path: "/pictures", fps: null, loop: false, follow: false, ...settings };
    return FolderOrigin.open(whole, this, events);
  }

  /** Names of the next pictures, up to `count` or the end, with when each was given, ms. */
  async take(origin: FrameOrigin, count = Infinity): Promise<{ name: string | null; atMs: number }[]> {
    const taken: { name: string | null; atMs: number }[] = [];
    while (taken.length < count) {
      const frame = await this.clock.runUntil(origin.next(this.stop.signal));
      if (frame === null) break;
      taken.push({ name: frame.name, atMs: this.clock.now() });
    }
    return taken;
  }

  /** Names of the next pictures, while the test lets time pass. */
  async pull(origin: FrameOrigin, count = Infinity): Promise<(string | null)[]> {
    const names: (string | null)[] = [];
    while (names.length < count) {
      const frame = await origin.next(this.stop.signal);
      if (frame === null) break;
      names.push(frame.name);
    }
    return names;
  }
}

const namesOf = (taken: readonly { name: string | null }[]) => taken.map(({ name }) => name);

Deno.test("FolderOrigin gives JPEGs of any spelling in numeric order, with their bytes", async () => {
  const fixture = await new FolderFixture().fill("10.jpg", "2.JPG", "1.jpeg", "notes.txt", "3.JpEg", "4.jpg.tmp");
  await fixture.disk.makeFolder("/pictures/5.jpg");
  const origin = await fixture.open();
  const first = await origin.next(fixture.stop.signal);
  assertEquals([first?.name, first?.jpeg], ["1.jpeg", madeUpJpeg(102, 2)]);
  assertEquals(first?.capturedMs, fixture.clock.wallMs());
  assertEquals(namesOf(await fixture.take(origin)), ["2.JPG", "3.JpEg", "10.jpg"]);
  assertEquals(fixture.leftOut, []);
});

Deno.test("FolderOrigin leaves out what is no JPEG or too large, and says which", async () => {
  const fixture = await new FolderFixture().fill("1.jpg", "4.jpg");
  await fixture.write("2.jpg", new TextEncoder().encode("GIF89a"));
  await fixture.write("3.jpg", madeUpJpeg(4 * 1024 * 1024 + 1, 1));
  await fixture.write("5.jpg", new Uint8Array());
  assertEquals(namesOf(await fixture.take(await fixture.open())), ["1.jpg", "4.jpg"]);
  assertEquals(fixture.leftOut, [
    "2.jpg: it is no JPEG",
    "3.jpg: it must be <= 4194304 bytes: received 4194305",
    "5.jpg: it is no JPEG",
  ]);
});

Deno.test("FolderOrigin cannot read a folder which is missing, is a file, or has no pictures", async () => {
  const fixture = new FolderFixture();
  await fixture.disk.makeFolder("/pictures");
  for (const path of ["/missing", "/pictures"]) {
    assertEquals((await assertRejects(() => fixture.open({ path }), FramewireError)).code, "SOURCE_UNREADABLE");
  }
  await fixture.write("1.jpg", madeUpJpeg(10, 1));
  const error = await assertRejects(() => fixture.open({ path: "/pictures/1.jpg" }), FramewireError);
  assertEquals(error.code, "SOURCE_UNREADABLE");
});

Deno.test("FolderOrigin keeps its pace without drift, however long each picture takes", async () => {
  const fixture = await new FolderFixture().fill(...Array.from({ length: 100 }, (_, index) => `${index}.jpg`));
  const origin = await fixture.open({ fps: 30 });
  const times: number[] = [];
  for (let count = 0; count < 100; count++) {
    times.push((await fixture.take(origin, 1))[0]!.atMs);
    // Whoever takes it is busy for a while; once for longer than a picture lasts.
    await fixture.clock.advance(count === 50 ? 400 : 7);
  }
  for (const [index, ms] of times.entries()) {
    // Behind the long one it catches up.
    const lateMs = ms - times[0]! - index * 1000 / 30;
    assert(lateMs > -0.01 && (lateMs < 0.01 || (index > 50 && index < 70)), `picture ${index} is ${lateMs} ms late`);
  }
});

Deno.test("FolderOrigin begins a new pace when it was kept waiting for long, instead of a burst", async () => {
  const fixture = await new FolderFixture().fill(...Array.from({ length: 20 }, (_, index) => `${index}.jpg`));
  const origin = await fixture.open({ fps: 10 });
  await fixture.take(origin, 5);
  await fixture.clock.advance(60_000);
  const taken = await fixture.take(origin, 5);
  assertEquals(taken.map(({ atMs }) => Math.round(atMs - taken[0]!.atMs)), [0, 100, 200, 300, 400]);
});

Deno.test("FolderOrigin starts again in a loop, with what is there by then", async () => {
  const fixture = await new FolderFixture().fill("1.jpg", "2.jpg");
  await fixture.write("bad.jpg", new Uint8Array(10));
  const origin = await fixture.open({ loop: true });
  assertEquals(namesOf(await fixture.take(origin, 3)), ["1.jpg", "2.jpg", "1.jpg"]);
  await fixture.write("3.jpg", madeUpJpeg(50, 9));
  assertEquals(namesOf(await fixture.take(origin, 4)), ["2.jpg", "1.jpg", "2.jpg", "3.jpg"]);
  assertEquals(fixture.leftOut, ["bad.jpg: it is no JPEG"]);
});

Deno.test("FolderOrigin ends a loop in which there is nothing to send", async () => {
  const fixture = await new FolderFixture().fill();
  await fixture.write("1.jpg", new Uint8Array(10));
  assertEquals(await fixture.take(await fixture.open({ loop: true })), []);
});

Deno.test("FolderOrigin follows: what is there, then new ones in numeric order, none before it is complete", async () => {
  const fixture = await new FolderFixture().fill("2.jpg", "1.jpg");
  const origin = await fixture.open({ follow: true });
  assertEquals(namesOf(await fixture.take(origin, 2)), ["1.jpg", "2.jpg"]);
  const next = fixture.pull(origin, 3);
  await fixture.clock.advance(10_000);
  for (const name of ["12.jpg", "4.jpg"]) await fixture.write(name, madeUpJpeg(100, 5));
  // Grows for a second, faster than anybody looks.
  for (let bytes = 10; bytes <= 110; bytes += 10) {
    await fixture.write("3.jpg", madeUpJpeg(bytes, 6));
    await fixture.clock.advance(90);
  }
  await fixture.clock.advance(1_000);
  assertEquals(await next, ["4.jpg", "12.jpg", "3.jpg"]);
});

Deno.test("FolderOrigin follows an empty folder, also when names come back, until it is told to stop", async () => {
  const fixture = await new FolderFixture().fill();
  const origin = await fixture.open({ follow: true });
  await fixture.write("1.jpg", madeUpJpeg(100, 1));
  assertEquals(namesOf(await fixture.take(origin, 1)), ["1.jpg"]);
  const next = fixture.pull(origin);
  await fixture.disk.remove("/pictures/1.jpg");
  await fixture.clock.advance(1_000);
  await fixture.write("1.jpg", madeUpJpeg(100, 2));
  await fixture.clock.advance(1_000);
  fixture.stop.abort();
  assertEquals(await next, ["1.jpg"]);
  assertEquals(fixture.clock.pendingTimers, 0);
});

Deno.test("FolderOrigin reads a real folder, through a link, too", async () => {
  await using folder = await tempFolder();
  await Deno.mkdir(`${folder.path}/real`);
  await Deno.writeFile(`${folder.path}/real/1.jpg`, madeUpJpeg(1_000, 1));
  await Deno.symlink(`${folder.path}/real/1.jpg`, `${folder.path}/real/2.jpg`);
  await Deno.symlink(`${folder.path}/real`, `${folder.path}/link`);
  const settings = { path: `${folder.path}/link`, fps: null, loop: false, follow: false };
  const events = { note: () => {}, gap: () => {}, leftOut: () => {} };
  const origin = await FolderOrigin.open(settings, { disk: systemDisk, clock: systemClock }, events);
  const signal = new AbortController().signal;
  const frames = [await origin.next(signal), await origin.next(signal)];
  assertEquals(frames.map((frame) => frame?.name), ["1.jpg", "2.jpg"]);
  assertEquals(frames[1]?.jpeg, madeUpJpeg(1_000, 1));
  assertEquals(await origin.next(signal), null);
  assertLess(Math.abs(frames[0]!.capturedMs - Date.now()), 60_000);
});
