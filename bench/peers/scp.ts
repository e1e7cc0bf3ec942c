/** scp to a real sshd of its own, with keys of its own. */
import { userInfo } from "node:os";
import { find, freePort, type Listening, listenOnPort, run, runSender } from "../processes.ts";
import type { Peer } from "./peer.ts";

/** sshd refuses to start as root without it (it is made at boot, and a container never boots). */
const PRIVILEGE_FOLDER = "/run/sshd";

/** scp with `cipher`; null for OpenSSH's own choice. */
export function scp(cipher: string | null): Peer {
  let listening: Listening | null = null;
  let program = "";
  let options: readonly string[] = [];
  let folder = "";
  return {
    name: cipher === null ? "scp" : `scp-${cipher.split("@")[0]}`,
    why: cipher === null
      ? "OpenSSH with its defaults: what people use today; it encrypts, which the others do not"
      : `the same with ${cipher}, the fastest cipher on processors which have AES`,
    syncs: "nothing",
    forks: true,
    verifies: "every packet (the cipher's MAC)",
    async start(dir) {
      program = await find("scp");
      const daemon = await find("sshd", ["/usr/sbin", "/usr/local/sbin", "/sbin"]);
      const keygen = await find("ssh-keygen");
      folder = `${dir}/received`;
      await Deno.mkdir(folder);
      for (const key of ["host_key", "client_key"]) {
        await run(keygen, ["-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", `${dir}/${key}`]);
      }
      if (Deno.uid() === 0) await Deno.mkdir(PRIVILEGE_FOLDER, { recursive: true, mode: 0o755 });
      const port = freePort();
      await Deno.writeTextFile(`${dir}/sshd_config`, configOf(dir, port));
      await writeKnownHosts(dir, port);
      listening = await listenOnPort(daemon, ["-D", "-f", `${dir}/sshd_config`], port);
      options = optionsOf(dir, port, cipher);
    },
    send: (file) => runSender(program, [...options, file, `${userInfo().username}@127.0.0.1:${folder}/upload.bin`]),
    received: () => `${folder}/upload.bin`,
    serverPid: () => listening?.pid ?? null,
    async stop() {
      await listening?.stop();
    },
  };
}

function configOf(dir: string, port: number): string {
  return [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${dir}/host_key`,
    `PidFile ${dir}/sshd.pid`,
    `AuthorizedKeysFile ${dir}/client_key.pub`,
    // The folder is a temporary one, below one that everybody may write to.
    "StrictModes no",
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "UsePAM no",
    "Subsystem sftp internal-sftp",
    "",
  ].join("\n");
}

async function writeKnownHosts(dir: string, port: number): Promise<void> {
  const key = await Deno.readTextFile(`${dir}/host_key.pub`);
  await Deno.writeTextFile(`${dir}/known_hosts`, `[127.0.0.1]:${port} ${key}`);
}

function optionsOf(dir: string, port: number, cipher: string | null): readonly string[] {
  const settings = ["IdentitiesOnly=yes", "BatchMode=yes", `UserKnownHostsFile=${dir}/known_hosts`];
  // /dev/null in place of ~/.ssh/config: nobody's own settings take part.
  const options = ["-q", "-F", "/dev/null", "-P", String(port), "-i", `${dir}/client_key`];
  for (const setting of settings) options.push("-o", setting);
  if (cipher !== null) options.push("-c", cipher);
  return options;
}
