/** A camera behind a link that is too slow for it: its pictures are dropped, not late, and both ends say so. */
import { assert, assertLess } from "@std/assert";
import { assertAlmost } from "../helpers/assert_almost.ts";
import { HAS_FFMPEG } from "../helpers/make_media.ts";
import { startSend, startServer } from "../helpers/programs.ts";
import { MjpegReader } from "../helpers/mjpeg_reader.ts";
import { everyFrame } from "../helpers/recorded_frames.ts";
import { slowLink } from "../helpers/slow_link.ts";
import { waitFor } from "../helpers/wait_for.ts";

const CAMERA_FPS = 30;
const LINK_FPS = 10;
const CAMERA = ["--source", "cam", "--camera", "test", "--width", "640", "--fps", String(CAMERA_FPS)];
/** Until the pacer knows the link, and how long it is watched then, ms. */
const START_MS = 5_000;
const WATCHED_MS = Number(Deno.env.get("FRAMEWIRE_SLOW_LINK_SECONDS") ?? 15) * 1000;

/** Bytes of a picture of the camera on its way, with all headers. */
async function pictureBytes(): Promise<number> {
  await using server = await startServer();
  await using send = startSend(["--server", server.listen, "--device", "box", ...CAMERA]);
  const frames = () => everyFrame(server.http);
  await waitFor(async () => (await frames()).length >= 2 * CAMERA_FPS, { what: "pictures", deadlineMs: 30_000 });
  await send.kill("SIGINT");
  const all = await frames();
  return all.reduce((sum, { bytes }) => sum + bytes, 0) / all.length * 1.05;
}

Deno.test({
  name:
    "a camera of 30 pictures a second through a link that carries 10: none is older than a second, two thirds dropped",
  ignore: !HAS_FFMPEG,
  fn: async () => {
    await using link = await slowLink({ rateKbit: Math.round(await pictureBytes() * LINK_FPS * 8 / 1000) });
    await using server = await startServer({ host: link.serverHost });
    const address = await link.addressOf(server.listen);
    await using send = startSend(["--server", address, "--device", "box", ...CAMERA], { prefix: link.prefix });
    const figures = async () => (await fetch(`${server.http}/api/sources`).then((answer) => answer.json())).sources[0];
    await waitFor(async () => (await figures())?.lastFrameAt, { what: "the first picture", deadlineMs: 30_000 });

    const agesMs: number[] = [];
    const startMs = performance.now();
    const reader = new MjpegReader(await fetch(`${server.http}/live/box/cam.mjpeg`));
    for (let sinceMs = 0; sinceMs < START_MS + WATCHED_MS; sinceMs = performance.now() - startMs) {
      const { headers } = (await reader.next())!;
      if (sinceMs > START_MS) agesMs.push(Date.now() - Date.parse(headers.get("x-framewire-captured")!));
    }
    await reader.cancel();
    agesMs.sort((a, b) => a - b);
    const late = agesMs[Math.floor(agesMs.length * 0.99)]!;
    const ages = `${agesMs.length} pictures, median ${agesMs[agesMs.length >> 1]} ms, longest ${agesMs.at(-1)} ms`;
    assertLess(late, 1_000, ages);
    assert(agesMs.length > WATCHED_MS / 1000 * LINK_FPS / 2, `${agesMs.length} pictures came`);

    const { events } = await send.kill("SIGINT");
    const summary = events.find((event) => event["event"] === "source")!;
    const told = Number((summary["dropped"] as Record<string, unknown>)["link"]);
    assertAlmost(told / Number(summary["captured"]), 1 - LINK_FPS / CAMERA_FPS, 0.2);
    assert(events.some((event) => event["event"] === "dropped" && event["reason"] === "link"));
    const { dropped } = await figures();
    // Its last pictures were dropped behind the last word.
    assertAlmost(dropped.link, told, 0.02);
  },
});
