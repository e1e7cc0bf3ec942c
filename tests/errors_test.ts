import { assertEquals } from "@std/assert";
import { ERROR_CODES, FramewireError, isErrorCode } from "../lib/errors.ts";

/** Rows of the table under `## Error codes`, as code → retryable. */
function tableOf(markdown: string): Record<string, boolean> {
  const section = markdown.split(/^#+ Error codes$/m)[1]?.split(/^#+ /m)[0] ?? "";
  const rows = section.matchAll(/^\| `([A-Z_]+)` +\| +(yes|no) +\| +\S.* +\|$/gm);
  return Object.fromEntries([...rows].map(([, code = "", retryable]) => [code, retryable === "yes"]));
}

Deno.test("docs/PROTOCOL.md lists exactly the codes of the catalogue", async () => {
  const markdown = await Deno.readTextFile(new URL("../docs/PROTOCOL.md", import.meta.url));
  const codes = Object.entries(ERROR_CODES).map(([code, { retryable }]) => [code, retryable]);
  assertEquals(tableOf(markdown), Object.fromEntries(codes));
});

Deno.test("the table is read only from its own section", () => {
  const row = "| `A_CODE` | yes       | Text |\n";
  assertEquals(tableOf(`## Error codes\n\n${row}\n## Next\n\n| \`B\` | no | Text |\n`), { A_CODE: true });
  assertEquals(tableOf(`## Codes\n\n${row}`), {});
});

Deno.test("FramewireError carries its code, its cause and when to retry", () => {
  const cause = new Error("disk");
  const error = new FramewireError("NO_SPACE", "Cannot take clip", { cause, retryAfterMs: 5 });
  assertEquals([error.code, error.retryable, error.retryAfterMs, error.cause], ["NO_SPACE", true, 5, cause]);
  assertEquals(new FramewireError("USAGE", "Cannot run").retryAfterMs, 0);
});

Deno.test("isErrorCode knows the catalogue and nothing inherited", () => {
  assertEquals(["TRUNCATED", "toString", "", "truncated"].map(isErrorCode), [true, false, false, false]);
});
