import { assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { encodeMessage } from "../../lib/protocol/codec.ts";
import type { Hello, Message } from "../../lib/protocol/message.ts";
import { FairTurns, Slice } from "../../lib/session/fair_turns.ts";
import { Session } from "../../lib/session/session.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { MemoryNetwork } from "../helpers/memory_network.ts";
import { SAMPLE_MESSAGES } from "../helpers/sample_messages.ts";
import { RawPeer } from "../helpers/session_pair.ts";

const HELLO = SAMPLE_MESSAGES.hello[0] as Hello;
const STATUS = SAMPLE_MESSAGES.boxStatus[0]!;
const UNKNOWN = Uint8Array.of(0, 0, 0, 4, 0xba, 0x3e, 1, 0);

Deno.test("FairTurns lets one go on at each turn, in the order in which they asked", async () => {
  const turns: (() => void)[] = [];
  const fair = new FairTurns({ turn: () => new Promise((resolve) => turns.push(resolve)) });
  const done: string[] = [];
  const going = ["a", "b", "c"].map((name) => fair.next().then(() => done.push(name)));
  const again = going[0]!.then(() => fair.next()).then(() => done.push("a again"));
  for (const [index, expected] of ["", "a", "a b", "a b c", "a b c a again"].entries()) {
    await new Promise((resolve) => setImmediate(resolve));
    assertEquals(done.join(" "), expected);
    assertEquals(turns.length, Math.min(index + 1, 4));
    turns.at(-1)!();
  }
  await again;
});

Deno.test("Slice is used up by messages or by time, and is a new one behind a wait for the peer", () => {
  const slice = new Slice();
  const ends = (count: number, nowMs: number) => {
    slice.begin(nowMs);
    return Array.from({ length: count }, () => slice.end(nowMs)).indexOf("give way") + 1;
  };
  assertEquals(ends(300, 0), 256);
  slice.renew(0.5);
  assertEquals(ends(255, 0.5), 0);
  // A read of a millisecond has waited.
  assertEquals(ends(255, 1.5), 0);
  assertEquals(ends(255, 2), 1);
  slice.renew(10);
  slice.begin(10);
  assertEquals([slice.end(11.9), slice.end(12)], ["look", "give way"]);
});

Deno.test("Slice looks every half a millisecond at what others have done, and not behind a wait, which has shown it", () => {
  const slice = new Slice();
  slice.begin(10);
  const ends = [10.1, 10.4, 10.5, 10.6, 10.9, 11, 11.4, 11.5].map((nowMs) => {
    const end = slice.end(nowMs);
    if (end === "look") slice.looked(nowMs);
    return end;
  });
  assertEquals(ends, ["go on", "go on", "look", "go on", "go on", "look", "go on", "look"]);
  slice.begin(20);
  assertEquals([slice.end(20.4), slice.end(20.5)], ["go on", "look"]);
});

/** Two boxes on one server: what it has received of each, in the order in which it did. */
async function twoBoxes() {
  const clock = new MadeUpClock();
  const network = new MemoryNetwork({ clock, bufferBytes: 16 * 1024 * 1024 });
  const address = { hostname: "server.test", port: 1 };
  const listener = network.listen(address);
  const turns = new FairTurns(clock);
  const received: { box: number; message: Message }[] = [];
  const connect = async (box: number) => {
    const accepted = listener.accept();
    const peer = new RawPeer(await network.connect(address));
    const session = new Session("server", await accepted, clock, turns);
    const done = session.run({
      receive: (message) => {
        received.push({ box, message });
        if (message.kind === "hello") session.open(LIMITS.messageBytesMax, LIMITS.pingIntervalMs);
      },
    });
    const reading = peer.readAll();
    await peer.send(HELLO);
    await clock.advance(0);
    return { peer, done, reading };
  };
  const boxes = [await connect(0), await connect(1)] as const;
  listener.close();
  return { clock, boxes, received: () => received.filter(({ message }) => message.kind !== "hello") };
}

function repeat(bytes: Uint8Array, times: number): Uint8Array {
  const all = new Uint8Array(bytes.length * times);
  for (let at = 0; at < all.length; at += bytes.length) all.set(bytes, at);
  return all;
}

Deno.test("a box with one message a turn is heard after a slice of the flood of another", async () => {
  const { clock, boxes: [flood, quiet], received } = await twoBoxes();
  const status = encodeMessage(STATUS);
  await flood.peer.sendBytes(repeat(status, 20_000));
  for (let count = 1; count <= 20; count++) {
    await quiet.peer.sendBytes(status);
    await clock.advance(0);
    assertEquals(received().filter(({ box }) => box === 1).length, count, "heard within the turn");
    const before = received().filter(({ box }) => box === 0).length;
    assertLessOrEqual(before, (count + 1) * 512, "the flood gets a slice or two a turn");
  }
  // Work that nobody else waits for is done, too.
  while (received().length < 20_020) await clock.advance(0);
  flood.peer.close();
  quiet.peer.close();
  await Promise.all([flood, quiet].map(({ done, reading }) => clock.runUntil(Promise.all([done, reading]))));
});

Deno.test("Slices of several which always have something to read give way, though each looks while the others work", () => {
  const boxes = [1, 2, 3, 4].map(() => ({ slice: new Slice(), after: (_nowMs: number) => {} }));
  let [nowMs, ways] = [0, 0];
  for (let round = 0; round < 100; round++) {
    for (const box of boxes) {
      // Its turn has come again.
      box.after(nowMs);
      for (let end = "go on"; end === "go on";) {
        box.slice.begin(nowMs);
        nowMs += 0.4;
        end = box.slice.end(nowMs);
        if (end === "give way") ways++;
        box.after = (nowMs) => end === "look" ? box.slice.looked(nowMs) : box.slice.renew(nowMs);
      }
    }
  }
  // At each second turn, as the turns of the others make it longer than a slice.
  assertGreaterOrEqual(ways, 200);
});

Deno.test("a session with always something to read looks at what other threads have done, and gives way more rarely", async () => {
  const did: string[] = [];
  let nowMs = 0;
  const clock = {
    // Dealing with a message takes 0.1 ms: it is asked before and behind.
    now: () => nowMs += 0.05,
    wallMs: () => 0,
    timer: () => () => {},
    turn: () => Promise.resolve(void did.push("turn")),
    answers: () => Promise.resolve(void did.push("answers")),
  };
  const network = new MemoryNetwork({ clock: new MadeUpClock(), bufferBytes: 16 * 1024 * 1024 });
  const address = { hostname: "server.test", port: 1 };
  const listener = network.listen(address);
  const accepted = listener.accept();
  const peer = new RawPeer(await network.connect(address));
  await peer.send(HELLO);
  await peer.sendBytes(repeat(UNKNOWN, 200));
  const session = new Session("server", await accepted, clock);
  const done = session.run({ receive: () => session.open(LIMITS.messageBytesMax, LIMITS.pingIntervalMs) });
  peer.close();
  await done;
  listener.close();
  const turns = did.filter((word) => word === "turn").length;
  // 200 messages are 20 ms.
  assertGreaterOrEqual(turns, 6);
  assertGreaterOrEqual(did.length - turns, 2 * turns);
  assertLessOrEqual(did.length, 60);
});

Deno.test("messages of a kind that nobody knows are no way around it", async () => {
  const { clock, boxes: [flood, quiet], received } = await twoBoxes();
  await flood.peer.sendBytes(repeat(UNKNOWN, 100_000));
  await flood.peer.send(STATUS);
  await quiet.peer.send(STATUS);
  await clock.advance(0);
  assertEquals(received().map(({ box }) => box), [1]);
  for (let turns = 0; received().length < 2; turns++) {
    assertLessOrEqual(turns, 100_000 / 256 + 1);
    await clock.advance(0);
  }
  flood.peer.close();
  quiet.peer.close();
  await Promise.all([flood, quiet].map(({ done, reading }) => clock.runUntil(Promise.all([done, reading]))));
});
