import { assertEquals } from "@std/assert";
import { csvLine } from "../../lib/viewer/csv.ts";

Deno.test("a line has its cells, quoted where they must be", () => {
  assertEquals(csvLine(["a", 1.5, -2, null, true]), "a,1.5,-2,,true\r\n");
  assertEquals(csvLine(['say "hi"', "a,b", "two\nlines", " edge"]), '"say ""hi""","a,b","two\nlines"," edge"\r\n');
});

Deno.test("a text which a spreadsheet would take for a formula is none; numbers stay numbers", () => {
  for (const text of ["=1+1", "+cmd", "-cmd", "@SUM(A1)", "\tx", "=HYPERLINK(0)", "-1+1", "+-1"]) {
    const cell = csvLine([text]).trimEnd().replaceAll('"', "");
    assertEquals(cell.startsWith("'"), true, text);
  }
  assertEquals(csvLine(['=A1,"x"']), `"'=A1,""x"""\r\n`);
  assertEquals(csvLine(["-12.5", "+3", "a=b", "2-1"]), "-12.5,+3,a=b,2-1\r\n");
});
