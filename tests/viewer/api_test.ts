import { assertEquals, assertStringIncludes } from "@std/assert";
import { clipAnswer, clipsAnswer, devicesAnswer } from "../../lib/viewer/api.ts";
import { orBadParameter } from "../../lib/viewer/parameters.ts";
import { madeUpClip, MadeUpLibrary } from "../helpers/made_up_library.ts";
import { madeUpDevice } from "../helpers/viewer_fixture.ts";

function library(count: number): MadeUpLibrary {
  const made = new MadeUpLibrary();
  for (let i = 0; i < count; i++) {
    made.add(madeUpClip(`c${i}`, { createdMs: 1_000 + i, device: i % 2 === 0 ? "even" : "odd" }));
  }
  return made;
}

const list = async (made: MadeUpLibrary, query: string) => {
  const response = await orBadParameter(() => clipsAnswer(made, new URLSearchParams(query)));
  return { status: response.status, body: await response.json() };
};

Deno.test("clipsAnswer pages through all clips, newest first", async () => {
  const made = library(7);
  const seen: string[] = [];
  for (let next: string | null = ""; next !== null;) {
    const { body } = await list(made, `limit=3${next === "" ? "" : `&before=${next}`}`);
    seen.push(...body.clips.map(({ id }: { id: string }) => id));
    next = body.next;
  }
  assertEquals(seen, ["c6", "c5", "c4", "c3", "c2", "c1", "c0"]);
  const { body } = await list(made, "limit=3&device=odd");
  assertEquals([body.clips.map(({ id }: { id: string }) => id), body.next], [["c5", "c3", "c1"], null]);
});

Deno.test("clipsAnswer names a bad parameter, what it may be and what it was", async () => {
  for (const limit of ["0", "1001", "-1", "1.5", "abc", "", "1e3", "<b>"]) {
    const { status, body } = await list(library(1), new URLSearchParams({ limit }).toString());
    assertEquals([status, body.error.parameter], [400, "limit"], limit);
    assertStringIncludes(body.error.message, "a whole number from 1 to 1000");
    assertStringIncludes(body.error.message, `received ${limit}`);
  }
  const { status, body } = await list(library(1), "before=nobody");
  assertEquals([status, body.error.parameter], [400, "before"]);
});

Deno.test("clipAnswer gives times in RFC 3339 and bytes as integers", async () => {
  const made = new MadeUpLibrary();
  made.add(madeUpClip("a", { size: 10, held: [{ start: 0, end: 2 }, { start: 8, end: 10 }], createdMs: 5, rate: 1.6 }));
  const body = await (await clipAnswer(made, "a")).json();
  assertEquals(body.createdAt, "1970-01-01T00:00:00.005Z");
  assertEquals([body.sizeBytes, body.heldBytes, body.rateBytesPerSecond, body.storedAt], [10, 4, 2, null]);
  assertEquals(body.held, [{ start: 0, end: 2 }, { start: 8, end: 10 }]);
  assertEquals(body.content, "/clips/a/content");
});

Deno.test("devicesAnswer says who is online", async () => {
  const devices = [madeUpDevice("a", { sinceMs: 0 }), madeUpDevice("b", { connections: 0 })];
  const body = await devicesAnswer({ software: "s", startedMs: 0, devices, freeBytes: null }).json();
  assertEquals(body.devices.map(({ online }: { online: boolean }) => online), [true, false]);
  assertEquals(body.devices[0].since, "1970-01-01T00:00:00.000Z");
});
