/** What reads `.mjpeg` outside of this house. */
import { assertEquals } from "@std/assert";
import { madeUpFrame } from "../helpers/made_up_frame_library.ts";
import { ffmpeg, HAS_FFMPEG } from "../helpers/make_media.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { withViewer } from "../helpers/viewer_fixture.ts";

const CAM = { device: "press-4", source: "cam" };
const FRAMES = 8;

Deno.test({
  name: "ffmpeg reads the stream: every picture as it was sent",
  ignore: !HAS_FFMPEG,
  fn: async () => {
    await using folder = await tempFolder();
    await withViewer(async ({ url, frames, hub }) => {
      await ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "testsrc=size=320x240:rate=10",
        "-frames:v",
        `${FRAMES}`,
        folder.join("%d.jpg"),
      );
      frames.addSource(CAM.device, CAM.source);
      const inlet = hub.open(CAM, "visible");
      const numbers = Array.from({ length: FRAMES }, (_, at) => at + 1);
      const sent = await Promise.all(numbers.map((number) => Deno.readFile(folder.join(`${number}.jpg`))));
      // As a camera does: the next one comes whether or not anybody is there.
      let published = 0;
      const camera = setInterval(() => {
        inlet.publish(madeUpFrame(published + 1, { jpeg: sent[published++ % FRAMES]! }));
      }, 20);
      const input = ["-i", `${url}/live/press-4/cam.mjpeg`, "-frames:v", `${FRAMES}`];
      await ffmpeg(...input, "-c", "copy", "-f", "image2", folder.join("got%d.jpg"))
        .finally(() => clearInterval(camera));
      const got = await Promise.all(numbers.map((number) => Deno.readFile(folder.join(`got${number}.jpg`))));
      const indexes = got.map((jpeg) => sent.findIndex((one) => one.toHex() === jpeg.toHex()));
      assertEquals(indexes.includes(-1), false, `each is one of those which were sent: ${indexes}`);
      const steps = indexes.slice(1).map((index, at) => (index - indexes[at]! + FRAMES) % FRAMES);
      assertEquals(steps.includes(0), false, `none comes twice: ${indexes}`);
    });
  },
});
