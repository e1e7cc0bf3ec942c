import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parsePicture } from "../../../../lib/viewer/page/live/picture_message.ts";
import { pictureMessage } from "../../../helpers/made_up_live_server.ts";

const HEADER = {
  ...{ source: 7, run: "ß", sequence: 12, capturedMs: 1.25, timeMs: 2, receivedMs: 3, sentMs: 4, missed: 0 },
};
const JPEG = new Uint8Array([0xff, 0xd8, 1, 2, 0xff, 0xd9]);

Deno.test("a picture is taken apart into its header and its JPEG", () => {
  const picture = parsePicture(pictureMessage(HEADER, JPEG).buffer);
  assertEquals(picture?.header, HEADER);
  assertEquals([...picture!.jpeg], [...JPEG]);
});

Deno.test("a message that is cut short anywhere is no picture, or has the start of the JPEG", () => {
  const whole = pictureMessage(HEADER, JPEG);
  const headerEnd = whole.length - JPEG.length;
  for (let length = 0; length < whole.length; length++) {
    const picture = parsePicture(whole.slice(0, length).buffer);
    if (length <= headerEnd) assertEquals(picture, null, `${length} bytes`);
    else assertEquals([...picture!.jpeg], [...JPEG.subarray(0, length - headerEnd)]);
  }
});

Deno.test("a header without one of its numbers, or with something else there, is no picture", () => {
  for (const name of Object.keys(HEADER)) {
    for (const value of [undefined, null, {}, true]) {
      const header = { ...HEADER, [name]: value } as unknown as typeof HEADER;
      assertEquals(parsePicture(pictureMessage(header, JPEG).buffer), null, `${name}: ${value}`);
    }
  }
});

Deno.test("any bytes are a picture or null, and never an exception", () => {
  const lied = fc.tuple(fc.nat(40), fc.uint8Array({ maxLength: 60 })).map(([length, bytes]) => {
    const message = new Uint8Array(4 + bytes.length);
    new DataView(message.buffer).setUint32(0, length);
    message.set(bytes, 4);
    return message;
  });
  const json = fc.json().map((text) => pictureMessage(JSON.parse(text), JPEG));
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), lied, json), (bytes) => {
    const picture = parsePicture(bytes.slice().buffer);
    assert(picture === null || picture.jpeg.length > 0);
  }));
});
