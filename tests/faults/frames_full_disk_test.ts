/** A disk which is full, or fails, under recorded frames: what was told stored is there, the rest is told, and it goes on. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { systemDisk } from "../../lib/platform/disk.ts";
import { eventsOf } from "../helpers/clip_files.ts";
import { HAS_FFMPEG } from "../helpers/make_media.ts";
import { startSend, startServer } from "../helpers/programs.ts";
import { everyFrame } from "../helpers/recorded_frames.ts";
import { CAN_MOUNT, tmpfs } from "../helpers/tmpfs.ts";
import { waitFor } from "../helpers/wait_for.ts";

const MB = 1_000_000;

/** Asserts that these pictures are recorded, once each, in order, and whole. */
async function assertRecorded(http: string, told: readonly Record<string, unknown>[]): Promise<void> {
  const frames = await everyFrame(http);
  const sequences = frames.map(({ sequence }) => sequence);
  assertEquals(sequences, [...new Set(sequences)].sort((a, b) => a - b));
  const recorded = new Set(sequences);
  assertEquals(told.filter(({ sequence }) => !recorded.has(Number(sequence))), [], "told as stored, and not there");
  for (const { id } of frames) {
    const answer = await fetch(`${http}/frames/${id}.jpg`);
    assertEquals(answer.status, 200, `frame ${id}`);
    await answer.bytes();
  }
}

Deno.test({
  name: "a camera on a full disk: seen live, nothing told stored is lost, and it is recorded again by itself",
  ignore: !CAN_MOUNT || !HAS_FFMPEG,
  fn: async () => {
    await using disk = await tmpfs(60 * MB);
    // Frames are refused at half of the reserve.
    await using server = await startServer({ data: disk.path, args: ["--reserve", "16MB"] });
    const args = ["--server", server.listen, "--device", "box", "--source", "cam", "--camera", "test"];
    await using send = startSend([...args, "--width", "640", "--fps", "30"]);
    const told = () => send.process.events().filter((event) => event["event"] === "frame");
    await waitFor(() => told().length >= 30, { what: "pictures", deadlineMs: 30_000 });
    // Not so full that the catalog could not write, and at once full for frames.
    const freeBytes = await systemDisk.freeBytes(disk.path);
    await Deno.writeFile(`${disk.path}/junk`, new Uint8Array(freeBytes - 7 * MB));

    const source = async () => {
      const sources = await fetch(`${server.http}/api/sources`).then((answer) => answer.json());
      return sources.sources.find((one: { source: string }) => one.source === "cam");
    };
    const full = await waitFor(async () => {
      const now = await source();
      return now.dropped.disk > 0 ? now : undefined;
    }, { what: "pictures which are not recorded" });
    const before = told();
    const live = await waitFor(async () => {
      const now = await source();
      return now.dropped.disk >= full.dropped.disk + 30 ? now : undefined;
    }, { what: "the source to go on" });
    assertEquals(live.state, "live");
    assertEquals(told().length - before.length < 5, true, "nothing is told as stored while the disk is full");
    await assertRecorded(server.http, before);
    const timeline = async () => {
      const { gaps } = await fetch(`${server.http}/api/timeline?device=box&source=cam`).then((answer) => answer.json());
      return gaps.map(({ reason }: { reason: string }) => reason);
    };
    await waitFor(async () => (await timeline()).includes("disk"), { what: "the gap" });

    await Deno.remove(`${disk.path}/junk`);
    await waitFor(() => told().length >= before.length + 30, { what: "it to be recorded again", deadlineMs: 30_000 });
    const result = await send.kill("SIGINT");
    assertEquals(eventsOf(result, "interrupted"), [], "the connection stayed");
    const summary = eventsOf(result, "source")[0]!;
    assertGreater((summary["dropped"] as Record<string, number>)["disk"]!, 0);
    await assertRecorded(server.http, told());
    assertEquals((await server.kill("SIGTERM")).code, 0, server.stderr());
    await server.restart();
    await assertRecorded(server.http, told());
    assert((await timeline()).includes("disk"));
  },
});
