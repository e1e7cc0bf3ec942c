import type { TempFolder } from "./temp_folder.ts";

/** A certificate for 127.0.0.1, signed by an authority of its own: paths of PEM files in `folder`. */
export async function makeCertificate(folder: TempFolder): Promise<{ ca: string; cert: string; key: string }> {
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
