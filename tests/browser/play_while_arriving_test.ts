/** The promise of the page: a clip with its index at the end, sent over 2 Mbit/s, plays when little of it has arrived. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { browserMissing, withPage } from "../helpers/browser.ts";
import { ffmpeg, HAS_FFMPEG } from "../helpers/make_media.ts";
import { startSend, startServer } from "../helpers/programs.ts";
import { slowLink } from "../helpers/slow_link.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

const RATE_KBIT = 2_000;
/** What the link carries in the three seconds after which it has to play. */
const BYTES_IN_3_S = RATE_KBIT * 1000 / 8 * 3;

const VIDEO =
  "-f lavfi -i testsrc2=size=640x360:rate=25 -f lavfi -i sine=frequency=330 -t 60 -c:v libx264 -preset veryfast " +
  "-pix_fmt yuv420p -b:v 1100k -maxrate 1300k -bufsize 2M -g 50 -c:a aac -b:a 64k";

const PLAYER = "document.querySelector('video')";

Deno.test({
  name: "a 60 s MP4 with its index at the end plays within what 3 s of a 2 Mbit/s link carry, and goes on playing",
  ignore: browserMissing() || !HAS_FFMPEG,
  async fn() {
    await using folder = await tempFolder();
    const clip = folder.join("camera.mp4");
    await ffmpeg(...VIDEO.split(" "), clip);
    await using link = await slowLink({ rateKbit: RATE_KBIT });
    await using server = await startServer({ host: link.serverHost });
    const api = `${server.http}/api/clips`;
    await withPage(server.http, async (page) => {
      await page.goto(server.http);
      await page.getByText("deno task send").first().waitFor();
      const sendArgs = ["--file", clip, "--server", await link.addressOf(server.listen), "--device", "van"];
      await using sender = startSend(sendArgs, { prefix: link.prefix });
      const startedMs = performance.now();
      await page.getByRole("button", { name: "Play camera.mp4" }).click();
      await waitFor(() => page.evaluate(`${PLAYER} !== null && ${PLAYER}.currentTime > 0`) as Promise<boolean>, {
        what: "the clip to play",
        deadlineMs: 30_000,
      });
      const playsAfterMs = Math.round(performance.now() - startedMs);
      const { clips } = await (await fetch(api)).json();
      const held = clips[0].heldBytes;
      assertEquals(clips[0].state, "arriving");
      assertLess(held, BYTES_IN_3_S, `it played after ${playsAfterMs} ms, when ${held} bytes had arrived`);
      await page.evaluate(`window.stalls = 0; ${PLAYER}.addEventListener('waiting', () => window.stalls++)`);
      await waitFor(() => page.evaluate(`${PLAYER}.currentTime > 6`) as Promise<boolean>, {
        what: "six seconds of playing",
        deadlineMs: 30_000,
      });
      // Once, on a machine which is busy otherwise.
      assertLess(await page.evaluate("window.stalls") as number, 2, "it went on without waiting for bytes");
      const now = (await (await fetch(api)).json()).clips[0];
      assert(now.heldBytes < now.sizeBytes, "all of this happened before the upload was finished");
      await sender.kill();
    });
  },
});
