import { assertEquals } from "@std/assert";
import { formatBytes, formatSeconds } from "../../lib/client/format.ts";

Deno.test("formatBytes", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [12_345, "12.3 kB"],
    [999_499, "999 kB"],
    [999_500, "1.00 MB"],
    [1e9, "1.00 GB"],
    [20e9, "20.0 GB"],
    [5e15, "5.00e+3 TB"],
  ];
  for (const [bytes, text] of cases) assertEquals(formatBytes(bytes), text);
});

Deno.test("formatSeconds", () => {
  const cases: [number, string][] = [
    [0, "0.0 s"],
    [9.84, "9.8 s"],
    [12.4, "12 s"],
    [60, "1:00"],
    [80, "1:20"],
    [3599, "59:59"],
    [7400, "2:03:20"],
  ];
  for (const [seconds, text] of cases) assertEquals(formatSeconds(seconds), text);
});
