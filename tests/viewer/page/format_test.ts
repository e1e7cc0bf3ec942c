import { assertEquals } from "@std/assert";
import {
  formatAge,
  formatBytes,
  formatDuration,
  formatPercent,
  formatTime,
  visibleName,
} from "../../../lib/viewer/page/format.ts";

Deno.test("formatBytes keeps three digits and never shows 1000 of a unit", () => {
  const table: [bytes: number, text: string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1.00 kB"],
    [12_400_000, "12.4 MB"],
    [999_499, "999 kB"],
    [999_500, "1.00 MB"],
    [99_960, "100 kB"],
    [412e9, "412 GB"],
    [2 ** 53, "9.01 PB"],
    [1e20, "100000 PB"],
  ];
  for (const [bytes, text] of table) assertEquals(formatBytes(bytes), text);
});

Deno.test("formatPercent says 100 of nothing that is not complete", () => {
  assertEquals(formatPercent(999_999, 1_000_000), "99 %");
  assertEquals(formatPercent(1, 1), "100 %");
  assertEquals(formatPercent(0, 0), "100 %");
  assertEquals(formatPercent(0, 5), "0 %");
});

Deno.test("formatDuration and formatAge are short", () => {
  const table: [seconds: number, text: string][] = [
    [0, "1 s"],
    [42.4, "42 s"],
    [59.6, "1 min"],
    [3_540, "59 min"],
    [3_600, "1 h"],
    [3_599, "1 h"],
    [7_500, "2 h 5 min"],
    [86_400 * 3, "3 d"],
  ];
  for (const [seconds, text] of table) assertEquals(formatDuration(seconds), text);
  assertEquals(formatAge(0, 9_000), "just now");
  assertEquals(formatAge(10_000, 0), "just now");
  assertEquals(formatAge(0, 120_000), "2 min ago");
});

Deno.test("formatTime names the day when it is not today", () => {
  const noon = new Date(2026, 10, 20, 12, 3, 9).getTime();
  assertEquals(formatTime(noon, noon + 60_000), "12:03");
  assertEquals(formatTime(noon, noon, true), "12:03:09");
  assertEquals(formatTime(noon, noon + 86_400_000).endsWith(" 12:03"), true);
});

Deno.test("visibleName shows what hides or turns the writing, and leaves every language alone", () => {
  assertEquals(visibleName("invoice\u202egnp.exe"), "invoice�gnp.exe");
  assertEquals(visibleName("a\nb\u0000c\u200b.mp4"), "a�b�c�.mp4");
  for (const name of ["Türe 3 (neu).mp4", "日本語.mp4", "می\u200cخواهم.mp4", "👩\u200d🔧.mov"]) {
    assertEquals(visibleName(name), name);
  }
});
