/** A real browser for the page's tests: Debian's Chromium, driven by playwright-core. */
import { type Browser, chromium, type Page } from "playwright-core";

const EXECUTABLE = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

/**
 * Whether browser tests are left out because there is no browser. In CI that may not be.
 *
 * @throws {Error} in CI without a browser.
 */
export function browserMissing(): boolean {
  try {
    return !Deno.statSync(EXECUTABLE).isFile;
  } catch {
    if (Deno.env.get("CI") === "true") throw new Error(`Cannot test the page as ${EXECUTABLE} is missing`);
    return true;
  }
}

/** Starts a browser; close it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS, headless: true });
}

/** What a page did that it should not have done. */
export interface PageWatch {
  /** Errors and warnings of its console, and uncaught exceptions. */
  readonly complaints: string[];
  /** Requests to anything but `url`. */
  readonly strangers: string[];
}

/** Notes all complaints of a page and its requests to others than `url`. */
export function watchPage(page: Page, url: string): PageWatch {
  const watch: PageWatch = { complaints: [], strangers: [] };
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) watch.complaints.push(message.text());
  });
  page.on("pageerror", (error) => watch.complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    watch.complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) watch.strangers.push(request.url());
  });
  return watch;
}

/** Runs `test` with a page in a fresh browser, and closes it whatever happens. */
export async function withPage(
  url: string,
  test: (page: Page, watch: PageWatch) => Promise<void>,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<void> {
  const browser = await launchBrowser();
  try {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    await test(page, watchPage(page, url));
  } finally {
    await browser.close();
  }
}
