import { assert, assertEquals } from "@std/assert";
import { eventsOf, randomFile, storedEvent } from "../helpers/clip_files.ts";
import { runSend, startServer } from "../helpers/programs.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

Deno.test("--page-url is the address that boxes are told, and its name is served", async () => {
  await using folder = await tempFolder();
  await using server = await startServer({ args: ["--page-url", "https://clips.example.org/"] });
  const file = await randomFile(folder.join("a.bin"), 1_000, 1);
  const sent = await runSend(["--server", server.listen, file.path]);
  assertEquals(eventsOf(sent, "connected")[0]?.["http"], "https://clips.example.org");
  assert(String(storedEvent(sent)["url"]).startsWith("https://clips.example.org/#"));
  assertEquals(await statusUnder(server.http, "clips.example.org"), 200);
  assertEquals(await statusUnder(server.http, "other.example.org"), 403);
});

Deno.test("a server at every address tells each box the page at the one by which it came", async () => {
  await using folder = await tempFolder();
  await using server = await startServer({ args: ["--listen", "0.0.0.0:0", "--http", "0.0.0.0:0"] });
  const file = await randomFile(folder.join("a.bin"), 1_000, 1);
  const [boxes, page] = [server.listen, server.http].map((address) => address.split(":").at(-1));
  const sent = await runSend(["--server", `127.0.0.2:${boxes}`, file.path]);
  assertEquals(eventsOf(sent, "connected")[0]?.["http"], `http://127.0.0.2:${page}`);
  assert(String(storedEvent(sent)["url"]).startsWith(`http://127.0.0.2:${page}/#`));
  assertEquals(server.http, `http://127.0.0.1:${page}`);
});

/** The status of the page when it is called by this name. */
async function statusUnder(http: string, host: string): Promise<number> {
  const { hostname, port } = new URL(http);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
  const text = await new Response(connection.readable).text();
  return Number(text.split(" ")[1]);
}
