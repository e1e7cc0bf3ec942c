/** TLS between box and server: the same transfer, and clear words when the two do not fit. */
import { assertEquals, assertMatch } from "@std/assert";
import { assertClips, randomFile } from "../helpers/clip_files.ts";
import { runSend, startServer } from "../helpers/programs.ts";
import { makeCertificate } from "../helpers/certificate.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

Deno.test("tls: a clip goes through, and a box that does not fit is told what is wrong", async (t) => {
  await using folder = await tempFolder();
  const { ca, cert, key } = await makeCertificate(folder);
  const clip = await randomFile(folder.join("clip.bin"), 3_000_000, 7);
  await using encrypted = await startServer({ args: ["--tls-cert", cert, "--tls-key", key] });
  await using plain = await startServer();
  const send = (listen: string, ...more: string[]) =>
    runSend(["--file", clip.path, "--server", listen, "--device", "box", "--retry-for", "500ms", ...more]);

  await t.step("with the right authority it is stored, byte for byte", async () => {
    const { code, events } = await send(encrypted.listen, "--tls-ca", ca);
    assertEquals(code, 0);
    assertEquals(events.at(-1)?.["stored"], 1);
    await assertClips(encrypted.data, { "box/clip.bin": clip.sha256 });
  });
  await t.step("a certificate of an unknown authority is refused by the box", async () => {
    const { code, events } = await send(encrypted.listen, "--tls");
    assertEquals(code, 4);
    assertEquals(events.find(({ event }) => event === "interrupted")?.["code"], "TLS_FAILED");
  });
  await t.step("a box without TLS is told of --tls", async () => {
    const { code, events } = await send(encrypted.listen);
    assertEquals(code, 4);
    assertMatch(String(events.find(({ event }) => event === "interrupted")?.["error"]), /--tls/);
  });
  await t.step("a box with TLS at a server without it says that TLS failed", async () => {
    const { code, events } = await send(plain.listen, "--tls-ca", ca);
    assertEquals(code, 4);
    assertEquals(events.find(({ event }) => event === "interrupted")?.["code"], "TLS_FAILED");
  });
  await t.step("a file which is no certificate is a mistake of usage, on both sides", async () => {
    assertEquals((await send(encrypted.listen, "--tls-ca", folder.join("none.pem"))).code, 2);
    assertEquals((await send(encrypted.listen, "--tls-ca", clip.path)).code, 2);
  });
});
