import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { agentOutside, type AgentProgramOutside } from "../../lib/agent/agent_outside.ts";
import { LineFeed } from "../../lib/agent/line_feed.ts";
import { MQTT } from "../../lib/agent/mqtt_packets.ts";
import { MqttPart } from "../../lib/agent/mqtt_part.ts";
import { FramewireError } from "../../lib/errors.ts";
import type { NewEvent } from "../../lib/store/feed_queue.ts";
import { MadeUpBroker } from "../helpers/made_up_broker.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { MemoryNetwork, type MemoryNetworkOptions } from "../helpers/memory_network.ts";

const { parseLine } = agentOutside({} as AgentProgramOutside);
const ADDRESS = { hostname: "broker", port: 1883 };

/** A part and the broker's end of its first connection. */
async function start({ cutting = {}, topics = ["t", "u/#"], isLetIn = true, isRead = true, hasSession = false }: {
  cutting?: MemoryNetworkOptions;
  topics?: string[];
  isLetIn?: boolean;
  isRead?: boolean;
  hasSession?: boolean;
} = {}) {
  const clock = new MadeUpClock();
  const network = new MemoryNetwork({ clock, ...cutting });
  const listener = network.listen(ADDRESS);
  const taken: string[] = [];
  const said: string[] = [];
  const safe = { isOpen: true, error: null as FramewireError | null, wait: Promise.resolve() };
  const push = async (events: readonly NewEvent[]) => {
    await safe.wait;
    if (safe.error !== null) throw safe.error;
    for (const { body } of events) taken.push(body.kind === "text" ? body.text : body.kind === "json" ? body.json : "");
  };
  const part = new MqttPart("feed", {
    broker: { kind: "mqtt", address: ADDRESS, user: "me", password: "pw", topics, tls: false, tlsCa: null },
    ...{ device: "box", source: null, network: () => network, parse: parseLine, clock },
    lines: new LineFeed({ push, parse: parseLine, source: null, clock }),
  });
  const stop = new AbortController();
  const health = {
    works: () => said.push("works"),
    trouble: (text: string) => said.push(text),
    note: (text: string) => said.push(text),
  };
  const running = part.run(stop.signal, health);
  running.catch(() => {});
  const broker = new MadeUpBroker(await listener.accept(), isRead);
  if (isLetIn) await broker.letIn({ hasSession, granted: topics.map(() => 1) });
  const turns = () => clock.advance(0);
  await turns();
  return {
    ...{ part, clock, broker, running, taken, said, safe, turns, network },
    stop: async () => {
      stop.abort();
      await running;
      await broker.closed;
      listener.close();
    },
    fails: async (code: string, text: RegExp) => {
      const error = await assertRejects(() => running, FramewireError);
      assertEquals(error.code, code);
      assertMatch(error.message, text);
      await broker.closed;
      listener.close();
      assertEquals(clock.pendingTimers, 0, "nothing is left behind");
    },
  };
}

Deno.test("mqtt part: it signs in for a session that lasts, and says goodbye", async () => {
  const box = await start();
  assertEquals(box.part.name, "feed feed of MQTT at broker:1883");
  const [connect, subscribe] = box.broker.packets;
  const text = new TextDecoder().decode(connect!.body);
  assertEquals([connect!.type, connect!.body[7]], [MQTT.connect, 0xc0], "user, password, no clean session");
  assert(text.endsWith("framewire-box-feed\0\x02me\0\x02pw"), text);
  assertEquals(subscribe!.body.toHex(), "0001" + "00017401" + "0003752f2301");
  assertEquals(box.said, ["takes t, u/#", "works"]);
  await box.stop();
  assertEquals(box.broker.types(), [MQTT.connect, MQTT.subscribe, MQTT.disconnect]);
  assertEquals(box.clock.pendingTimers, 0);
});

for (const reads of ["whole", "one-byte", "random"] as const) {
  Deno.test(`mqtt part: a message is answered once it is safe, and not before (${reads})`, async () => {
    const box = await start({ cutting: { reads, writes: reads } });
    const safe = Promise.withResolvers<void>();
    box.safe.wait = safe.promise;
    await box.broker.publish("one", { id: 7 });
    await box.broker.publish("two", { id: 8 });
    await box.broker.publish("three", { topic: "u/v" });
    await box.broker.publish("21", { id: 300, topic: "u/v" });
    await box.turns();
    assertEquals([box.taken, box.broker.acked], [[], []]);
    safe.resolve();
    await box.turns();
    assertEquals(box.taken, ["t: one", "t: two", "u/v: three", '{"u/v":21}']);
    assertEquals(box.broker.acked, [7, 8, 300], "in their order; what has QoS 0 has no number");
    await box.stop();
  });
}

Deno.test("mqtt part: what is taken while it stops is answered, so that it does not come twice", async () => {
  const box = await start();
  const safe = Promise.withResolvers<void>();
  box.safe.wait = safe.promise;
  await box.broker.publish("one", { id: 7 });
  await box.turns();
  const stopped = box.stop();
  await box.turns();
  safe.resolve();
  await box.clock.runUntil(stopped);
  assertEquals([box.taken, box.broker.acked, box.broker.types().at(-1)], [["t: one"], [7], MQTT.disconnect]);
});

Deno.test("mqtt part: what a full spool has not taken when it stops stays with the broker", async () => {
  const box = await start();
  box.safe.error = new FramewireError("NO_SPACE", "The spool is full");
  await box.broker.publish("one", { id: 7 });
  await box.turns();
  await box.clock.runUntil(box.stop());
  assertEquals(box.broker.types(), [MQTT.connect, MQTT.subscribe, MQTT.disconnect]);
});

Deno.test("mqtt part: a spool that refuses makes the broker wait, for as long as it takes, without losing the connection", async () => {
  const box = await start();
  box.safe.error = new FramewireError("NO_SPACE", "The spool is full");
  await box.broker.publish("one", { id: 7 });
  await box.clock.advance(120_000);
  assertEquals(box.broker.acked, []);
  assertEquals(box.broker.types().filter((type) => type === MQTT.pingreq).length, 6);
  assert(box.said.includes("waits: The spool is full"), box.said.join());
  box.safe.error = null;
  await box.clock.advance(500);
  assertEquals([box.taken, box.broker.acked], [["t: one"], [7]]);
  await box.stop();
});

Deno.test("mqtt part: a spool that fails ends it, and nothing of that is answered", async () => {
  const box = await start();
  box.safe.error = new FramewireError("STORAGE_FAILED", "The disk is broken");
  await box.broker.publish("one", { id: 7 });
  await box.fails("STORAGE_FAILED", /disk is broken/);
  assertEquals(box.broker.acked, []);
});

Deno.test("mqtt part: what can never be an event is named, and answered so that it does not come for ever", async () => {
  const box = await start({ cutting: { bufferBytes: 4 * 1024 * 1024 } });
  await box.broker.publish(Uint8Array.of(0xff), { id: 1 });
  await box.broker.publish("x".repeat(3 << 20), { id: 2 });
  await box.broker.publish("", { id: 3 });
  await box.broker.publish("good", { id: 4 });
  await box.clock.advance(1);
  assertEquals([box.taken, box.broker.acked], [["t: good"], [1, 2, 3, 4]]);
  const left = box.said.filter((text) => text.startsWith("Left out"));
  assertEquals(left[0]?.startsWith("Left out a message of t: It must be UTF-8"), true, left.join());
  await box.stop();
});

Deno.test("mqtt part: what a broker keeps of a topic is taken with a new session, and not with each connection", async () => {
  for (const hasSession of [false, true]) {
    const box = await start({ hasSession });
    await box.broker.publish("kept", { id: 1, isRetained: true });
    await box.broker.publish("new", { id: 2 });
    // Of a config of before.
    await box.broker.publish("strange", { id: 3, topic: "other" });
    await box.turns();
    assertEquals(box.taken, hasSession ? ["t: new"] : ["t: kept", "t: new"]);
    assertEquals(box.broker.acked, [1, 2, 3]);
    await box.stop();
  }
});

Deno.test("mqtt part: a broker that refuses, or lets nothing be read, is named with its reason", async () => {
  for (
    const [code, text] of [[4, /user or password are wrong/], [5, /does it want a user/], [99, /code is 99/]] as const
  ) {
    const box = await start({ isLetIn: false });
    await box.broker.letIn({ code });
    await box.fails("UNAUTHENTICATED", text);
  }
  const none = await start({ isLetIn: false, topics: ["a", "b"] });
  await none.broker.letIn({ granted: [128, 128] });
  await none.fails("UNAUTHENTICATED", /does not let us read a, b/);
  const some = await start({ isLetIn: false, topics: ["a", "b", "c"] });
  await some.broker.letIn({ granted: [1, 128, 0] });
  await some.turns();
  assertEquals(some.said.slice(2), [
    "the broker does not let us read b",
    "the broker gives c with QoS 0 only: messages may be lost",
  ]);
  await some.stop();
});

Deno.test("mqtt part: a broker that says nothing is given up, at first and later", async () => {
  const first = await start({ isLetIn: false });
  await first.clock.advance(15_000);
  await first.fails("HANDSHAKE_TIMEOUT", /in time/);
  const later = await start();
  await later.clock.advance(30 * 60_000);
  assertEquals(later.broker.types().filter((type) => type === MQTT.pingreq).length, 90);
  later.broker.answersPings = false;
  await later.clock.advance(60_000);
  await later.fails("PEER_SILENT", /does not answer/);
});

Deno.test("mqtt part: a large message on a slow link is waited for", async () => {
  const box = await start();
  box.broker.answersPings = false;
  // 1,000 bytes: topic "t", number 7.
  await box.broker.write(Uint8Array.of(MQTT.publish << 4 | 2, 0xe8, 0x07, 0, 1, 116, 0, 7));
  for (let at = 0; at < 5; at++) {
    await box.broker.write(new Uint8Array(199).fill(120));
    await box.clock.advance(30_000);
  }
  assertEquals([box.taken, box.broker.acked], [[`t: ${"x".repeat(995)}`], [7]]);
  await box.stop();
});

Deno.test("mqtt part: a broker that reads nothing does not hold up the end", async () => {
  const box = await start({ cutting: { bufferBytes: 16 }, isLetIn: false, isRead: false });
  await box.turns();
  await box.clock.runUntil(box.stop());
  assertEquals(box.clock.pendingTimers, 0);
});

Deno.test("mqtt part: what is no MQTT, and a connection that ends, are failures", async () => {
  const page = await start({ isLetIn: false });
  await page.broker.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n".padEnd(200)));
  await page.fails("UNEXPECTED_MESSAGE", /type 4/);
  const length = await start();
  await length.broker.write(Uint8Array.of(MQTT.publish << 4, 0xff, 0xff, 0xff, 0xff, 1));
  await length.fails("MALFORMED", /length/);
  const cut = await start();
  await cut.broker.write(Uint8Array.of(MQTT.publish << 4, 9, 0, 1));
  cut.broker.close();
  await cut.fails("CONNECTION_LOST", /lost/);
  const absent = await start();
  absent.network.connectFate = () => "hang";
  await absent.stop();
});

Deno.test("mqtt part: what waits to be taken has a bound; the broker waits behind it", async () => {
  const box = await start();
  const safe = Promise.withResolvers<void>();
  box.safe.wait = safe.promise;
  let written = 0;
  const flood = (async () => {
    for (; written < 400; written++) await box.broker.publish("x".repeat(64 * 1024), { id: written + 1 });
  })();
  await box.turns();
  const before = written;
  assert(before < 80, `${before} of 64 KiB were read`);
  await box.clock.advance(120_000);
  assertEquals(written, before, "and is not given up, though it cannot be heard");
  safe.resolve();
  await box.clock.runUntil(flood);
  await box.clock.advance(1);
  assertEquals([box.taken.length, box.broker.acked.length], [400, 400]);
  await box.stop();
});

Deno.test("mqtt part: a broker that is not read for long hears a sign of life as often as it was promised", async () => {
  const box = await start();
  const safe = Promise.withResolvers<void>();
  box.safe.wait = safe.promise;
  let isWritten = false;
  const flood = (async () => {
    for (let id = 1; id <= 400; id++) await box.broker.publish("x".repeat(64 * 1024), { id });
    isWritten = true;
  })();
  await box.turns();
  // They would be behind the flood.
  box.broker.answersPings = false;
  const heard: number[] = [];
  for (let second = 0; second < 300; second += 20) {
    const before = box.broker.packets.length;
    await box.clock.advance(20_000);
    heard.push(...box.broker.types().slice(before));
  }
  assertEquals(heard, Array(15).fill(MQTT.pingreq));
  assertEquals([isWritten, box.taken.length], [false, 0], "it was not read");
  box.broker.answersPings = true;
  safe.resolve();
  await box.clock.runUntil(flood);
  await box.clock.advance(60_000);
  assertEquals([box.taken.length, box.broker.acked.length], [400, 400]);
  await box.stop();
});
