import { assert, assertEquals, assertRejects } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { madeUpEvent, MadeUpEventLibrary } from "../helpers/made_up_event_library.ts";
import { withViewer } from "../helpers/viewer_fixture.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { EventExport } from "../../lib/viewer/event_export.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

Deno.test("CSV has a head, a line an event, oldest first, and no formula of a stranger", () =>
  withViewer(async ({ url, events }) => {
    events.stored.push(
      madeUpEvent(2, { device: "=1+1", kind: "text", deviceId: null, eventId: null, text: 'a "b"', tempCel: null }),
      madeUpEvent(1),
    );
    const response = await fetch(`${url}/api/events.csv`);
    assertEquals(response.headers.get("content-type"), "text/csv; charset=utf-8; header=present");
    assert(response.headers.get("content-disposition")?.startsWith('attachment; filename="events.csv"'));
    const [head, first, second, end] = (await response.text()).split("\r\n");
    assert(head?.startsWith("time,device,feed,kind,device_id,event_id,temp_cel,humidity,text,json,late,"));
    assert(first?.startsWith("2023-11-14T22:13:21.000Z,press-4,feed1,temp,1,1,61.25,40.5,,,false,"), first);
    assert(second?.startsWith(`2023-11-14T22:13:22.000Z,'=1+1,feed1,text,,,,40.5,"a ""b""",,`), second);
    assertEquals(end, "");
    assertEquals(new Set([head, first].map((line) => line?.split(",").length)).size, 1);
  }));

Deno.test("NDJSON has one object a line, whatever is in it, and the file's name says of what", () =>
  withViewer(async ({ url, events }) => {
    const json = '{\n "n": 9007199254740993\r\n}';
    events.stored.push(madeUpEvent(1, { kind: "json", json }), madeUpEvent(2, { kind: "text", text: "a\nb" }));
    const response = await fetch(`${url}/api/events.ndjson?device=press-4&feed=feed1&order=descending`);
    assert(response.headers.get("content-disposition")?.includes("events-press-4-feed1.ndjson"));
    const lines = (await response.text()).split("\n");
    assertEquals(lines.length, 3);
    assertEquals([JSON.parse(lines[0]!).text, lines[1]?.includes("9007199254740993")], ["a\nb", true]);
  }));

Deno.test("HEAD reads nothing", () =>
  withViewer(async ({ url, events }) => {
    const response = await fetch(`${url}/api/events.csv`, { method: "HEAD" });
    assertEquals([response.status, events.asked], [200, []]);
  }));

Deno.test("an export reads on as it is taken, page by page", async () => {
  const library = new MadeUpEventLibrary();
  library.stored.push(...Array.from({ length: 5_000 }, (_, id) => madeUpEvent(id + 1)));
  const exports = new EventExport({ library, clock: new MadeUpClock() });
  const response = exports.answer(new Request("http://a/"), new URLSearchParams(), "ndjson");
  const reader = response.body!.getReader();
  await reader.read();
  assert(library.asked.length <= 2, `${library.asked.length} pages for one piece`);
  let lines = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    lines += new TextDecoder().decode(piece.value).split("\n").length - 1;
  }
  assertEquals(lines + 500, 5_000);
});

Deno.test("so many run at once; one who takes nothing is cut and makes room", async () => {
  const library = new MadeUpEventLibrary();
  library.stored.push(...Array.from({ length: 2_000 }, (_, id) => madeUpEvent(id + 1)));
  const clock = new MadeUpClock();
  const exports = new EventExport({ library, clock });
  const ask = () => exports.answer(new Request("http://a/"), new URLSearchParams(), "csv");
  const running = Array.from({ length: LIMITS.exportsMax }, ask);
  assertEquals(running.map(({ status }) => status), Array(LIMITS.exportsMax).fill(200));
  assertEquals([ask().status, ask().headers.get("retry-after")], [503, "10"]);
  assertEquals(exports.answer(new Request("http://a/"), new URLSearchParams(), "ndjson").status, 200);
  await clock.advance(LIMITS.liveStallMs);
  const broken = await running[0]!.text().then(() => "whole", () => "broken");
  assertEquals(broken, "broken", "it is no whole file");
  assertEquals(ask().status, 200);
  exports.stop();
});

Deno.test("an export whose library fails is a broken download, and the next one none", () =>
  withViewer(async (fixture) => {
    fixture.events.error = new Error("no");
    const response = await fetch(`${fixture.url}/api/events.csv`);
    const broken = await response.text().then(() => "whole", () => "broken");
    assertEquals(broken, "broken");
    fixture.events.error = undefined;
    const after = await waitFor(() => fetch(`${fixture.url}/api/events.csv`), { what: "the next" });
    assertEquals([after.status, (await after.text()).length > 0], [200, true]);
  }));

Deno.test("an export is no whole file when the server stops", async () => {
  const library = new MadeUpEventLibrary();
  library.stored.push(...Array.from({ length: 2_000 }, (_, id) => madeUpEvent(id + 1)));
  const exports = new EventExport({ library, clock: new MadeUpClock() });
  const reader = exports.answer(new Request("http://a/"), new URLSearchParams(), "csv").body!.getReader();
  await reader.read();
  exports.stop();
  await assertRejects(async () => {
    while (!(await reader.read()).done);
  });
});
