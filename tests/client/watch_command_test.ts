import { assert, assertEquals, assertLessOrEqual, assertMatch } from "@std/assert";
import { clientMain } from "../../lib/client/main.ts";
import { WATCH_SPEC } from "../../lib/client/watch_options.ts";
import { helpOf } from "../../lib/config/options.ts";
import { FramewireError } from "../../lib/errors.ts";
import type { HttpAnswer, HttpClient } from "../../lib/platform/http_client.ts";
import { systemProcesses } from "../../lib/platform/processes.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { MadeUpProgram } from "../helpers/made_up_program.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";
import { MemoryNetwork } from "../helpers/memory_network.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const MJPEG = "multipart/x-mixed-replace; boundary=framewire";
const encoder = new TextEncoder();

function part(sequence: number, text: string, captured = `2026-01-15T12:00:0${sequence}.000Z`): string {
  const head = [
    "Content-Type: image/jpeg",
    `Content-Length: ${text.length}`,
    `X-Framewire-Sequence: ${sequence}`,
    `X-Framewire-Captured: ${captured}`,
    `X-Framewire-Time: ${captured}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${text}\r\n--framewire\r\n`;
}

/** What the server answers to one request; it breaks at its end, or stays silent. */
interface Scripted {
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
  readonly end?: "ends" | "breaks" | "stays";
}

class WatchFixture implements HttpClient {
  readonly program = new MadeUpProgram();
  readonly disk = new MemoryDisk();
  readonly clock = new MadeUpClock();
  readonly asked: string[] = [];
  /** Answers by the end of the address, one after the other; the last one again and again. */
  readonly answers: Record<string, Scripted[]> = {};
  open = 0;

  get(url: string, signal: AbortSignal): Promise<HttpAnswer> {
    this.asked.push(url);
    const list = Object.entries(this.answers).find(([end]) => url.endsWith(end))?.[1];
    const script = list === undefined ? undefined : list.length > 1 ? list.shift() : list[0];
    if (script === undefined) return Promise.reject(new FramewireError("CONNECTION_LOST", "Nobody there"));
    const pieces = [...script.body.matchAll(/[^]{1,50}/g)].map(([text]) => encoder.encode(text));
    this.open++;
    return Promise.resolve({
      status: script.status ?? 200,
      header: () => script.type ?? MJPEG,
      read: () => {
        const piece = pieces.shift();
        if (piece !== undefined) return Promise.resolve(piece);
        if (script.end === "breaks") return Promise.reject(new TypeError("error reading a body"));
        if (script.end !== "stays") return Promise.resolve(null);
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
      close: () => {
        this.open--;
        return Promise.resolve();
      },
    });
  }

  async run(...args: string[]): Promise<number> {
    const { program, disk, clock } = this;
    program.args = ["watch", "--device", "box", "--source", "left cam", ...args];
    const network = new MemoryNetwork({ clock });
    const random = new SeededRandom(1);
    const outside = { program, disk, clock, network, tlsNetwork: () => network, random, processes: systemProcesses };
    const code = await clock.runUntil(clientMain({ ...outside, http: this }));
    assertEquals([this.open, clock.pendingTimers], [0, 0]);
    return code;
  }

  async file(path: string): Promise<string> {
    const file = await this.disk.open(path, "read");
    const bytes = new Uint8Array((await file.info()).bytes);
    await file.readAt(bytes, 0);
    file.close();
    return new TextDecoder().decode(bytes);
  }
}

Deno.test("watch prints a line a picture, and ends after --count", async () => {
  const watch = new WatchFixture();
  watch.answers[".mjpeg"] = [{
    body: `--framewire\r\n${part(7, "one")}${part(8, "three")}${part(9, "x")}`,
    end: "stays",
  }];
  assertEquals(await watch.run("--count", "2", "--page", "http://host:1/"), 0);
  assertEquals(watch.asked, ["http://host:1/live/box/left%20cam.mjpeg"]);
  assertEquals(watch.program.lines, ["7  2026-01-15T12:00:07.000Z  3 B", "8  2026-01-15T12:00:08.000Z  5 B"]);
});

Deno.test("watch --out writes whole files under their numbers, and never over one of an earlier run", async () => {
  const watch = new WatchFixture();
  const cut = part(3, "never whole").slice(0, -20);
  watch.answers[".mjpeg"] = [
    { body: `--framewire\r\n${part(1, "a")}${part(2, "b")}${cut}`, end: "breaks" },
    { body: `--framewire\r\n${part(2, "b")}${part(1, "c", "2026-01-16T12:00:00.000Z")}${part(2, "d")}` },
  ];
  assertEquals(await watch.run("--out", "/pictures", "--count", "4", "--json"), 0);
  const names = (await watch.disk.list("/pictures")).map(({ name }) => name).sort();
  assertEquals(names, ["1-2.jpg", "1.jpg", "2-2.jpg", "2.jpg"]);
  assertEquals(await Promise.all(names.map((name) => watch.file(`/pictures/${name}`))), ["c", "a", "d", "b"]);
  const events = watch.program.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assertEquals(events.map(({ event }) => event).join(" "), "connected frame frame interrupted connected frame frame");
  assertEquals(events.filter(({ file }) => file !== undefined).map(({ file }) => file), [
    "1.jpg",
    "2.jpg",
    "1-2.jpg",
    "2-2.jpg",
  ]);
});

Deno.test("watch --stdout gives the JPEGs alone, and ends when nobody reads them", async () => {
  const watch = new WatchFixture();
  watch.answers[".mjpeg"] = [{ body: `--framewire\r\n${part(1, "a")}${part(2, "bc")}`, end: "stays" }];
  assertEquals(await watch.run("--stdout", "--count", "2"), 0);
  assertEquals(watch.program.output?.map((bytes) => new TextDecoder().decode(bytes)), ["a", "bc"]);
  assertEquals(watch.program.lines, []);
  watch.program.output = null;
  assertEquals(await watch.run("--stdout"), 0);
});

Deno.test("watch --results prints them as they come, and takes no picture for it", async () => {
  const watch = new WatchFixture();
  const results = ['{"sequence":1,"result":{"result":"ok"}}', '{"sequence":2,"result":{"result":"defect"}}'];
  watch.answers[".ndjson"] = [{ type: "application/x-ndjson", body: `${results.join("\n")}\n`, end: "stays" }];
  assertEquals(await watch.run("--results", "--count", "2"), 0);
  assertEquals(watch.program.lines, results);
  assertEquals(watch.asked.length, 1);
});

Deno.test("watch of an unknown source says which there are", async () => {
  const watch = new WatchFixture();
  const sources = [{ device: "box", source: "camera0" }, { device: "hut", source: "door" }];
  watch.answers[".mjpeg"] = [{ status: 404, body: "{}" }];
  watch.answers["/api/sources"] = [{ body: JSON.stringify({ sources }) }];
  assertEquals(await watch.run(), 2);
  assertMatch(
    watch.program.errors,
    /--source left cam .* knows --device box --source camera0, --device hut --source door/,
  );
  watch.answers["/api/sources"] = [];
  assertEquals(await watch.run(), 2);
  assertMatch(watch.program.errors, /it knows none yet/);
});

Deno.test("watch comes back for ever with growing pauses, also from silence and from what is no stream", async () => {
  const watch = new WatchFixture();
  watch.answers[".mjpeg"] = [
    { status: 503, body: "" },
    { type: "text/html", body: "<html>" },
    { body: "", end: "stays" },
    { body: "", end: "ends" },
  ];
  let interrupted = false;
  watch.clock.timer(3_600_000, () => {
    interrupted = true;
    watch.program.interrupt();
  });
  assertEquals(await watch.run(), 130);
  assert(interrupted && watch.asked.length > 100, `asked ${watch.asked.length} times in an hour`);
  assertLessOrEqual(watch.asked.length, 1_000);
  assertMatch(watch.program.errors, /answered 503[^]*"text\/html"[^]*ended the stream/);
});

Deno.test("watch refuses what it cannot do", async () => {
  for (
    const args of [["--stdout", "--results"], ["--count", "0"], ["--page", "ftp://x"], ["--page", "host"], ["--fast"]]
  ) {
    const watch = new WatchFixture();
    assertEquals([await watch.run(...args), watch.asked], [2, []], args.join(" "));
    assertMatch(watch.program.errors, /^Cannot /);
  }
});

Deno.test("watch --help fits a screen and has examples", async () => {
  const watch = new WatchFixture();
  assertEquals(await watch.run("--help"), 0);
  const lines = helpOf(WATCH_SPEC).split("\n");
  assertLessOrEqual(lines.length, 24);
  for (const line of lines) assertLessOrEqual(line.length, 110, line);
  for (const { name } of WATCH_SPEC.options) assert(lines.some((line) => line.includes(`--${name} `)), name);
});
