import { assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { silentLog } from "../../lib/log.ts";
import { BoxListener } from "../../lib/server/box_listener.ts";
import { DeviceTable } from "../../lib/server/device_table.ts";
import type { Hello } from "../../lib/protocol/message.ts";
import { noEvents } from "../helpers/made_up_event_recorder.ts";
import { noFrames } from "../helpers/made_up_recorder.ts";
import { osError } from "../helpers/os_errors.ts";
import { MemoryNetwork } from "../helpers/memory_network.ts";
import { SAMPLE_MESSAGES } from "../helpers/sample_messages.ts";
import { RawPeer } from "../helpers/session_pair.ts";
import { StoreFixture } from "../helpers/store_fixture.ts";

const HELLO: Hello = { ...(SAMPLE_MESSAGES.hello[0] as Hello), protocolVersion: 1, token: "" };
const ADDRESS = { hostname: "server.test", port: 1 };

/** A listener on a made-up network, and boxes by hand. */
async function setUp() {
  const fixture = new StoreFixture();
  await fixture.store.start();
  const { clock, store } = fixture;
  const network = new MemoryNetwork({ clock });
  const listener = new BoxListener(network, {
    clock,
    log: silentLog,
    store,
    devices: new DeviceTable(clock),
    tokens: [],
    httpUrl: () => "",
    clipEnded: () => {},
    frames: noFrames(),
    events: noEvents(),
  });
  listener.start(ADDRESS);
  const connect = async () => {
    const peer = new RawPeer(await network.connect(ADDRESS));
    peer.readAll();
    await clock.advance(0);
    return peer;
  };
  return { clock, network, listener, connect };
}

/** What a peer was told: kinds, and codes of errors. */
function told(peer: RawPeer): string[] {
  return peer.received.map((message) => message.kind === "error" ? message.code : message.kind);
}

Deno.test("BoxListener welcomes a box, and counts it while it is there", async () => {
  const { clock, listener, connect } = await setUp();
  const peer = await connect();
  await peer.send(HELLO);
  await clock.advance(0);
  assertEquals(told(peer), ["welcome"]);
  assertEquals(listener.connectionCount, 1);
  await peer.send({ kind: "goodbye", reason: "" });
  await clock.advance(0);
  peer.close();
  await clock.advance(3_000);
  assertEquals(listener.connectionCount, 0);
  await clock.runUntil(listener.stop());
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("BoxListener tells all boxes when to come back as it stops", async () => {
  const { clock, listener, connect } = await setUp();
  const peers = [await connect(), await connect()];
  for (const peer of peers) await peer.send(HELLO);
  await clock.advance(0);
  const stopped = listener.stop();
  await clock.advance(100);
  for (const peer of peers) {
    assertEquals(told(peer), ["welcome", "SHUTTING_DOWN"]);
    const last = peer.received.at(-1);
    assertEquals(last?.kind === "error" && last.retryAfterMs > 0, true);
    peer.close();
  }
  await clock.runUntil(stopped);
});

Deno.test("BoxListener stops although a box neither reads nor leaves", async () => {
  const { clock, network, listener, connect } = await setUp();
  const peer = await connect();
  await peer.send(HELLO);
  await clock.advance(0);
  network.lastLink.blackHole();
  await clock.runUntil(listener.stop(), { msMax: 10_000 });
  peer.close();
});

Deno.test("BoxListener cuts the stranger who has been silent longest to make room, and no box", async () => {
  const { clock, listener, connect } = await setUp();
  const box = await connect();
  await box.send(HELLO);
  await clock.advance(0);
  const strangers: RawPeer[] = [];
  for (let i = 0; i <= LIMITS.strangersMax; i++) strangers.push(await connect());
  await clock.advance(0);
  assertEquals(told(strangers[0]!), ["SERVER_BUSY"]);
  assertEquals(told(strangers[1]!), []);
  const late = await connect();
  await late.send(HELLO);
  await clock.advance(0);
  assertEquals([told(box), told(late)], [["welcome"], ["welcome"]]);
  for (const peer of [box, late, ...strangers]) peer.close();
  await clock.runUntil(listener.stop());
});

Deno.test("BoxListener goes on after an accept that failed", async () => {
  const { clock, network, listener, connect } = await setUp();
  (await connect()).close();
  network.acceptErrors.push(osError("EMFILE"), osError("EMFILE"));
  const peer = await connect();
  await peer.send(HELLO);
  await clock.advance(1_000);
  assertEquals(told(peer), ["welcome"]);
  peer.close();
  await clock.runUntil(listener.stop());
});
