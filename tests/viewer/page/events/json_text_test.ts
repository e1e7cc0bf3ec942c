import { assertEquals } from "@std/assert";
import { eventJson } from "../../../../lib/viewer/event_json.ts";
import { jsonTexts } from "../../../../lib/viewer/page/events/event_text.ts";
import { folded, unfolded } from "../../../../lib/viewer/page/events/json_text.ts";
import { madeUpEvent } from "../../../helpers/made_up_events.ts";

const EXACT = '{"order":9007199254740993,"torque":[12.50,1e3],"empty":{},"none":[],"text":"a, {b}: \\"c\\""}';

Deno.test("folded and unfolded JSON has each number and text as it was given", () => {
  assertEquals(
    folded(EXACT),
    '{"order": 9007199254740993, "torque": [12.50, 1e3], "empty": {}, "none": [], "text": "a, {b}: \\"c\\""}',
  );
  assertEquals(
    unfolded(EXACT),
    `{
  "order": 9007199254740993,
  "torque": [
    12.50,
    1e3
  ],
  "empty": {},
  "none": [],
  "text": "a, {b}: \\"c\\""
}`,
  );
});

Deno.test("text that is no JSON does not throw", () => {
  for (const text of ["", "}}]", '{"a', "[[["]) {
    assertEquals(typeof unfolded(text) + typeof folded(text), "stringstring");
  }
});

Deno.test("jsonTexts finds the objects in an answer of the API, letter by letter", () => {
  const events = [
    madeUpEvent(1, { kind: "json", json: EXACT }),
    madeUpEvent(2, { text: 'a text with "json": {1} in it' }),
    madeUpEvent(3, { kind: "json", json: '{"json":{"json":[{"json":2}]}}' }),
  ];
  const answer = `{"events":[${events.map(eventJson).join(",")}],"next":null}`;
  assertEquals(jsonTexts(answer), [EXACT, null, '{"json":{"json":[{"json":2}]}}']);
  assertEquals(jsonTexts('{"events":[],"next":null}'), []);
});
