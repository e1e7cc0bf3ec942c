import { assert, assertEquals, assertMatch } from "@std/assert";
import { contentDisposition, fileNameOf } from "../../lib/viewer/content_disposition.ts";

Deno.test("fileNameOf takes the last part of a label, and never nothing", () => {
  const table: [label: string, name: string][] = [
    ["clip.mp4", "clip.mp4"],
    ["a/b/c.mp4", "c.mp4"],
    ["C:\\videos\\c.mp4", "c.mp4"],
    ["../../etc/passwd", "passwd"],
    ["", "clip"],
    ["..", "clip"],
    ["a/", "a"],
    ["/", "clip"],
    ["a\r\nb.mp4", "ab.mp4"],
    ["gpj\u202e4pm.exe", "gpj4pm.exe"],
    ["Übung №7.mp4", "Übung №7.mp4"],
  ];
  for (const [label, name] of table) assertEquals(fileNameOf(label), name, label);
});

Deno.test("contentDisposition is a header value for any name, and keeps the name", () => {
  const names = [
    "clip.mp4",
    'a"b\\c.mp4',
    "a\r\nSet-Cookie: x=1.mp4",
    "\ud800.mp4",
    "日本語.mp4",
    "100%25.mp4",
    "'()*.mp4",
  ];
  for (const name of [...names, "é".repeat(600)]) {
    const value = contentDisposition("attachment", name);
    assertMatch(value, /^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+$/);
    assertEquals(new Headers({ "content-disposition": value }).get("content-disposition"), value);
    const exact = /filename\*=UTF-8''(.*)$/.exec(value)?.[1] ?? "";
    assertEquals(decodeURIComponent(exact), fileNameOf(name));
    assert(!/"[^"]*"[^;]*"/.test(value.slice(0, value.indexOf("; filename*"))), value);
  }
});
