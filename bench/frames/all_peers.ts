/** All peers, in the order of the tables. */
import { MissingProgramError } from "../peers/peer.ts";
import { find, run } from "../processes.ts";
import type { FramePeer } from "./frame_peer.ts";
import { bareReceiver, compiled, pair, type PeerFacts, peerFile, script } from "./pair.ts";
import { framewire } from "./peers/framewire.ts";
import { jetstream } from "./peers/jetstream.ts";

const WINDOW = 64;

/** What differs between the two tables. */
const TABLES = [
  { table: "window", window: WINDOW, suffix: "" },
  { table: "lock step", window: 1, suffix: "-1" },
] as const;

/** A receiver written for Node and its sender. */
function nodePair(stem: string, facts: PeerFacts, runtime: "node" | "deno" = "node"): FramePeer {
  return pair(facts, async (dir) => ({
    receiver: await script(`${stem}_receiver`, runtime, dir),
    sender: await script(`${stem}_sender`, runtime, dir),
  }));
}

function barePair(mode: "none" | "save" | "sync", facts: PeerFacts, syncMs: number): FramePeer {
  return pair(facts, async (dir) => ({
    receiver: await bareReceiver(mode, syncMs, dir),
    sender: await compiled("bare_sender", dir),
  }));
}

const zmq = pair({
  name: "zmq-req-rep",
  why: "ZeroMQ REQ/REP in Python, imagezmq's pattern: lock step by nature",
  table: "window",
  window: 1,
  saved: "a file each",
  acked: "written",
}, async () => {
  // Debian's python3-zmq is a package of Debian's own Python.
  const python = "/usr/bin/python3";
  await run(python, ["-c", "import zmq"]).catch((cause) => {
    throw new MissingProgramError("python3-zmq", cause);
  });
  const program = (name: string) => ({ program: python, args: ["-u", peerFile(name)] });
  return { receiver: program("zmq_receiver.py"), sender: program("zmq_sender.py") };
});

const twoWrites = pair({
  name: "two-writes-1",
  why: "in C, a write for the length and one for the frame, without TCP_NODELAY: what a first try does",
  table: "lock step",
  window: 1,
  saved: "not at all",
  acked: "received",
  orientation: true,
  keepsNothing: true,
  framesMax: 40,
}, async (dir) => {
  const { program } = await compiled("bare_sender", dir);
  // The word comes last, behind arguments which the harness gives: a shell puts it there.
  const sender = { program: await find("sh"), args: ["-c", 'exec "$0" "$@" two-writes', program] };
  return { receiver: await bareReceiver("none", 0, dir), sender };
});

/** All peers; the syncs of those which sync are made `syncMs` longer. */
export function allFramePeers(syncMs: number): readonly FramePeer[] {
  const peers = TABLES.flatMap(({ table, window, suffix }) => [
    framewire({ name: `framewire${suffix}`, table, window, syncMs }),
    jetstream({ name: `jetstream${suffix}`, table, window }),
    nodePair("ws", {
      name: `ws${suffix}`,
      why: "ws 8.23.0 under Node at both ends, a binary message each",
      table,
      window,
      saved: "one file",
      acked: "written",
    }),
    nodePair("grpc", {
      name: `grpc${suffix}`,
      why: "@grpc/grpc-js 1.14.7 under Node, one stream in both directions, plain bytes (no protobuf to encode)",
      table,
      window,
      saved: "one file",
      acked: "written",
    }),
    barePair("save", {
      name: `bare-save${suffix}`,
      why: "C at both ends: reads, writes and acks, and does nothing else",
      table,
      window,
      saved: "one file",
      acked: "written",
      orientation: true,
    }, 0),
    barePair("sync", {
      name: `bare-sync${suffix}`,
      why: "the same, and a thread syncs without pause: a frame is acked when a sync has covered it",
      table,
      window,
      saved: "one file",
      acked: "synced",
      orientation: true,
    }, syncMs),
    barePair("none", {
      name: `bare-socket${suffix}`,
      why: "the same without a file: what the kernel's sockets take",
      table,
      window,
      saved: "not at all",
      acked: "received",
      orientation: true,
      keepsNothing: true,
    }, 0),
    nodePair("deno_socket", {
      name: `deno-socket${suffix}`,
      why: "the same as bare-socket with Deno at both ends: what the runtime takes of it",
      table,
      window,
      saved: "not at all",
      acked: "received",
      orientation: true,
      keepsNothing: true,
    }, "deno"),
  ]);
  const first = peers.findIndex(({ table }) => table === "lock step");
  const lockStep = { table: "lock step", window: 1, syncMs } as const;
  const received = framewire({ name: "framewire-received-1", ...lockStep, received: true });
  const unrecorded = framewire({ name: "framewire-unrecorded-1", ...lockStep, received: true, unrecorded: true });
  const nagle = framewire({ name: "framewire-nagle-1", ...lockStep, received: true, nagle: true });
  return [...peers.slice(0, first), zmq, received, unrecorded, ...peers.slice(first), nagle, twoWrites];
}
