/** Frames and the real server: what it says, keeps and refuses. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import type { OpenSource, SourceEnded } from "../../lib/protocol/message.ts";
import { framePicture } from "../../lib/protocol/picture_frame.ts";
import { PROJECT_ROOT, type ServerProgram, startServer } from "../helpers/programs.ts";
import { RawBox } from "../helpers/raw_box.ts";
import { waitFor } from "../helpers/wait_for.ts";

const JPEG = await Deno.readFile(join(PROJECT_ROOT, "tests/analysis/pictures/sharp.jpg"));
const CAPTURED_MS = Date.UTC(2026, 0, 15, 12);

/** A box that sends numbered pictures, and keeps each result it got. */
class Sender implements AsyncDisposable {
  readonly results = new Map<number, string>();
  stored = 0;
  readonly #box: RawBox;
  readonly #opening: OpenSource;
  #sequence: number;
  #sent = 0;
  #credit: number;

  private constructor(box: RawBox, opening: OpenSource, stored: number, credit: number) {
    this.#box = box;
    this.#opening = opening;
    this.#credit = credit;
    this.#sequence = this.stored = stored;
  }

  static async open(server: ServerProgram, more: Partial<OpenSource> = {}): Promise<Sender> {
    const box = await RawBox.connect(server.listen);
    await box.hello("box");
    const rest = { sourceKind: "visible", policy: "all", named: true, run: "run-1" } as const;
    const opening = { kind: "openSource", stream: 1, source: "line", ...rest, ...more } as const;
    await box.send(opening);
    const { stored, credit } = await box.expect("sourceAccepted");
    return new Sender(box, opening, stored, credit);
  }

  /** Sends what the credit allows, and reads an ack. */
  async step(last: number): Promise<void> {
    const { stream, named } = this.#opening;
    while (this.#sequence < last && this.#sent < this.#credit) {
      const sequence = ++this.#sequence;
      this.#sent++;
      const name = named ? `${sequence}.jpg` : null;
      await this.#box.write(framePicture({ stream, sequence, capturedMs: CAPTURED_MS + sequence, name }, JPEG));
    }
    this.#take(await this.#box.expect("frameAck"));
  }

  async end(): Promise<SourceEnded> {
    await this.#box.send({ kind: "endSource", stream: this.#opening.stream, sequence: this.#sequence });
    while (true) {
      const message = await this.#box.next();
      assert(message !== undefined && message.kind !== "error", message?.kind === "error" ? message.text : "cut");
      if (message.kind === "ping") {
        await this.#box.send({ kind: "pong", nonce: message.nonce, unixMs: CAPTURED_MS });
      }
      if (message.kind === "frameAck") this.#take(message);
      if (message.kind === "sourceEnded") return message;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#box[Symbol.asyncDispose]();
  }

  #take(ack: { stored: number; credit: number; results: readonly { sequence: number; json: string }[] }): void {
    this.stored = ack.stored;
    this.#credit = ack.credit;
    for (const { sequence, json } of ack.results) this.results.set(sequence, json);
  }
}

async function framesOf(server: ServerProgram): Promise<{ sequence: number; name: string; result: unknown }[]> {
  const answer = await fetch(`${server.http}/api/frames?source=line&limit=1000`);
  const { frames } = await answer.json();
  return frames.toSorted((a: { sequence: number }, b: { sequence: number }) => a.sequence - b.sequence);
}

Deno.test("of policy all each frame is stored once and answered, although the server is killed", async () => {
  await using server = await startServer();
  const results = new Map<number, string>();
  const last = 200;
  for (const killAt of [50, 120]) {
    await using sender = await Sender.open(server);
    while (sender.stored < killAt) await sender.step(last);
    for (const [sequence, json] of sender.results) results.set(sequence, json);
    await server.restart();
  }
  await using sender = await Sender.open(server);
  while (sender.stored < last) await sender.step(last);
  await sender.end();
  for (const [sequence, json] of sender.results) results.set(sequence, json);

  const numbers = Array.from({ length: last }, (_, index) => index + 1);
  assertEquals([...results.keys()].toSorted((a, b) => a - b), numbers, "each has an answer");
  const frames = await framesOf(server);
  assertEquals(frames.map(({ sequence }) => sequence), numbers, "each is stored once");
  assertEquals(frames.filter(({ result }) => result === null), [], "each has its result in the catalog");
  const files: string[] = [];
  for await (const { name } of Deno.readDir(join(server.data, "frames/box/line"))) files.push(name);
  assertEquals(files.toSorted(), numbers.map((number) => `${number}.jpg`).toSorted());
  assertEquals((await server.kill("SIGTERM")).code, 0, server.stderr());
});

Deno.test("the log and the metrics say what became of the frames", async () => {
  await using server = await startServer({ args: ["--json", "--record", "every:2"] });
  await using sender = await Sender.open(server, { policy: "latest", named: false });
  while (sender.stored < 10) await sender.step(10);
  assertEquals((await sender.end()).storedFrames, 5);
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  assert(metrics.includes("\nframewire_frames_received_total 10\n"), metrics);
  assert(metrics.includes("\nframewire_frames_stored_total 5\n"), metrics);
  assert(metrics.includes("\nframewire_analysis_waiting_frames 0\n"), metrics);
  assert(metrics.includes("\nframewire_analysis_restarts_total 0\n"), metrics);
  assert(metrics.includes(`\nframewire_frames_dropped_total{reason="link"} 0\n`), metrics);
  const line = await waitFor(() => server.stderr().split("\n").find((line) => line.includes("Source ended")), {
    what: "the closing line of the source",
  });
  const { device, source, received, stored } = JSON.parse(line);
  assertEquals({ device, source, received, stored }, { device: "box", source: "line", received: 10, stored: 5 });
});

Deno.test("frames of policy all are refused when half of the reserve is left, with a time to come back", async () => {
  await using server = await startServer({ args: ["--reserve", "4000TB"] });
  await using box = await RawBox.connect(server.listen);
  await box.hello("box");
  const source = { source: "line", sourceKind: "visible", policy: "all", named: false, run: "run-1" } as const;
  await box.send({ kind: "openSource", stream: 1, ...source });
  // At the opening, or with the first frame.
  let message = await box.next();
  if (message?.kind === "sourceAccepted") {
    await box.write(framePicture({ stream: 1, sequence: 1, capturedMs: CAPTURED_MS, name: null }, JPEG));
  }
  while (message !== undefined && message.kind !== "error") message = await box.next();
  assert(message !== undefined);
  assertEquals([message.stream, message.code, message.retryable], [1, "NO_SPACE", true]);
  assertEquals(message.retryAfterMs, 30_000);
});
