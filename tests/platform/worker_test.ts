import { assertEquals } from "@std/assert";

Deno.test("a module worker starts from a URL beside this file, and ends when terminated", async () => {
  const worker = new Worker(new URL("./worker_echo.ts", import.meta.url), { type: "module" });
  try {
    const answer = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
    worker.postMessage(41);
    assertEquals(await answer, 42);
  } finally {
    worker.terminate();
  }
});
