import { assertEquals, assertThrows } from "@std/assert";
import { LineParser } from "../../lib/client/line_parser.ts";
import { FramewireError } from "../../lib/errors.ts";
import { chunkings } from "../helpers/chunking.ts";

Deno.test("LineParser gives whole lines, however the bytes come", () => {
  const bytes = new TextEncoder().encode('{"a":"ä"}\r\n\n{"b":"€😀"}\n{"cut":');
  for (const { how, pieces } of chunkings(bytes, 1)) {
    const parser = new LineParser(100);
    assertEquals(pieces.flatMap((piece) => parser.push(piece)), ['{"a":"ä"}', '{"b":"€😀"}'], how);
  }
});

Deno.test("LineParser refuses a line without an end", () => {
  const parser = new LineParser(10);
  const push = () => {
    for (let times = 0; times < 11; times++) parser.push(new TextEncoder().encode("x"));
  };
  assertThrows(push, FramewireError, "<= 10 characters: received 11");
});
