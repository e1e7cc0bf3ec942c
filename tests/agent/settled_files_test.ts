import { assertEquals } from "@std/assert";
import { SettledFiles } from "../../lib/agent/settled_files.ts";
import type { FileInfo } from "../../lib/platform/disk.ts";

const FILE: FileInfo = { isFile: true, isDirectory: false, bytes: 1, modifiedMs: 1, identity: "1:1" };

function look(settled: SettledFiles, nowMs: number, ...files: [string, FileInfo][]): string[] {
  return settled.look(new Map(files), nowMs);
}

for (const changed of [{ bytes: 2 }, { modifiedMs: 2 }, { identity: "1:2" }]) {
  Deno.test(`settled files: ${JSON.stringify(changed)} is a change by itself`, () => {
    const settled = new SettledFiles(5_000);
    assertEquals(look(settled, 0, ["a", FILE], ["b", FILE]), []);
    assertEquals(look(settled, 4_000, ["a", { ...FILE, ...changed }], ["b", FILE]), []);
    assertEquals(look(settled, 5_000, ["a", { ...FILE, ...changed }], ["b", FILE]), ["b"]);
    assertEquals(look(settled, 8_999, ["a", { ...FILE, ...changed }], ["b", FILE]), ["b"]);
    assertEquals(look(settled, 9_000, ["a", { ...FILE, ...changed }]), ["a"]);
  });
}

Deno.test("settled files: one that was gone in between begins anew, and one look is never enough", () => {
  const settled = new SettledFiles(0);
  assertEquals(look(settled, 0, ["a", FILE]), []);
  assertEquals(look(settled, 1, ["a", FILE]), ["a"]);
  assertEquals(look(settled, 2), []);
  assertEquals(look(settled, 3, ["a", FILE]), []);
});
