import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import { AlertStore } from "../../lib/store/alert_store.ts";
import { MadeUpAlertCatalog, madeUpAlertRow as row } from "../helpers/made_up_alert_catalog.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

const URL = "http://a/";

/** A store on a catalog, and what it wants to be posted. */
function setUp(catalog = new MadeUpAlertCatalog()) {
  const clock = new MadeUpClock();
  const posts: string[] = [];
  const warnings: string[] = [];
  const log = (_level: string, text: string, fields = {}) => void warnings.push(`${text} ${JSON.stringify(fields)}`);
  const post = ({ id }: { id: number }, what: string) => void posts.push(`${id} ${what}`);
  return { catalog, clock, posts, warnings, store: new AlertStore({ catalog, clock, log, post }) };
}

Deno.test("an alert is shown and posted once it is durable, and not before", async () => {
  const { catalog, clock, posts, store } = setUp();
  await store.start();
  const commit = Promise.withResolvers<void>();
  catalog.commit = () => commit.promise;
  store.change(row(1), URL);
  await clock.advance(10);
  assertEquals([store.alerts(), posts], [[], []]);
  commit.resolve();
  await clock.advance(10);
  assertEquals(store.alerts(), [row(1, { webhook: URL, raisedPost: "waiting" })]);
  assertEquals(posts, ["1 raised"]);
  store.posted(1, "raised", "delivered");
  store.change(row(1, { endedMs: 9_000 }), undefined);
  await store.stop();
  assertEquals(posts, ["1 raised", "1 ended"], "each once");
  const ended = row(1, { endedMs: 9_000, webhook: URL, raisedPost: "delivered", endedPost: "waiting" });
  assertEquals([store.alerts(), [...catalog.rows.values()]], [[ended], [ended]]);
});

Deno.test("after a restart what holds is told, and what no webhook has heard of is posted", async () => {
  const first = setUp();
  await first.store.start();
  first.store.change(row(1), URL);
  first.store.change(row(2), null);
  first.store.change(row(3, { endedMs: 5 }), URL);
  first.store.change(row(4), URL);
  await first.clock.advance(1);
  first.store.posted(4, "raised", "delivered");
  first.store.posted(3, "raised", "failed");
  await first.store.stop();
  const { posts, store } = setUp(first.catalog);
  const { holding, lastId } = await store.start();
  assertEquals([holding.map(({ id }) => id), lastId], [[1, 2, 4], 4]);
  assertEquals(posts, ["1 raised", "3 ended"]);
  assertEquals(store.alerts().map(({ id }) => id), [4, 3, 2, 1]);
});

Deno.test("what changes while a commit runs shares the next one", async () => {
  const { catalog, clock, store } = setUp();
  await store.start();
  store.change(row(1), null);
  await clock.advance(1);
  const commit = Promise.withResolvers<void>();
  catalog.commit = () => commit.promise;
  store.change(row(1, { endedMs: 1 }), null);
  await clock.advance(1);
  for (let id = 2; id < 102; id++) store.change(row(id), null);
  for (let id = 2; id < 102; id++) store.change(row(id, { endedMs: 1 }), null);
  commit.resolve();
  await store.stop();
  assertEquals([catalog.commits, catalog.rows.size], [[1, 1, 100], 101]);
});

Deno.test("a full disk does not keep anybody from being told, and all is stored as it is by then once there is room", async () => {
  const { catalog, clock, posts, store } = setUp();
  await store.start();
  const commit = Promise.withResolvers<void>();
  catalog.commit = () => commit.promise;
  store.change(row(1), URL);
  store.change(row(2), null);
  store.change(row(3), null);
  await clock.advance(1);
  store.change(row(3, { endedMs: 5 }), null);
  commit.reject(new FramewireError("NO_SPACE", "full"));
  await clock.advance(4_000);
  assertEquals([posts, store.alerts().length, catalog.rows.size], [["1 raised"], 3, 0]);
  store.posted(1, "raised", "delivered");
  catalog.commit = () => Promise.resolve();
  await clock.advance(2_000);
  assertEquals([...catalog.rows.values()].sort((a, b) => a.id - b.id), [
    row(1, { webhook: URL, raisedPost: "delivered" }),
    row(2),
    row(3, { endedMs: 5 }),
  ]);
  assertEquals([posts.length, clock.pendingTimers], [1, 0]);
  await store.stop();
});

Deno.test("alerts that come faster than they are stored are left out, but none that holds, and counted", async () => {
  const { catalog, warnings, store } = setUp();
  await store.start();
  const commit = Promise.withResolvers<void>();
  catalog.commit = () => commit.promise;
  store.change(row(1), null);
  for (let id = 2; id <= 5_001; id++) {
    store.change(row(id), null);
    store.change(row(id, { endedMs: 1 }), null);
  }
  commit.resolve();
  await store.stop();
  assert(catalog.rows.size <= LIMITS.alertsWaitingMax + 250, `${catalog.rows.size}`);
  assertEquals([catalog.rows.has(1), catalog.rows.has(5_001)], [true, true]);
  const lost = 5_001 - catalog.rows.size;
  assertEquals(warnings, [`Alerts came too fast, and were not kept {"alerts":${lost}}`]);
});

Deno.test("in memory are those which hold and the last which are over", async () => {
  const { clock, store, catalog } = setUp();
  await store.start();
  store.change(row(1), null);
  for (let id = 2; id <= 600; id++) {
    store.change(row(id, { endedMs: 1 }), id === 2 ? URL : null);
    if (id % 100 === 0) await clock.advance(1);
  }
  const shown = store.alerts().map(({ id }) => id);
  assertEquals([shown.length, shown[0], shown.at(-1)], [201, 600, 1]);
  store.posted(2, "raised", "delivered");
  store.posted(2, "ended", "failed");
  await clock.advance(1);
  assertEquals([catalog.rows.get(2)?.raisedPost, catalog.rows.get(2)?.endedPost], ["delivered", "failed"]);
  assertEquals(store.alerts().length, 201);
  store.change(row(1, { endedMs: 9 }), null);
  await clock.advance(1);
  assertEquals([store.alerts().length, store.alerts().at(-1)?.id], [200, 1], "it ended last");
  await store.stop();
});
