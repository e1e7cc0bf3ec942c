/** The rsync daemon, without and with `--fsync`. */
import { find, freePort, type Listening, listenOnPort, runSender } from "../processes.ts";
import { withSlowSync } from "../slow_sync.ts";
import type { Peer } from "./peer.ts";

/** `rsync://` on loopback, as quick as rsync gets: no ssh in between. The daemon's syncs are made `syncMs` longer. */
export function rsync(fsync: boolean, syncMs: number): Peer {
  let listening: Listening | null = null;
  let program = "";
  let port = 0;
  let folder = "";
  return {
    name: fsync ? "rsync-fsync" : "rsync",
    why: fsync
      ? "the same with --fsync: the peer which promises most of what framewire promises"
      : "rsync daemon, whole file, nothing in between: the one to beat",
    syncs: fsync ? "the file" : "nothing",
    forks: true,
    verifies: "a checksum of the whole (xxh128 in new versions)",
    async start(dir) {
      program = await find("rsync");
      folder = `${dir}/received`;
      await Deno.mkdir(folder);
      port = freePort();
      // rsync drops root for `nobody` unless told, who may not write here.
      const identity = Deno.uid() === 0 ? "uid = 0\ngid = 0\n" : "";
      const config = `use chroot = no\nlog file = ${dir}/rsyncd.log\npid file = ${dir}/rsyncd.pid\n${identity}` +
        `[bench]\npath = ${folder}\nread only = no\n`;
      await Deno.writeTextFile(`${dir}/rsyncd.conf`, config);
      const address = ["--address=127.0.0.1", `--port=${port}`];
      const args = ["--daemon", "--no-detach", `--config=${dir}/rsyncd.conf`, ...address];
      const daemon = await withSlowSync({ program, args }, syncMs, dir);
      listening = await listenOnPort(daemon.program, daemon.args, port);
    },
    send(file) {
      return runSender(program, [...(fsync ? ["--fsync"] : []), file, `rsync://127.0.0.1:${port}/bench/upload.bin`]);
    },
    received: () => `${folder}/upload.bin`,
    serverPid: () => listening?.pid ?? null,
    async stop() {
      await listening?.stop();
    },
  };
}
