import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { FramewireError } from "../../lib/errors.ts";
import type { SpoolPolicy } from "../../lib/store/spool_options.ts";
import { type RoomFeed, type RoomSource, SpoolRoom } from "../../lib/store/spool_room.ts";
import { upTo } from "../helpers/feed_world.ts";

/** Something in a spool that holds nothing, and notes what it is asked to drop. */
class MadeUpPart implements RoomFeed, RoomSource {
  readonly name: string;
  bytes: number;
  pendingBytes: number;
  droppingBytes = 0;
  readonly asked: number[] = [];

  constructor(name: string, bytes: number, pendingBytes = 0) {
    this.name = name;
    this.bytes = bytes;
    this.pendingBytes = pendingBytes;
  }

  get events(): number {
    return this.bytes;
  }

  get reservedBytes(): number {
    return this.bytes + this.pendingBytes - this.droppingBytes;
  }

  get droppableBytes(): number {
    return this.bytes - this.droppingBytes;
  }

  /** Goes at once, or with what comes, in {@linkcode settle}. */
  drop(bytes: number): Promise<number> {
    this.asked.push(bytes);
    this.droppingBytes += bytes;
    return Promise.resolve(bytes);
  }

  settle(): void {
    this.bytes += this.pendingBytes - this.droppingBytes;
    this.pendingBytes = this.droppingBytes = 0;
  }
}

class MadeUpSpool {
  readonly feeds: MadeUpPart[];
  readonly sources: MadeUpPart[];
  bytesMax: number;
  readonly policies = new Map<string, SpoolPolicy>();
  readonly room: SpoolRoom;

  constructor(bytesMax: number, feeds: MadeUpPart[], sources: MadeUpPart[] = []) {
    this.bytesMax = bytesMax;
    this.feeds = feeds;
    this.sources = sources;
    this.room = new SpoolRoom({
      feeds: () => feeds,
      sources: () => sources,
      bytesMax: () => this.bytesMax,
      policyOf: (feed) => this.policies.get(feed) ?? "drop-oldest",
      ballast: { giveBack: () => Promise.resolve() },
      checkpoint: () => Promise.resolve(),
    });
  }

  /** Events on their way; false when they are refused. */
  append(feed: MadeUpPart, bytes: number): boolean {
    try {
      this.room.reserveForFeed(feed, bytes);
    } catch (error) {
      assertEquals((error as FramewireError).code, "NO_SPACE");
      return false;
    }
    feed.pendingBytes += bytes;
    return true;
  }

  settle(): void {
    for (const part of [...this.feeds, ...this.sources]) part.settle();
  }
}

Deno.test("SpoolRoom takes the oldest of another feed when the one that has most is only on its way", () => {
  const [busy, old, tiny] = [new MadeUpPart("busy", 10), new MadeUpPart("old", 400_000), new MadeUpPart("tiny", 0)];
  const spool = new MadeUpSpool(1_000_010, [busy, old, tiny]);
  const safe = upTo(14).filter(() => spool.append(busy, 50_000)).length;
  assertEquals([safe, busy.asked, old.asked], [12, [], []], "nothing goes for events which are refused all the same");
  assertEquals(spool.append(tiny, 50_000), true);
  // The one that there is of the largest, and then 64ths of the spool.
  assertEquals([busy.asked, old.asked, tiny.asked], [[10], [4 * 15_626], []]);
  assertLessOrEqual(spool.room.bytes, 1_000_010);
  spool.settle();
  assertEquals(spool.append(busy, 50_000), true);
  assertEquals([busy.asked.length, old.asked.length], [2, 1], "now the oldest of those go");
});

Deno.test("SpoolRoom never lets a spool become larger than it may, and a busy feed pushes out no quiet one", () => {
  const [busy, quiet, other] = [new MadeUpPart("busy", 0), new MadeUpPart("quiet", 30_000), new MadeUpPart("other", 0)];
  const spool = new MadeUpSpool(1_000_000, [quiet, busy, other]);
  for (let round = 0; round < 200; round++) {
    for (let count = 0; count < round % 40; count++) {
      spool.append(busy, 40_000);
      assertLessOrEqual(spool.room.bytes, 1_000_000);
    }
    assertEquals(spool.append(other, 10), true, `${round}`);
    spool.settle();
    assertLessOrEqual(spool.room.bytes, 1_000_000);
  }
  assertEquals([quiet.bytes, other.bytes], [30_000, 2_000]);
});

Deno.test("SpoolRoom takes of feeds which have the same that one which gets more", () => {
  const feeds = ["first", "second", "third"].map((name) => new MadeUpPart(name, 300_000));
  const spool = new MadeUpSpool(900_000, feeds);
  assertEquals(spool.append(feeds[1]!, 1_000), true);
  assertEquals(feeds.map(({ asked }) => asked.length), [0, 1, 0]);
});

Deno.test("SpoolRoom makes feeds equal from which much has to go", () => {
  const feeds = [500_000, 450_000, 20_000].map((bytes, index) => new MadeUpPart(`feed ${index}`, bytes));
  const spool = new MadeUpSpool(1_000_000, feeds);
  // Somebody else has taken the disk.
  spool.bytesMax = 500_000;
  assertEquals(spool.append(feeds[0]!, 1_000), true);
  spool.settle();
  assertLessOrEqual(spool.room.bytes, 500_000);
  assertLessOrEqual(Math.abs(feeds[0]!.bytes - feeds[1]!.bytes), 20_000);
  assertEquals(feeds[2]!.bytes, 20_000);
});

Deno.test("SpoolRoom takes events in place of others when more is too much than can go, and refuses them if that is not enough", () => {
  const [feed, held] = [new MadeUpPart("room", 10_000), new MadeUpPart("held", 90_000)];
  const spool = new MadeUpSpool(50_000, [feed, held]);
  spool.policies.set("held", "refuse-new");
  assertEquals(spool.append(feed, 1_000), true);
  assertEquals(held.asked, []);
  spool.settle();
  assertLessOrEqual(spool.room.bytes, 100_000);
  assertEquals(spool.append(feed, 10_001), false);
  spool.bytesMax = 5_000;
  assertEquals(spool.append(feed, 5_001), false);
  assertEquals(spool.append(held, 1), false);
  assertEquals([feed.asked.length, held.asked], [1, []]);
});

Deno.test("SpoolRoom drops pictures before events, and nothing for more than there is room for", () => {
  const [feed, source] = [new MadeUpPart("room", 50_000), new MadeUpPart("left", 40_000)];
  const spool = new MadeUpSpool(100_000, [feed], [source]);
  assertEquals(spool.append(feed, 20_000), true);
  assertEquals([source.asked, feed.asked], [[11_562], []]);
  assertThrows(() => spool.room.reserveForSource(source, 90_000), FramewireError);
  assertEquals(feed.asked, []);
});

Deno.test("SpoolRoom on a full disk makes room for all that are on their way, from several sources if need be", async () => {
  const [first, second] = [new MadeUpPart("first", 0, 100), new MadeUpPart("second", 700, 150)];
  const [left, right] = [new MadeUpPart("left", 200), new MadeUpPart("right", 160)];
  const spool = new MadeUpSpool(1_000_000, [first, second], [left, right]);
  assertEquals(await spool.room.makeRoom(first, 100), true);
  // 250 bytes, and a 64th of what is in the files: 1,060.
  assertEquals([left.asked, right.asked], [[200], [66]]);
  assertEquals([first.asked, second.asked], [[], []]);
});

Deno.test("SpoolRoom on a full disk drops no more sources than it takes", async () => {
  const feed = new MadeUpPart("room", 700, 100);
  const [left, right] = [new MadeUpPart("left", 200), new MadeUpPart("right", 160)];
  const spool = new MadeUpSpool(1_000_000, [feed], [left, right]);
  assertEquals(await spool.room.makeRoom(feed, 100), true);
  assertEquals([left.asked, right.asked, feed.asked], [[116], [], []]);
});

Deno.test("SpoolRoom holds a spool that has met the full disk to what was in its files, until the disk is looked at", async () => {
  const [first, second] = [new MadeUpPart("first", 300, 100), new MadeUpPart("second", 6_100, 150)];
  const spool = new MadeUpSpool(1_000_000, [first, second]);
  assertEquals(await spool.room.makeRoom(first, 100), true);
  // 250 bytes, and a 64th of 6,400.
  assertEquals([first.asked, second.asked], [[], [350]]);
  spool.settle();
  assertEquals(spool.room.bytes, 6_300);
  assertEquals(spool.append(first, 100), true);
  assertEquals(second.asked.length, 1, "there is room for so much");
  assertEquals(spool.append(first, 1), true);
  assertEquals(second.asked.length, 2);
  spool.settle();
  spool.room.looked();
  assertEquals(spool.append(first, 10_000), true);
  assertEquals(second.asked.length, 2);
});
