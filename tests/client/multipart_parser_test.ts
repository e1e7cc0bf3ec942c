import { assert, assertEquals, assertThrows } from "@std/assert";
import { MultipartParser } from "../../lib/client/multipart_parser.ts";
import { FramewireError } from "../../lib/errors.ts";
import { chunkings } from "../helpers/chunking.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const TYPE = "multipart/x-mixed-replace; boundary=framewire";
const encoder = new TextEncoder();

function joined(...parts: (Uint8Array | string)[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...(typeof part === "string" ? encoder.encode(part) : part)]));
}

function stream(bodies: readonly Uint8Array[], lineEnd = "\r\n"): Uint8Array {
  const parts = bodies.map((body, at) =>
    joined(
      [`Content-Type: image/jpeg`, `Content-Length: ${body.length}`, `X-Framewire-Sequence: ${at}`, "", ""].join(
        lineEnd,
      ),
      body,
      `${lineEnd}--framewire${lineEnd}`,
    )
  );
  return joined(`--framewire${lineEnd}`, ...parts);
}

Deno.test("MultipartParser gives each part whole with its headers, however the bytes come", () => {
  const random = new SeededRandom(1);
  // Among them one which looks like a boundary, and an empty one.
  const bodies = [
    random.bytes(40),
    joined("\r\n--framewire\r\nContent-Length: 3\r\n\r\n"),
    new Uint8Array(0),
    random.bytes(9),
  ];
  for (const lineEnd of ["\r\n", "\n"]) {
    for (const { how, pieces } of chunkings(stream(bodies, lineEnd), 3)) {
      const parser = new MultipartParser(TYPE, 1000);
      const parts = pieces.flatMap((piece) => {
        const own = piece.slice();
        const found = parser.push(own);
        own.fill(0);
        return found;
      });
      assertEquals(parts.map(({ body }) => body), bodies, how);
      assertEquals(parts.map(({ headers }) => headers.get("x-framewire-sequence")), ["0", "1", "2", "3"], how);
      assert(parser.isBetweenParts && !parser.hasEnded, how);
    }
  }
});

Deno.test("MultipartParser knows whether a stream was cut inside of a part", () => {
  const bytes = stream([encoder.encode("12345")]);
  const first = bytes.indexOf(0x0a) + 1;
  const last = bytes.length - "\r\n--framewire\r\n".length;
  for (let cut = 0; cut <= bytes.length; cut++) {
    const parser = new MultipartParser(TYPE, 1000);
    parser.push(bytes.subarray(0, cut));
    const isInside = cut > first && cut < last;
    // Up to the end of its first line a part has not begun.
    if (cut <= first || cut >= last) assert(parser.isBetweenParts, String(cut));
    if (isInside && cut > first + 30) assert(!parser.isBetweenParts, String(cut));
  }
});

Deno.test("MultipartParser sees the end that a sender names, and takes nothing behind it", () => {
  const parser = new MultipartParser(`multipart/x-mixed-replace;boundary="--framewire"`, 1000);
  parser.push(joined(stream([encoder.encode("1")]).slice(0, -2), "--\r\nanything"));
  assert(parser.hasEnded);
});

Deno.test("MultipartParser refuses what is no such stream, or too large", () => {
  assertThrows(() => new MultipartParser("text/html", 1), FramewireError, '"text/html"');
  const cases: [string, string][] = [
    ["--framewire\r\nContent-Length: 11\r\n\r\n", "Content-Length <= 10: received 11"],
    ["--framewire\r\nContent-Length: -1\r\n\r\n", "received -1"],
    ["--framewire\r\nContent-Type: a\r\n\r\n", "received none"],
    ["--framewire\r\nno header\r\n", '"no header"'],
    ["<html>\r\n", "<html>"],
    ["--framewire\r\nA: " + "x".repeat(20_000), "<= 16384 bytes"],
  ];
  for (const [text, part] of cases) {
    const error = assertThrows(() => new MultipartParser(TYPE, 10).push(encoder.encode(text)), FramewireError);
    assert(error.code === "MALFORMED" && error.message.includes(part), error.message);
  }
});
