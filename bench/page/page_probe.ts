/** What a page costs, asked of Chromium itself. */
import type { Browser, CDPSession, Page } from "playwright-core";
import { bytesOf } from "../proc_files.ts";

/** One look at the page, behind a collection of garbage. */
export interface PageSample {
  /** Since the watch began, s. */
  readonly atSeconds: number;
  /** JavaScript heap in use. */
  readonly heapBytes: number;
  /** Resident set of the tab's process, with decoded pictures and what the collector has not given back; null without /proc. */
  readonly tabBytes: number | null;
  readonly nodes: number;
  readonly listeners: number;
  /** `ImageBitmap`s which are not closed. */
  readonly bitmaps: number;
  /** Pictures decoded to be drawn, since the watch began. */
  readonly pictures: number;
}

/** Counts bitmaps; runs before the page's own script. */
const COUNTERS = `
  globalThis.counted = { open: 0, made: 0 };
  const make = createImageBitmap;
  globalThis.createImageBitmap = async (...args) => {
    const bitmap = await make(...args);
    counted.open++;
    counted.made++;
    return bitmap;
  };
  const close = ImageBitmap.prototype.close;
  ImageBitmap.prototype.close = function () {
    if (this.width > 0) counted.open--;
    close.call(this);
  };
`;

export class PageProbe {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #session: CDPSession;
  #pid: number | null = null;
  #startMs = 0;
  #picturesBefore = 0;

  private constructor(browser: Browser, page: Page, session: CDPSession) {
    this.page = page;
    this.#browser = browser;
    this.#session = session;
  }

  /** Opens `url` in a tab that is counted. */
  static async open(browser: Browser, url: string): Promise<PageProbe> {
    const page = await browser.newPage({ viewport: { width: 1600, height: 1100 } });
    await page.addInitScript(COUNTERS);
    await page.goto(url);
    const session = await page.context().newCDPSession(page);
    await session.send("HeapProfiler.enable");
    return new PageProbe(browser, page, session);
  }

  /** From here on it counts. */
  async begin(): Promise<void> {
    const { processInfo } = await (await this.#browser.newBrowserCDPSession()).send("SystemInfo.getProcessInfo");
    // Browsers keep others in reserve: the tab's own is the one that has worked most by now.
    const renderers = processInfo.filter(({ type }) => type === "renderer").sort((a, b) => b.cpuTime - a.cpuTime);
    this.#pid = renderers[0]?.id ?? null;
    this.#startMs = performance.now();
    this.#picturesBefore = (await this.#counted()).made;
  }

  /** Looks at the page. */
  async sample(): Promise<PageSample> {
    const atSeconds = (performance.now() - this.#startMs) / 1_000;
    const { open, made } = await this.#counted();
    // Twice: what the first one frees may let go of more.
    for (let i = 0; i < 2; i++) await this.#session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await this.#session.send("Runtime.getHeapUsage");
    const { nodes, jsEventListeners } = await this.#session.send("Memory.getDOMCounters");
    return {
      atSeconds,
      heapBytes: usedSize,
      tabBytes: this.#pid === null ? null : bytesOf(this.#pid),
      nodes,
      listeners: jsEventListeners,
      bitmaps: open,
      pictures: made - this.#picturesBefore,
    };
  }

  async #counted(): Promise<{ open: number; made: number }> {
    return await this.page.evaluate("counted") as { open: number; made: number };
  }
}
