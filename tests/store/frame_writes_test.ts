/** Frames on their way into segments: many are few writes, and a segment counts as written when it is. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { DiskFile } from "../../lib/platform/disk.ts";
import { FrameSegment } from "../../lib/store/frame_segments.ts";
import { type FrameWrite, FrameWrites } from "../../lib/store/frame_writes.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";

async function segmentOf(disk: MemoryDisk, id: number): Promise<FrameSegment> {
  return new FrameSegment(id, await disk.open(`/${id}.mjpeg`, "create-new"), 0);
}

const picture = (bytes: number, seed: number) => Uint8Array.from({ length: bytes }, (_, index) => index * seed + seed);

Deno.test("FrameWrites writes what each frame was, over several segments and sizes, in few writes", async () => {
  const disk = new MemoryDisk();
  const segments = [await segmentOf(disk, 1), await segmentOf(disk, 2)];
  const writes = new FrameWrites();
  const wanted: number[][] = [[], []];
  for (let batch = 0; batch < 5; batch++) {
    const some: { write: FrameWrite }[] = [];
    for (let number = 0; number < 60; number++) {
      const at = number < 30 ? 0 : 1;
      const jpeg = picture(number === 7 ? 300_000 : 20_000, number + batch);
      some.push({ write: writes.hold(segments[at]!, segments[at]!.bytes, jpeg, false) });
      segments[at]!.bytes += jpeg.length;
      for (const byte of jpeg) wanted[at]!.push(byte);
      jpeg.subarray(0, number === 7 ? 0 : jpeg.length).fill(0);
    }
    let calls = 0;
    disk.onCall = ({ kind }) => void (kind === "write" && calls++);
    await writes.write(some);
    assert(calls < 20, `${calls} writes for 60 frames`);
  }
  for (const at of [0, 1]) {
    const content = disk.contentOf(`/${at + 1}.mjpeg`);
    assertEquals(content.length, wanted[at]!.length);
    assert(content.every((byte, index) => byte === wanted[at]![index]));
  }
  assert(segments.every(({ isDirty }) => isDirty));
});

Deno.test("FrameWrites marks a segment for the next sync when its write is over, not before", async () => {
  const gate = Promise.withResolvers<void>();
  const file = { writeAt: () => gate.promise } as Partial<DiskFile> as DiskFile;
  const segment = new FrameSegment(1, file, 0);
  const writes = new FrameWrites();
  const written = writes.write([{ write: writes.hold(segment, 0, picture(10, 1), true) }, {}]);
  await Promise.resolve();
  assertEquals(segment.isDirty, false);
  gate.resolve();
  await written;
  assertEquals(segment.isDirty, true);
});

Deno.test("FrameWrites fails when one write does", async () => {
  const disk = new MemoryDisk();
  const segment = await segmentOf(disk, 1);
  const writes = new FrameWrites();
  disk.failCall("write", 1, "ENOSPC");
  await assertRejects(
    () => writes.write([{ write: writes.hold(segment, 0, picture(10, 1), false) }]),
    Error,
    "No space left",
  );
});
