import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { nameKey, numberedName, safeFileName } from "../../lib/store/safe_name.ts";

/** What a label becomes. */
const EXAMPLES: readonly (readonly [string, string])[] = [
  ["clip.mp4", "clip.mp4"],
  ["cam1/2024/clip.mp4", "cam1_2024_clip.mp4"],
  ["/abs/clip.mp4", "abs_clip.mp4"],
  ["C:\\Users\\me\\clip.mp4", "C_Users_me_clip.mp4"],
  ["\\\\server\\share\\a", "server_share_a"],
  ["../../etc/passwd", "etc_passwd"],
  ["a/../../b/./c", "a_b_c"],
  ["....//x", "_x"],
  ["", "unnamed"],
  [".", "unnamed"],
  ["..", "unnamed"],
  ["/", "unnamed"],
  ["../..", "unnamed"],
  ["   ", "unnamed"],
  ["\u200b\u202e", "unnamed"],
  ["...", "unnamed"],
  [".hidden", "hidden"],
  ["-rf", "rf"],
  ["--help.mp4", "help.mp4"],
  [" -. x", "x"],
  ["clip.mp4. . .", "clip.mp4"],
  ["a\0b", "a_b"],
  ["a\r\nb\x1b[31m", "a_b_[31m"],
  ["a\x7fb\x85c", "a_b_c"],
  ['<a>:"|?*b', "_a_b"],
  ["clip\u202e4pm.exe", "clip4pm.exe"],
  ["\u2066clip\u2069.mp4", "clip.mp4"],
  ["\ufeffclip.mp4", "clip.mp4"],
  ["CON", "_CON"],
  ["con.mp4", "_con.mp4"],
  ["Con .tar.gz", "_Con .tar.gz"],
  ["C\u200bON", "_CON"],
  ["CONIN$", "_CONIN$"],
  ["COM¹.txt", "_COM¹.txt"],
  ["lpt9", "_lpt9"],
  ["console.mp4", "console.mp4"],
  ["com10", "com10"],
  ["/NUL", "_NUL"],
  ["-AUX", "_AUX"],
  ["a\u2028b\u2029c", "a_b_c"],
  ["a\u00a0\u3000b", "a b"],
  ["u\u0308ber.mp4", "\u00fcber.mp4"],
  ["<\u0338", "\u226e"],
  ["\ud800clip", "\ufffdclip"],
  ["clip\udc00.mp4", "clip\ufffd.mp4"],
  ["監視カメラ.mp4", "監視カメラ.mp4"],
  ["😀.mp4", "😀.mp4"],
  ["a".repeat(300) + ".mp4", "a".repeat(196) + ".mp4"],
  ["😀".repeat(99) + ".mp4", "😀".repeat(49) + ".mp4"],
  ["a." + "b".repeat(300), "a." + "b".repeat(198)],
  ["CON" + " ".repeat(300) + "x.mp4", "CON x.mp4"],
];

const COMPONENTS = [
  "",
  "..",
  "CON",
  "nul.",
  "clip.mp4",
  " ",
  "-",
  "\u202e",
  "\ud83d",
  "e\u0301",
  "\0",
  "%2e%2e",
  "~",
  "$HOME",
  "a:b",
];

/** Hundreds of odd labels: the examples, and every two odd components with every separator. */
const CORPUS: readonly string[] = [
  ...EXAMPLES.map(([label]) => label),
  ...COMPONENTS.flatMap((a) => COMPONENTS.flatMap((b) => ["/", "\\", ".", ""].map((between) => a + between + b))),
];

const anyLabel = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300, size: "max" }),
  fc.string({
    unit: fc.constantFrom(..."CONnulAUX1./\\ -_:😀é\u0301\u202e\ud800\u212a<\u0338¹"),
    maxLength: 300,
    size: "max",
  }),
  fc.array(fc.constantFrom(...COMPONENTS), { maxLength: 40, size: "max" }).map((parts) => parts.join("/")),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300, size: "max" }).map((units) =>
    String.fromCharCode(...units)
  ),
);

/** Why `name` would be a bad file name; undefined if it is a good one. Written apart from the code it judges. */
function faultOf(name: string): string | undefined {
  const bytes = new TextEncoder().encode(name).length;
  if (bytes === 0 || bytes > 200) return `${bytes} bytes`;
  if (!name.isWellFormed()) return "lone surrogate";
  if (name !== name.normalize("NFC")) return "not NFC";
  if (".- ".includes(name[0]!)) return "bad start";
  if (". ".includes(name.at(-1)!)) return "bad end";
  for (const char of name) {
    const code = char.codePointAt(0)!;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return "control";
    if ('/\\<>:"|?*'.includes(char)) return "forbidden";
    if (code === 0x61c || (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e)) return "invisible";
    if ((code >= 0x2060 && code <= 0x206f) || code === 0xfeff) return "invisible";
  }
  const device = name.split(".")[0]!.trim().toUpperCase();
  if (["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].includes(device)) return "reserved";
  if (/^(COM|LPT)[0-9¹²³]$/.test(device)) return "reserved";
  return undefined;
}

Deno.test("safeFileName gives the readable name expected", () => {
  for (const [label, expected] of EXAMPLES) assertEquals(safeFileName(label), expected, JSON.stringify(label));
});

Deno.test("safeFileName makes each label of the corpus harmless, and leaves its own names alone", () => {
  assert(CORPUS.length > 100);
  for (const label of CORPUS) {
    const name = safeFileName(label);
    assertEquals(faultOf(name), undefined, JSON.stringify({ label, name }));
    assertEquals(safeFileName(name), name);
  }
});

Deno.test("safeFileName makes any label harmless, and leaves its own names alone", () => {
  fc.assert(
    fc.property(anyLabel, (label) => {
      const name = safeFileName(label);
      assertEquals(faultOf(name), undefined, JSON.stringify({ label, name }));
      assertEquals(safeFileName(name), name);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("numberedName puts the number before the extension", () => {
  assertEquals(numberedName("clip.mp4", 1), "clip.mp4");
  assertEquals(numberedName("clip.mp4", 2), "clip (2).mp4");
  assertEquals(numberedName("clip", 12), "clip (12)");
  assertEquals(numberedName("Mr. Smith", 2), "Mr. Smith (2)");
  assertEquals(numberedName("clip .mp4", 2), "clip (2).mp4");
  assertEquals(numberedName("a".repeat(196) + ".mp4", 3), "a".repeat(192) + " (3).mp4");
});

Deno.test("numberedName gives harmless names which differ by number", () => {
  fc.assert(
    fc.property(anyLabel, fc.integer({ min: 2, max: Number.MAX_SAFE_INTEGER }), (label, n) => {
      const name = numberedName(safeFileName(label), n);
      assertEquals(faultOf(name), undefined, JSON.stringify({ label, name }));
      assertEquals(safeFileName(name), name);
      assertNotEquals(nameKey(name), nameKey(numberedName(safeFileName(label), n - 1)));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("nameKey is the same for names that a file system may take for one", () => {
  const same = [
    ["Clip.MP4", "clip.mp4"],
    ["STRASSE", "straße"],
    ["STRASSE", "STRAẞE"],
    ["u\u0308", "Ü"],
    ["ΟΔΟΣ", "οδος"],
    ["ſ", "S"],
  ] as const;
  for (const [one, other] of same) assertEquals(nameKey(one), nameKey(other));
  assertNotEquals(nameKey("clip1"), nameKey("clip2"));
});

Deno.test("nameKey of a key is the key", () => {
  for (let point = 0; point < 0x11_0000; point++) {
    const key = nameKey(String.fromCodePoint(point));
    assertEquals(nameKey(key), key, point.toString(16));
  }
  fc.assert(fc.property(anyLabel, (label) => {
    const key = nameKey(safeFileName(label));
    assertEquals(nameKey(key), key);
  }));
});
