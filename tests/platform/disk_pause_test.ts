import { assertEquals } from "@std/assert";
import { pauseAfterWrite } from "../../lib/platform/disk.ts";

Deno.test("writes leave the main thread behind a slow one, for a time by how slow it was", () => {
  const pauses = [0, 1, 20, 21, 25, 100, 250, 251, 60_000].map(pauseAfterWrite);
  assertEquals(pauses, [0, 0, 0, 420, 500, 2_000, 5_000, 5_000, 5_000]);
});
