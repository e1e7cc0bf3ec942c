import { assertEquals } from "@std/assert";
import { alertJson } from "../../../../lib/viewer/event_json.ts";
import type { AlertView } from "../../../../lib/viewer/event_library.ts";
import { AlertHistory } from "../../../../lib/viewer/page/events/alert_history.ts";
import { applyEvents } from "../../../../lib/viewer/page/events/event_state.ts";
import { madeUpAlert } from "../../../helpers/made_up_events.ts";
import { waitFor } from "../../../helpers/wait_for.ts";

const over = (id: number, patch: Partial<AlertView> = {}) =>
  madeUpAlert(id, { sinceMs: id, endedMs: id + 1, ...patch });
/** So many ids, the highest first. */
const down = (from: number, count: number) => Array.from({ length: count }, (_, index) => from - index);

/** A page which connects, or connects again, hears of the last alerts only. */
function snapshot(newest: number): void {
  const rest = { nowMs: 1, freeBytes: null, clips: [], more: false, devices: [], sources: [], feeds: [] };
  const alerts = down(newest, Math.min(200, newest)).map((id) => over(id));
  applyEvents({ type: "snapshot", ...rest, serverId: "s", pageHash: "h", software: "x", alerts });
}

function update(...alerts: AlertView[]): void {
  applyEvents({ type: "update", nowMs: 2, freeBytes: null, clips: [], removed: [], alerts });
}

/** A history whose server has alerts 1 to `count`, all of them over; at the end the page is as it was. */
function madeUpHistory(count: number) {
  const real = globalThis.fetch;
  const history = new AlertHistory();
  const server = { count, fails: false, answered: Promise.resolve() };
  globalThis.fetch = async (input) => {
    const { searchParams } = new URL(String(input), "http://server/");
    const top = Math.min(server.count, Number(searchParams.get("cursor") ?? Infinity) - 1);
    await server.answered;
    if (server.fails) return new Response("", { status: 503 });
    const alerts = down(top, Math.min(top, Number(searchParams.get("limit")))).map((id) => over(id));
    const last = alerts.at(-1)?.id ?? 1;
    return Response.json({ alerts: alerts.map(alertJson), next: last > 1 ? last : null });
  };
  snapshot(count);
  const stop = history.start();
  return {
    history,
    server,
    ids: () => history.alerts.value.map(({ id }) => id),
    settled: () => waitFor(() => history.state.value !== "loading", { what: "the page of alerts" }),
    [Symbol.dispose]() {
      stop();
      snapshot(0);
      globalThis.fetch = real;
    },
  };
}

Deno.test("the history has what was loaded and what ended meanwhile, each once and as it is now, newest first", async () => {
  using made = madeUpHistory(3);
  await made.settled();
  const told = over(3, { webhook: { raised: "delivered", ended: "delivered" } });
  update(over(7), madeUpAlert(6), told);
  assertEquals(made.ids(), [7, 3, 2, 1]);
  assertEquals(made.history.alerts.value[1], told);
});

Deno.test("however many alerts end while the page is open, all of them are in the history", async () => {
  using made = madeUpHistory(300);
  await made.settled();
  for (let id = 301; id <= 700; id++) update(over(id));
  assertEquals(made.ids().slice(0, 500), down(700, 500));
});

Deno.test("an alert which ends while the first page is on its way is in the history", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  using made = madeUpHistory(0);
  await made.settled();
  Object.assign(made.server, { count: 300, answered: promise });
  snapshot(300);
  for (let id = 301; id <= 550; id++) update(over(id));
  resolve();
  await made.settled();
  assertEquals(made.ids().slice(0, 350), down(550, 350));
});

Deno.test("after a cut the first page is loaded anew, and the older ones follow it without a hole", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  using made = madeUpHistory(350);
  await made.settled();
  await made.history.load();
  made.server.answered = promise;
  const given = made.history.load();
  Object.assign(made.server, { count: 1_000, answered: Promise.resolve() });
  snapshot(1_000);
  await made.settled();
  // What was asked for before the cut comes too late.
  resolve();
  await given;
  assertEquals([made.history.hasMore.value, made.ids()[0]], [true, 1_000]);
  while (made.history.hasMore.value) await made.history.load();
  assertEquals(made.ids(), down(1_000, 1_000));
});

Deno.test("a first page which does not come after a cut is asked for by the button, and what was there stays meanwhile", async () => {
  using made = madeUpHistory(50);
  await made.settled();
  assertEquals(made.history.hasMore.value, false);
  Object.assign(made.server, { count: 400, fails: true });
  snapshot(400);
  await made.settled();
  const { state, hasMore } = made.history;
  assertEquals([state.value, hasMore.value, made.ids().length], ["failed", true, 250]);
  made.server.fails = false;
  while (made.history.hasMore.value) await made.history.load();
  assertEquals([state.value, made.ids()], ["idle", down(400, 400)]);
});

Deno.test("a page which is open for weeks keeps so many alerts and no more, and loads the others again", async () => {
  using made = madeUpHistory(300);
  await made.settled();
  for (let id = 301; id <= 2_000; id++) {
    made.server.count = id;
    update(over(id));
    if (id % 100 === 0) await made.settled();
  }
  assertEquals(made.ids(), down(2_000, made.ids().length));
  assertEquals(made.ids().length < 1_000, true, `${made.ids().length} alerts`);
  while (made.history.hasMore.value) await made.history.load();
  assertEquals(made.ids(), down(2_000, 2_000));
});
