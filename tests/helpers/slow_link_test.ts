import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { slowLink, type SlowLinkOptions } from "./slow_link.ts";
import { tempFolder } from "./temp_folder.ts";
import { waitFor } from "./wait_for.ts";

/** Sends this many bytes to HOST:PORT, and says when it has started. */
const SENDER = `
const { hostname, port } = new URL("tcp://" + Deno.args[0]);
const conn = await Deno.connect({ hostname, port: Number(port) });
console.log(JSON.stringify({ event: "connected" }));
const bytes = new Uint8Array(Number(Deno.args[1])).fill(7);
for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
await conn.closeWrite();
await conn.read(new Uint8Array(1));
conn.close();
`;

async function carries(options: SlowLinkOptions): Promise<void> {
  await using folder = await tempFolder();
  await Deno.writeTextFile(folder.join("send.js"), SENDER);
  let name: string | undefined;
  {
    await using link = await slowLink(options);
    name = link.prefix.at(-1);
    if (options.kind === "proxy") assertEquals(link.kind, "proxy");
    using listener = Deno.listen({ hostname: link.serverHost, port: 0 });
    const address = await link.addressOf(`${link.serverHost}:${listener.addr.port}`);
    await using sender = link.exec(Deno.execPath(), ["run", "-A", folder.join("send.js"), address, "500000"]);
    using conn = await listener.accept();
    const into = new Uint8Array(65536);
    let total = 0;
    const reading = (async () => {
      for (let count; (count = await conn.read(into)) !== null;) total += count;
    })();
    const start = performance.now();
    await waitFor(() => total > 100_000, { what: "the first bytes" });
    assertLess(total, 400_000, "the first bytes did not come all at once");
    await link.down();
    let before = -1;
    await waitFor(async () => {
      if (total === before) return true;
      before = total;
      await new Promise((resolve) => setTimeout(resolve, 150));
      return false;
    }, { what: "the link to be down" });
    assertLess(total, 500_000);
    await link.up();
    await reading;
    assertEquals(total, 500_000);
    // 500,000 bytes at 4 Mbit/s take a second; the buckets of the link let a little through at once.
    assertGreater(performance.now() - start, 800);
    conn.closeWrite();
    assertEquals((await sender.stopped).code, 0, sender.stderr());
  }
  if (name === undefined) return;
  const { stdout } = await new Deno.Command("ip", { args: ["netns", "list"] }).output();
  assert(!new TextDecoder().decode(stdout).includes(name));
}

Deno.test("slowLink has about the rate it was made with, goes down and up, and leaves nothing behind", () =>
  carries({ rateKbit: 4000 }));

Deno.test("slowLink as a proxy has about the rate it was made with, and goes down and up", () =>
  carries({ rateKbit: 4000, kind: "proxy" }));
