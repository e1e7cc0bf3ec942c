/** TLS between box and server: the same transfer, and clear words when the two do not fit. */
import { assertEquals, assertMatch } from "@std/assert";
import { assertClips, randomFile } from "../helpers/clip_files.ts";
import { runSend, startServer } from "../helpers/programs.ts";
import { type TempFolder, tempFolder } from "../helpers/temp_folder.ts";

/** A certificate for 127.0.0.1, signed by an authority of its own. */
async function makeCertificate(folder: TempFolder): Promise<{ ca: string; cert: string; key: string }> {
  const path = (name: string) => folder.join(name);
  const openssl = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("openssl", { args, stdout: "null", stderr: "piped" }).output();
    if (!success) throw new Error(`openssl ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  };
  const newKey = ["-newkey", "rsa:2048", "-nodes"];
  await openssl("req", "-x509", ...newKey, "-keyout", path("ca.key"), "-out", path("ca.pem"), "-subj", "/CN=Test CA");
  await openssl("req", ...newKey, "-keyout", path("key.pem"), "-out", path("csr.pem"), "-subj", "/CN=server");
  await Deno.writeTextFile(path("ext"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n");
  const signed = ["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial", "-days", "2"];
  await openssl("x509", "-req", "-in", path("csr.pem"), ...signed, "-extfile", path("ext"), "-out", path("cert.pem"));
  return { ca: path("ca.pem"), cert: path("cert.pem"), key: path("key.pem") };
}

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
