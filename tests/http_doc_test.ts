/** `docs/HTTP.md` says what the server does: all routes and no others, and the fields that its answers have. */
import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../lib/config/limits.ts";
import { LiveHub } from "../lib/live/live_hub.ts";
import { clipJson, deviceJson } from "../lib/viewer/api_json.ts";
import { seriesAnswer } from "../lib/viewer/event_api.ts";
import { alertJson, eventJson, feedJson } from "../lib/viewer/event_json.ts";
import { frameJson, sourceJson, timelineJson } from "../lib/viewer/frame_json.ts";
import { ROUTE_PATHS, routeOf } from "../lib/viewer/routes.ts";
import { MadeUpClock } from "./helpers/made_up_clock.ts";
import { madeUpAlert, madeUpEvent, MadeUpEventLibrary, madeUpFeed } from "./helpers/made_up_event_library.ts";
import { MadeUpFrameLibrary, madeUpFrameView } from "./helpers/made_up_frame_library.ts";
import { madeUpClip } from "./helpers/made_up_library.ts";
import { startServer } from "./helpers/programs.ts";
import { madeUpDevice } from "./helpers/viewer_fixture.ts";

const DOC = await Deno.readTextFile(new URL("../docs/HTTP.md", import.meta.url));
const OPERATIONS = await Deno.readTextFile(new URL("../docs/OPERATIONS.md", import.meta.url));

/** The JSON examples of the page, parsed. */
function examples(): Record<string, unknown>[] {
  return [...DOC.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => JSON.parse(text!));
}

/** Keys of an object, and of the first of its points. */
function shape(series: Record<string, unknown> | undefined): string[] {
  const [point] = series?.["points"] as Record<string, unknown>[];
  return [...Object.keys(series!), ...Object.keys(point!)];
}

Deno.test("docs/HTTP.md names every route, and none that is not there", () => {
  const named = [...DOC.matchAll(/^\| `(\/[^`]*)` /gm)].map(([, path]) => path!);
  assertEquals(named.toSorted(), [...ROUTE_PATHS].toSorted());
  for (const path of named) assert(routeOf(path.replace("{id}", "a1"), new Set()) !== null, path);
  for (const [, path] of DOC.matchAll(/http:\/\/127\.0\.0\.1:8080(\/[^'"?]*)/g)) {
    assert(routeOf(path!, new Set()) !== null, path);
  }
});

Deno.test("docs/HTTP.md shows the fields which answers have", async () => {
  const [clip, devices, _result, sources, frame, timeline, feed, event, series, alert] = examples();
  assertEquals(Object.keys(clip!), Object.keys(clipJson(madeUpClip("a"))));
  const [device] = devices?.["devices"] as Record<string, unknown>[];
  assertEquals(Object.keys(device!), Object.keys(deviceJson(madeUpDevice("a"))));
  const library = new MadeUpFrameLibrary(new LiveHub({ clock: new MadeUpClock() }));
  library.addSource("a", "b");
  const events = new MadeUpEventLibrary();
  events.shownFeeds = [madeUpFeed(1)];
  const [source] = sources?.["sources"] as Record<string, unknown>[];
  assertEquals(Object.keys(source!), Object.keys(sourceJson((await library.sources())[0]!)));
  assertEquals(Object.keys(frame!), Object.keys(frameJson(madeUpFrameView(1))));
  assertEquals(Object.keys(feed!), Object.keys(feedJson(madeUpFeed(1))));
  assertEquals(Object.keys(event!), Object.keys(JSON.parse(eventJson(madeUpEvent(1)))));
  const answer = await seriesAnswer(events, new URLSearchParams("device=press-4&feed=feed1&measure=temp_cel"), 0);
  assertEquals(shape(series), shape(await answer.json()));
  assertEquals(Object.keys(alert!), Object.keys(alertJson(madeUpAlert(1))));
  assertEquals(Object.keys(timeline!), ["since", "until", ...Object.keys(timelineJson(library.shown))]);
});

Deno.test("docs/HTTP.md says the limits as they are", () => {
  assert(DOC.includes(`is 1 to ${LIMITS.apiRowsMax}, `));
  assert(DOC.includes(`${LIMITS.contentRequestsMax}\nrequests for content`));
  assertEquals(LIMITS.contentWaitMs, 2 * 60_000, "two minutes");
  assert(DOC.includes(`takes nothing for ${LIMITS.liveStallMs / 1000} seconds`));
  assert(DOC.includes(`${LIMITS.liveRequestsMax} live streams run already`));
  assert(DOC.includes(`at most ${LIMITS.viewerSourcesMax}:`));
  assert(DOC.includes(`more than ${LIMITS.viewerMessageBytesMax / 1024} KiB with 1009`));
  assertEquals(LIMITS.sourceStaleMs, 3_000, "three seconds");
});

Deno.test("docs/OPERATIONS.md names metrics which the server has", async () => {
  const named = [...OPERATIONS.matchAll(/^\| `(framewire_[^`]*)`/gm)].map(([, metric]) => metric!);
  assert(named.length > 0);
  await using server = await startServer();
  const text = await (await fetch(`${server.http}/metrics`)).text();
  for (const metric of named) assert(text.includes(`\n${metric} `), metric);
});
