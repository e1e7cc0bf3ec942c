/** Events and the real server: what it keeps, shows, prints and tells of. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import type { BoxEvent, EventBody } from "../../lib/protocol/event.ts";
import { batchChecksum, encodeBatch } from "../../lib/protocol/event_batch.ts";
import type { FeedAccepted, OpenFeed } from "../../lib/protocol/message.ts";
import { type ServerProgram, startServer } from "../helpers/programs.ts";
import { RawBox } from "../helpers/raw_box.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

const JPEG = new Uint8Array([0xff, 0xd8, 1, 2, 3, 0xff, 0xd9]);

function temp(tempCel: number, picture: Uint8Array | null = null): EventBody {
  return { kind: "temp", deviceId: 1, eventId: 7, humidity: 40.1, tempCel, picture };
}

/** A box with one feed open as stream 1. */
class Sender implements AsyncDisposable {
  readonly box: RawBox;
  readonly accepted: FeedAccepted;

  private constructor(box: RawBox, accepted: FeedAccepted) {
    this.box = box;
    this.accepted = accepted;
  }

  static async open(server: ServerProgram, more: Partial<OpenFeed> = {}): Promise<Sender> {
    const box = await RawBox.connect(server.listen);
    await box.hello("van-7");
    await box.send({ kind: "openFeed", stream: 1, feed: "line1", run: "run-1", floor: 1, late: false, ...more });
    return new Sender(box, await box.expect("feedAccepted"));
  }

  async send(first: number, ...bodies: EventBody[]): Promise<void> {
    const events = bodies.map((body, index): BoxEvent => {
      return { sequence: first + index, timeMs: Date.now(), source: null, body };
    });
    const batch = encodeBatch(events);
    await this.box.send({ kind: "eventData", stream: 1, crc32: batchChecksum(1, batch), batch });
  }

  async storedUpTo(sequence: number): Promise<void> {
    while ((await this.box.expect("eventAck")).stored < sequence);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.box[Symbol.asyncDispose]();
  }
}

// deno-lint-ignore no-explicit-any -- what a test looks into
async function json(server: ServerProgram, path: string): Promise<any> {
  const response = await fetch(`${server.http}${path}`);
  assertEquals(response.status, 200, path);
  return await response.json();
}

Deno.test("events are stored once and shown as they were, although the server is killed", async () => {
  await using server = await startServer();
  {
    await using sender = await Sender.open(server);
    await sender.send(1, temp(61.2, JPEG), { kind: "text", text: "door open" });
    await sender.send(3, { kind: "json", json: '{"speed": 1.5, "count": 9007199254740993}' });
    await sender.storedUpTo(3);
  }
  await server.restart();
  await using sender = await Sender.open(server);
  assertEquals(sender.accepted.held, [{ first: 1, last: 3 }]);
  await sender.send(2, { kind: "text", text: "door open" }, { kind: "text", text: "again" }, temp(20));
  await sender.storedUpTo(4);
  const answer = await fetch(`${server.http}/api/events?device=van-7&order=ascending`);
  const text = await answer.text();
  assert(text.includes('"json":{"speed": 1.5, "count": 9007199254740993}'), "to the last digit");
  const { events, next } = JSON.parse(text);
  assertEquals(events.map(({ sequence, kind }: Record<string, unknown>) => [sequence, kind]), [
    ...[[1, "temp"], [2, "text"], [3, "json"], [4, "temp"]],
  ]);
  assertEquals([next, events[0].tempCel, events[0].humidity, events[1].text], [null, 61.2, 40.1, "door open"]);
  const picture = await fetch(`${server.http}${events[0].picture}`);
  assertEquals([picture.headers.get("content-type"), await picture.bytes()], ["image/jpeg", JPEG]);
  const { feeds: [feed] } = await json(server, "/api/feeds");
  assertEquals([feed.events, feed.lastValues.temp_cel, feed.lastValues.humidity], [4, 20, 40.1]);
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  assert(
    metrics.includes("\nframewire_events_duplicate_total 2\n"),
    metrics.split("\n").filter((l) => /event/.test(l)).join(),
  );
});

Deno.test("a series and a page of events go on where they end", async () => {
  await using server = await startServer();
  await using sender = await Sender.open(server);
  await sender.send(1, ...Array.from({ length: 100 }, (_, index) => temp(index)));
  await sender.storedUpTo(100);
  let cursor = "";
  const sequences: number[] = [];
  do {
    const { events, next } = await json(server, `/api/events?feed=line1&limit=30${cursor && `&cursor=${cursor}`}`);
    sequences.push(...events.map(({ sequence }: { sequence: number }) => sequence));
    cursor = next ?? "";
  } while (cursor !== "");
  assertEquals(sequences, Array.from({ length: 100 }, (_, index) => 100 - index));
  const series = await json(server, "/api/series?device=van-7&feed=line1&measure=temp_cel&buckets=10");
  const count = series.points.reduce((sum: number, point: { count: number }) => sum + point.count, 0);
  assertEquals([series.unit, count], ["°C", 100]);
  const found = await fetch(`${server.http}/api/events.csv?device=van-7`);
  assertEquals((await found.text()).trimEnd().split("\r\n").length, 101);
});

Deno.test("--rules: units, an alert in the page's messages and at a webhook; --print prints", async () => {
  const posted: { event: string; rule: string; value: number }[] = [];
  const hook = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    posted.push(await request.json());
    return new Response();
  });
  await using folder = await tempFolder();
  const rules = join(folder.path, "rules.json");
  const webhook = `http://127.0.0.1:${hook.addr.port}/`;
  await Deno.writeTextFile(
    rules,
    `{ // of this plant
      "units": { "temp_cel": "Celsius" }, "ranges": { "temp_cel": { "min": 0, "max": 100 } },
      "rules": [{ "name": "hot", "when": "temp_cel > 60", "webhook": "${webhook}" }] }`,
  );
  await using server = await startServer({ args: ["--rules", rules, "--print"] });
  // deno-lint-ignore no-explicit-any -- what a test looks into
  const messages: any[] = [];
  const socket = new WebSocket(`${server.http.replace("http", "ws")}/ws`);
  socket.onmessage = ({ data }) => messages.push(JSON.parse(data));
  const closed = new Promise((resolve) => socket.onclose = resolve);
  await waitFor(() => messages.some(({ type }) => type === "snapshot"), { what: "the snapshot" });
  await using sender = await Sender.open(server);
  await sender.send(1, temp(61.5), { kind: "text", text: "a\nb" });
  const of = (key: string) => messages.filter(({ type }) => type === "update").flatMap((update) => update[key] ?? []);
  const alert = await waitFor(() => of("alerts")[0], { what: "the alert" });
  assertEquals([alert.rule, alert.value, alert.endedMs, alert.device], ["hot", 61.5, null, "van-7"]);
  await sender.send(3, temp(20));
  await waitFor(() => of("alerts").at(-1)?.endedMs !== null, { what: "its end" });
  await waitFor(() => posted.length === 2, { what: "both posts" });
  assertEquals(posted.map(({ event, value }) => [event, value]), [["raised", 61.5], ["ended", 61.5]]);
  const told = () => messages.filter(({ type }) => type === "events").flatMap(({ events }) => events);
  await waitFor(() => told().length === 3, { what: "the events" });
  assertEquals(told().map(({ sequence, kind }) => [sequence, kind]), [[1, "temp"], [2, "text"], [3, "temp"]]);
  const feed = await waitFor(() => of("feeds").find(({ events }) => events === 3), { what: "the feed" });
  assertEquals(feed.measures[0], { name: "temp_cel", unit: "Celsius", min: 0, max: 100 });
  const lines = await waitFor(() => {
    const found = server.process.stdoutLines.map((line) => JSON.parse(line)).filter(({ event }) => event === "event");
    return found.length === 3 && found;
  }, { what: "three lines" });
  assertEquals(lines.map(({ feed, sequence, text, tempCel }) => [feed, sequence, text ?? tempCel]), [
    ...[["line1", 1, 61.5], ["line1", 2, "a\nb"], ["line1", 3, 20]],
  ]);
  const { alerts } = await json(server, "/api/alerts");
  assertEquals([alerts.length, alerts[0].condition], [1, "temp_cel > 60"]);
  socket.close();
  await closed;
  await hook.shutdown();
});

Deno.test("an alert outlives a kill of the server: it is not raised again, its webhook is told, and it ends", async () => {
  const posted: { event: string; id: number }[] = [];
  let status = 500;
  const hook = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const post = await request.json();
    if (status === 200) posted.push(post);
    return new Response(null, { status });
  });
  await using folder = await tempFolder();
  const rules = join(folder.path, "rules.json");
  const webhook = `http://127.0.0.1:${hook.addr.port}/`;
  await Deno.writeTextFile(rules, JSON.stringify({ rules: [{ name: "hot", when: "temp_cel > 60", webhook }] }));
  await using server = await startServer({ args: ["--rules", rules] });
  const alerts = async () => (await json(server, "/api/alerts")).alerts;
  {
    await using sender = await Sender.open(server);
    await sender.send(1, temp(61.5));
    const [alert] = await waitFor(async () => (await alerts()).length === 1 && await alerts(), { what: "the alert" });
    assertEquals([alert.ended, alert.webhook], [null, { raised: "waiting", ended: "none" }]);
  }
  status = 200;
  await server.restart();
  await waitFor(() => posted.length === 1, { what: "the post of before" });
  await using sender = await Sender.open(server);
  await sender.send(2, temp(62));
  await sender.storedUpTo(2);
  assertEquals((await alerts()).map(({ id, ended }: { id: number; ended: string | null }) => [id, ended]), [[1, null]]);
  await sender.send(3, temp(20));
  await waitFor(async () => (await alerts())[0].webhook.ended === "delivered", { what: "its end" });
  const [alert] = await alerts();
  assertEquals([alert.value, alert.ended !== null, alert.webhook.raised], [61.5, true, "delivered"]);
  assertEquals(posted.map(({ event, id }) => [event, id]), [["raised", 1], ["ended", 1]]);
  await server.restart();
  assertEquals((await alerts()).length, 1, "in the history");
  await hook.shutdown();
});

Deno.test("a server whose rules are wrong says where, and does not start", async () => {
  await using folder = await tempFolder();
  const rules = join(folder.path, "rules.json");
  await Deno.writeTextFile(rules, '{"rules": [{"name": "hot", "when": "temp_cel >> 60"}]}');
  const error = await startServer({ args: ["--rules", rules] }).then(() => "started", (error) => String(error));
  assert(error.includes("rules[0].when as there must be a number, such as 60 or -1.5 at character 11"), error);
});
