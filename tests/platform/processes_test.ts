import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { systemProcesses } from "../../lib/platform/processes.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

async function readAll(read: (into: Uint8Array) => Promise<number | null>): Promise<string> {
  const into = new Uint8Array(7);
  let text = "";
  for (let count = await read(into); count !== null; count = await read(into)) {
    text += decoder.decode(into.subarray(0, count));
  }
  return text;
}

Deno.test("systemProcesses: what goes in comes out, in pieces as small as asked for", async () => {
  const child = systemProcesses.spawn({ program: "cat", args: [], input: true });
  const output = readAll((into) => child.read(into));
  await child.write(encoder.encode("hello, "));
  await child.write(encoder.encode("framewire"));
  await child.closeInput();
  assertEquals(await output, "hello, framewire");
  assertEquals(await child.exited, { code: 0, signal: null });
});

Deno.test("systemProcesses: the last words and the code of a program which failed", async () => {
  const script = 'i=0; while [ $i -lt 2000 ]; do echo "line $i" >&2; i=$((i+1)); done; exit 3';
  const child = systemProcesses.spawn({ program: "sh", args: ["-c", script], input: false });
  assertEquals(await readAll((into) => child.read(into)), "");
  assertEquals(await child.exited, { code: 3, signal: null });
  assert(child.lastWords().endsWith("line 1999"));
  assert(child.lastWords().length <= 4096);
});

Deno.test("systemProcesses: a program which is killed says so, and takes nothing more", async () => {
  const child = systemProcesses.spawn({ program: "sleep", args: ["60"], input: true });
  child.kill("SIGKILL");
  assertEquals((await child.exited).signal, "SIGKILL");
  assertEquals(await child.read(new Uint8Array(1)), null);
  await assertRejects(() => child.write(new Uint8Array(1)));
  child.kill("SIGTERM");
});

Deno.test("systemProcesses: a program which is not there", () => {
  assertThrows(
    () => systemProcesses.spawn({ program: "framewire-no-such-program", args: [], input: false }),
    Deno.errors.NotFound,
  );
});
