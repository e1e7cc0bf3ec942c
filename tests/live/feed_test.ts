import { assertEquals } from "@std/assert";
import { Feed } from "../../lib/live/feed.ts";

const never = new AbortController().signal;

function feedOf(keep: number, count: number): Feed<number> {
  const feed = new Feed<number>(keep);
  for (let item = 1; item <= count; item++) feed.put(item);
  return feed;
}

Deno.test("a reader starts with the newest item, and gets each that is put", () => {
  const feed = feedOf(1, 5);
  const reader = feed.reader();
  assertEquals(reader.take(), { item: 5, missed: 0 });
  assertEquals(reader.take(), null);
  feed.put(6);
  assertEquals(reader.take(), { item: 6, missed: 0 });
  assertEquals(feedOf(1, 0).reader().take(), null);
  assertEquals(feed.newest, 6);
});

Deno.test("a slow reader gets the newest which are kept, and is told how many it missed", () => {
  for (const keep of [1, 3]) {
    const feed = feedOf(keep, 0);
    const [slow, quick] = [feed.reader(), feed.reader()];
    for (let item = 1; item <= 10; item++) {
      feed.put(item);
      assertEquals(quick.take(), { item, missed: 0 });
    }
    const taken = [];
    for (let next = slow.take(); next !== null; next = slow.take()) taken.push([next.item, next.missed]);
    assertEquals(taken, keep === 1 ? [[10, 9]] : [[8, 7], [9, 0], [10, 0]]);
    assertEquals(feed.missed, 10 - keep);
  }
});

Deno.test("takeNewest passes over what is kept, and counts it", () => {
  const feed = feedOf(4, 0);
  const reader = feed.reader();
  for (let item = 1; item <= 3; item++) feed.put(item);
  assertEquals(reader.takeNewest(), { item: 3, missed: 2 });
  assertEquals([reader.takeNewest(), reader.take()], [null, null]);
});

Deno.test("what was forgiven is not missed", () => {
  const feed = feedOf(1, 0);
  const reader = feed.reader();
  feed.put(1);
  feed.put(2);
  reader.forgive();
  feed.put(3);
  assertEquals(reader.take(), { item: 3, missed: 1 });
  reader.forgive();
  assertEquals(reader.take(), null);
  assertEquals(feed.missed, 1);
});

Deno.test("next waits for an item, and ends with its signal or its reader", async () => {
  const feed = feedOf(1, 0);
  const reader = feed.reader();
  const next = reader.next(never);
  feed.put(1);
  feed.put(2);
  assertEquals(await next, { item: 2, missed: 1 });
  const leaving = new AbortController();
  const aborted = reader.next(leaving.signal);
  leaving.abort();
  assertEquals(await aborted, null);
  const closed = reader.next(never);
  reader.close();
  reader.close();
  assertEquals(await closed, null);
  feed.put(3);
  assertEquals([reader.hasNews, await reader.next(never), feed.readers], [false, null, 0]);
});

Deno.test("readers are told of news inside of put, and nothing is kept for those who do not come", () => {
  const feed = feedOf(2, 0);
  let told = 0;
  const readers = Array.from({ length: 50 }, () => feed.reader(() => told++));
  for (let item = 1; item <= 1_000; item++) feed.put(item);
  assertEquals(told, 50_000);
  for (const reader of readers) assertEquals(reader.take(), { item: 999, missed: 998 });
});
