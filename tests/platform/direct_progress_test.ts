/** What has become of direct writes, seen from another thread. */
import { assertEquals } from "@std/assert";
import { DirectProgress } from "../../lib/platform/direct_progress.ts";

/** Answers what `wait` says of each ticket. */
async function asked(progress: DirectProgress, tickets: readonly number[], meanwhile = () => {}): Promise<boolean[]> {
  const worker = new Worker(new URL("./progress_waiter.ts", import.meta.url), { type: "module" });
  try {
    const answer = new Promise<boolean[]>((resolve, reject) => {
      worker.onmessage = ({ data }) => data === "begun" ? meanwhile() : resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
    worker.postMessage({ memory: progress.memory, tickets });
    return await answer;
  } finally {
    worker.terminate();
  }
}

Deno.test("DirectProgress tells which writes are durable, and waits for those which have not ended", async () => {
  const progress = new DirectProgress();
  progress.ended(1, true);
  const answers = await asked(progress, [1, 2, 3, 2], () => {
    progress.ended(2, false);
    progress.ended(3, true);
  });
  assertEquals(answers, [true, false, true, false]);
});

Deno.test("DirectProgress goes on where 32 bits end, and takes a write which it has forgotten for failed", async () => {
  const progress = new DirectProgress();
  const last = 2 ** 31 - 1;
  for (let ticket = last - 1, count = 0; count < 4; count++, ticket = (ticket + 1) | 0) progress.ended(ticket, true);
  assertEquals(await asked(progress, [last - 1, last, -(2 ** 31), -(2 ** 31) + 1]), [true, true, true, true]);
  const many = new DirectProgress();
  for (let ticket = 1; ticket <= 5000; ticket++) many.ended(ticket, true);
  assertEquals(await asked(many, [1, 900, 905, 5000]), [false, false, true, true]);
});
