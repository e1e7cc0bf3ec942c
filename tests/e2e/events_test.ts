import { assert, assertEquals, assertGreater } from "@std/assert";
import { type FaultProxy, faultProxy } from "../helpers/fault_proxy.ts";
import { PROJECT_ROOT, runSend, startSend, startServer } from "../helpers/programs.ts";
import { Subprocess } from "../helpers/subprocess.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

interface StoredEvent {
  readonly id: number;
  readonly sequence: number;
  readonly text: string | null;
  readonly eventId: number | null;
  readonly tempCel: number | null;
}

/** All events of a feed, page by page. */
async function eventsOf(http: string, feed: string): Promise<StoredEvent[]> {
  const all: StoredEvent[] = [];
  for (let cursor = "";;) {
    const query = new URLSearchParams({
      feed,
      limit: "1000",
      order: "ascending",
      ...(cursor === "" ? {} : { cursor }),
    });
    const response = await fetch(`${http}/api/events?${query}`);
    const { events, next } = await response.json() as { events: StoredEvent[]; next: string | null };
    all.push(...events);
    if (next === null) return all;
    cursor = next;
  }
}

async function gone(proxy: FaultProxy, bytes: number): Promise<void> {
  const end = proxy.bytesUp + bytes;
  await waitFor(() => proxy.bytesUp >= end, { what: `${bytes} bytes to go up`, deadlineMs: 60_000 });
}

Deno.test("100,000 events over a connection that is cut every second, server and sender killed: each once, in order", async () => {
  const count = 100_000;
  await using folder = await tempFolder();
  await using server = await startServer();
  const lines = Array.from(
    { length: count },
    (_, index) => `{"device_id":1,"event_id":${index + 1},"humidity":50,"temp_cel":${index % 40}}`,
  );
  const path = folder.join("events.ndjson");
  await Deno.writeTextFile(path, `${lines.join("\n")}\n`);
  const up = { bytesPerSecond: 600_000, resetAfterBytes: 600_000 };
  await using proxy = await faultProxy(server.listen, { up });
  const args = ["--server", proxy.address, "--device", "box", "--feed", "room", "--events", path];
  for (let round = 0; round < 3; round++) {
    await using sender = startSend(args);
    await gone(proxy, 500_000);
    if (round === 1) await server.restart();
    if (round === 1) await gone(proxy, 400_000);
    await sender.kill();
  }
  const { code, events } = await runSend(args, { deadlineMs: 110_000 });
  assertEquals(code, 0);
  const summary = events.find((event) => event["event"] === "feed")!;
  assertEquals(Number(summary["stored"]) + Number(summary["alreadyThere"]), count);
  assertGreater(proxy.connectionCount, 5);
  const stored = await eventsOf(server.http, "room");
  const bySequence = stored.toSorted((a, b) => a.sequence - b.sequence);
  assertEquals(bySequence.length, count);
  for (const [index, { sequence, eventId, tempCel }] of bySequence.entries()) {
    assert(sequence === index + 1 && eventId === index + 1 && tempCel === index % 40, `event ${sequence} at ${index}`);
  }
  const again = await runSend(args.with(1, server.listen));
  const facts = again.events.find((event) => event["event"] === "feed")!;
  assertEquals([again.code, facts["stored"], facts["alreadyThere"]], [0, 0, count]);
});

Deno.test("what a box could not send waits in its spool over kills, and arrives once", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const spool = ["--spool", folder.join("spool"), "--device", "box"];
  for (let round = 0; round < 2; round++) {
    // Nobody listens there.
    const args = ["--server", "127.0.0.1:1", ...spool, "--sensor", "demo", "--interval", "10ms"];
    await using sender = startSend(args);
    const isWaiting = () => sender.process.events().some((event) => Number(event["waiting"]) > 50);
    await waitFor(isWaiting, { what: "readings to wait", deadlineMs: 60_000 });
    await sender.kill();
  }
  const { code, events } = await runSend(["--server", server.listen, ...spool, "--text", "back"]);
  assertEquals(code, 0);
  const sensor = events.find((event) => event["event"] === "feed" && event["feed"] === "sensor")!;
  const stored = await eventsOf(server.http, "sensor");
  assertEquals(stored.length, sensor["stored"]);
  assertGreater(stored.length, 100);
  const sequences = stored.map(({ sequence }) => sequence).toSorted((a, b) => a - b);
  assertEquals(sequences, stored.map((_, index) => index + 1));
  assertEquals((await eventsOf(server.http, "text")).map(({ text }) => text), ["back"]);
});

Deno.test("a spool that refuses new events keeps the old ones: standard input waits, and the box tells its disk", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const spool = ["--spool", folder.join("spool"), "--spool-max", "1MB", "--when-full", "refuse-new", "--device", "box"];
  const lines = Array.from({ length: 3_000 }, (_, at) => `${at} ${"x".repeat(1_000)}\n`);
  await Deno.writeTextFile(folder.join("lines"), lines.join(""));
  const command = [Deno.execPath(), "run", "-A", `${PROJECT_ROOT}client.ts`, "send", "--text", "--json"];
  const read = [
    "sh",
    "-c",
    `exec "$@" < ${folder.join("lines")}`,
    "sh",
    ...command,
    "--server",
    "127.0.0.1:1",
    ...spool,
  ];
  {
    await using sender = Subprocess.start({ command: read });
    const isFull = () => sender.events().some((event) => Number(event["waiting"]) > 500);
    await waitFor(isFull, { what: "a full spool", deadlineMs: 60_000 });
  }
  await using sender = startSend(["--server", server.listen, ...spool, "--sensor", "demo"]);
  await waitFor(async () => {
    const { devices } = await (await fetch(`${server.http}/api/devices`)).json();
    return devices[0]?.disk?.bytes > devices[0]?.disk?.freeBytes && devices[0]?.backlog.events === 0;
  }, { what: "the state of the box, its backlog gone", deadlineMs: 60_000 });
  const stored = (await eventsOf(server.http, "text")).map(({ text }) => `${text}\n`);
  assert(stored.length > 500 && stored.length < lines.length, `${stored.length} were taken`);
  assertEquals(stored, lines.slice(0, stored.length));
  assertEquals(await eventsOf(server.http, "framewire"), [], "nothing was dropped");
  assertEquals((await sender.kill("SIGINT")).code, 130);
});

Deno.test("a bad line is named, the rest is stored, and the exit code says so", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const path = folder.join("events.ndjson");
  await Deno.writeTextFile(path, '{"a":1}\nnonsense\n{"a":2}\n');
  const args = ["--server", server.listen, "--device", "box", "--events", path];
  const { code, events } = await runSend(args);
  assertEquals(code, 1);
  assertEquals(events.filter((event) => event["event"] === "badLine").map((event) => event["line"]), [2]);
  assertEquals((await eventsOf(server.http, "events")).length, 2);
  const strict = await runSend([...args, "--strict", "--feed", "strict"]);
  assertEquals(strict.code, 1);
  assertEquals((await eventsOf(server.http, "strict")).length, 1);
});
