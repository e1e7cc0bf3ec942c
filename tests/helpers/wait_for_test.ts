import { assertEquals, assertRejects } from "@std/assert";
import { waitFor } from "./wait_for.ts";

Deno.test("waitFor gives the first value which holds, 0 and the empty text included", async () => {
  let tries = 0;
  assertEquals(await waitFor(() => ++tries >= 3 && tries, { what: "three tries" }), 3);
  assertEquals(await waitFor(() => 0, { what: "zero" }), 0);
  assertEquals(await waitFor(() => Promise.resolve(""), { what: "text" }), "");
});

Deno.test("waitFor goes on after a condition which throws", async () => {
  let tries = 0;
  const value = await waitFor(() => {
    if (++tries < 3) throw new Error("not there");
    return "there";
  }, { what: "it to be there" });
  assertEquals([value, tries], ["there", 3]);
});

Deno.test("waitFor tells what it waited for and the last value", async () => {
  await assertRejects(
    () => waitFor(() => null, { what: "the moon", deadlineMs: 5 }),
    Error,
    "Waited 5 ms for the moon; the last value was null",
  );
  await assertRejects(
    () => waitFor(() => Promise.reject(new Error("cloudy")), { what: "the moon", deadlineMs: 5 }),
    Error,
    "cloudy",
  );
});

Deno.test("waitFor ends at the deadline also when the condition never settles", async () => {
  await assertRejects(
    () => waitFor(() => new Promise<boolean>(() => {}), { what: "nothing", deadlineMs: 5 }),
    Error,
    "did not settle",
  );
});
