import { assert, assertEquals } from "@std/assert";
import { assertClips, eventsOf, filesBelow, randomFile, sha256OfFile, storedEvent } from "../helpers/clip_files.ts";
import { faultProxy } from "../helpers/fault_proxy.ts";
import { startSend, startServer } from "../helpers/programs.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

const BYTES = 20_000_000;

/** What somebody does to a file of `BYTES` while it is being sent. */
const CHANGES: Readonly<Record<string, (path: string) => Promise<void>>> = {
  appended: (path) => Deno.writeFile(path, new Uint8Array(50_000).fill(1), { append: true }),
  truncated: (path) => Deno.truncate(path, 2_000_000),
  async replaced(path) {
    await randomFile(`${path}.new`, BYTES, 99);
    await Deno.rename(`${path}.new`, path);
  },
  async overwritten(path) {
    using file = await Deno.open(path, { write: true });
    await file.write(new TextEncoder().encode("other bytes at the beginning"));
  },
};

for (const [what, change] of Object.entries(CHANGES)) {
  Deno.test(`a file which is ${what} while it is being sent starts anew, with a word of why`, async () => {
    await using folder = await tempFolder();
    await using server = await startServer();
    await using proxy = await faultProxy(server.listen, { up: { bytesPerSecond: 10_000_000 } });
    const { path } = await randomFile(folder.join("clip.bin"), BYTES, 1);
    await using send = startSend(["--server", proxy.address, "--device", "box", "--file", path]);
    await waitFor(() => proxy.bytesUp > 5_000_000, { what: "5 MB to be sent", deadlineMs: 30_000 });
    await change(path);
    proxy.up = {};
    const result = await send.result;
    const sha256 = await sha256OfFile(path);
    assertEquals(storedEvent(result)["sha256"], sha256);
    const notes = eventsOf(result, "note").map((event) => String(event["text"])).join("\n");
    assert(/changed|shorter/.test(notes), notes);
    await assertClips(server.data, { "box/clip.bin": sha256 });
  });

  Deno.test(`a file which is ${what} between a kill and the next attempt starts anew`, async () => {
    await using folder = await tempFolder();
    await using server = await startServer();
    await using proxy = await faultProxy(server.listen, { up: { bytesPerSecond: 10_000_000 } });
    const { path } = await randomFile(folder.join("clip.bin"), BYTES, 1);
    const args = ["--server", proxy.address, "--device", "box", "--file", path];
    await using first = startSend(args);
    // Durable at the latest half a second after it has arrived.
    await waitFor(() => proxy.bytesUp > 10_000_000, { what: "10 MB to be sent", deadlineMs: 30_000 });
    await first.kill();
    // What the kernel still had of the sender is lost, too.
    await proxy.cutAll();
    await change(path);
    proxy.up = {};
    await using second = startSend(args);
    const result = await second.result;
    const sha256 = await sha256OfFile(path);
    const { size } = await Deno.stat(path);
    const stored = storedEvent(result);
    assertEquals([stored["sha256"], stored["sentBytes"]], [sha256, size]);
    const noted = eventsOf(result, "note").some((event) => /has changed.*starting anew/.test(String(event["text"])));
    assert(noted, result.stdout.join("\n"));
    // Under its own name: what was left of the old content holds neither that nor space.
    await assertClips(server.data, { "box/clip.bin": sha256 });
    assertEquals(await filesBelow(`${server.data}/incoming`), []);
  });
}
