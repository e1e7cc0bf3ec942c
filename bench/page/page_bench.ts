/** `deno task bench page`: the real server, a box with many cameras, and a real browser that watches them all. */
import { fileURLToPath } from "node:url";
import { launchBrowser } from "../../tests/helpers/browser.ts";
import { machineFacts } from "../machine.ts";
import { endAll, listenWithReadyLine, runTalking } from "../processes.ts";
import { inTemporaryFolder, saveResult, tell, write } from "../run_files.ts";
import { HELP, type PageOptions, parsePageOptions } from "./options.ts";
import { PageProbe, type PageSample } from "./page_probe.ts";
import { pageMarkdownOf, pageReportOf } from "./report.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** What is built once, and what the browser warms up with, is not growth. */
const WARM_UP_MS = 30_000;
/** Looks a minute. */
const LOOKS = 6;

/** Runs it; the exit code. @throws {RangeError} when a flag is unknown or out of range */
export async function benchPage(args: readonly string[]): Promise<number> {
  const options = parsePageOptions(args);
  if (options.help) {
    write(Deno.stdout, HELP);
    return 0;
  }
  const report = await inTemporaryFolder(options.dir, endAll, async (dir) => {
    const machine = await machineFacts(dir);
    const samples = await watch(options, dir);
    return pageReportOf(samples, { machine, sources: options.sources, fps: options.fps });
  });
  const markdown = pageMarkdownOf(report);
  await saveResult(report, markdown);
  write(Deno.stdout, options.json ? JSON.stringify(report) + "\n" : markdown);
  return report.complaints.length === 0 ? 0 : 1;
}

async function watch({ minutes, sources, fps }: PageOptions, dir: string): Promise<PageSample[]> {
  const pictures = `${dir}/pictures`;
  await writePictures(pictures);
  const ports = ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const record = ["--data", `${dir}/data`, "--record", "none", "--json"];
  const server = await listenWithReadyLine(Deno.execPath(), ["run", "-A", `${ROOT}server.ts`, ...ports, ...record]);
  const timeoutMs = WARM_UP_MS + (minutes + 2) * 60_000;
  const box = runTalking(
    Deno.execPath(),
    [
      ...["run", "-A", `${ROOT}client.ts`, "send", "--server", String(server.ready["listen"]), "--device", "bench"],
      ...["--json", "--quiet"],
      ...Array.from({ length: sources }, (_, i) => [
        ...["--source", `camera${i + 1}`, "--frames", pictures, "--loop", "--fps", String(fps), "--policy", "latest"],
      ]).flat(),
    ],
    timeoutMs,
    () => {},
  ).then(() => "it has ended", (error) => String(error));
  const browser = await launchBrowser();
  try {
    const probe = await PageProbe.open(browser, String(server.ready["http"]));
    await probe.page.locator(`.source-card >> nth=${sources - 1}`).waitFor();
    tell(`Warming up for ${WARM_UP_MS / 1_000} s`);
    await pause(WARM_UP_MS);
    await probe.begin();
    const samples: PageSample[] = [];
    for (let look = 0; look < minutes * LOOKS; look++) {
      const ended = await Promise.race([box, pause(60_000 / LOOKS)]);
      if (ended !== undefined) throw new Error(`Cannot watch as the box must send to the end: ${ended}`);
      const sample = await probe.sample();
      samples.push(sample);
      tell(
        `${sample.atSeconds.toFixed(0)} s: heap ${(sample.heapBytes / 1e6).toFixed(1)} MB, ${sample.pictures} pictures`,
      );
    }
    return samples;
  } finally {
    await browser.close();
    await endAll();
    await box;
  }
}

/** The pictures of the demo's camera as numbered files. */
async function writePictures(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  const stream = await Deno.readFile(`${ROOT}assets/demo_visible.mjpeg`);
  const starts: number[] = [];
  for (let at = stream.indexOf(0xff); at >= 0; at = stream.indexOf(0xff, at + 1)) {
    if (stream[at + 1] === 0xd8) starts.push(at);
  }
  for (const [i, start] of starts.entries()) {
    await Deno.writeFile(`${folder}/${i + 1}.jpg`, stream.subarray(start, starts[i + 1] ?? stream.length));
  }
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
}
