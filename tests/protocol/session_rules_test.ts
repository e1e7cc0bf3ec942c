import { assertEquals } from "@std/assert";
import type { MessageKind } from "../../lib/protocol/message.ts";
import {
  mayReceive,
  mayReceiveOnFeed,
  mayReceiveOnSource,
  mayReceiveOnStream,
  type Phase,
  type Role,
  type SourceState,
  type StreamState,
} from "../../lib/protocol/session_rules.ts";
import { SAMPLE_MESSAGES } from "../helpers/sample_messages.ts";

const KINDS = [...Object.keys(SAMPLE_MESSAGES), "unknown"] as MessageKind[];
const ROLES: readonly Role[] = ["server", "box"];

/** Of docs/PROTOCOL.md, written down once more: `role phase: kinds`. */
const BY_PHASE = [
  "server greeting: hello",
  "server open: ping pong goodbye error openClip videoData closeStream openSource frameOffer frameData framesDropped " +
  "endSource openFeed eventData endFeed boxStatus unknown",
  "box greeting: welcome error",
  "box open: ping pong goodbye error clipOffer clipAccepted ack resend sourceAccepted framesHeld frameAck sourceEnded " +
  "feedAccepted eventAck feedEnded unknown",
];

const BY_STREAM = [
  "server opening: closeStream",
  "server deciding: openClip closeStream",
  "server sending: videoData closeStream",
  "server ended: videoData closeStream",
  "box opening: clipOffer clipAccepted ack error",
  "box deciding: error",
  "box sending: ack resend error",
  "box ended: ack resend error",
];

const BY_SOURCE = [
  "server opening: closeStream",
  "server sending: frameOffer frameData framesDropped endSource closeStream",
  "server ended: closeStream",
  "box opening: sourceAccepted error",
  "box sending: framesHeld frameAck error",
  "box ended: frameAck sourceEnded error",
];

const BY_FEED = [
  "server opening: closeStream",
  "server sending: eventData endFeed closeStream",
  "server ended: closeStream",
  "box opening: feedAccepted error",
  "box sending: eventAck error",
  "box ended: eventAck feedEnded error",
];

/** A line for each role and state, with the kinds which `allows` lets through. */
function table<S extends string>(states: readonly S[], allows: (role: Role, state: S, kind: MessageKind) => boolean) {
  return ROLES.flatMap((role) =>
    states.map((state) => `${role} ${state}: ${KINDS.filter((kind) => allows(role, state, kind)).sort().join(" ")}`)
  );
}

function sorted(lines: readonly string[]): string[] {
  return lines.map((line) => {
    const [head, kinds] = line.split(": ") as [string, string];
    return `${head}: ${kinds.split(" ").sort().join(" ")}`;
  });
}

Deno.test("session rules: what may be received in which phase", () => {
  assertEquals(table<Phase>(["greeting", "open"], mayReceive), sorted(BY_PHASE));
});

Deno.test("session rules: what may be received on a stream in which state", () => {
  const states: readonly StreamState[] = ["opening", "deciding", "sending", "ended"];
  assertEquals(table(states, mayReceiveOnStream), sorted(BY_STREAM));
});

Deno.test("session rules: what may be received on a source in which state", () => {
  assertEquals(table<SourceState>(["opening", "sending", "ended"], mayReceiveOnSource), sorted(BY_SOURCE));
});

Deno.test("session rules: what may be received on a feed in which state", () => {
  assertEquals(table<SourceState>(["opening", "sending", "ended"], mayReceiveOnFeed), sorted(BY_FEED));
});

Deno.test("session rules: no side takes a message which only it sends", () => {
  for (
    const kind of ["hello", "openClip", "videoData", "closeStream", "openSource", "frameData", "endSource"] as const
  ) {
    assertEquals(mayReceive("box", "open", kind), false, kind);
    assertEquals(mayReceive("box", "greeting", kind), false, kind);
  }
  for (const kind of ["welcome", "clipOffer", "clipAccepted", "ack", "resend", "frameAck", "sourceEnded"] as const) {
    assertEquals(mayReceive("server", "open", kind), false, kind);
    assertEquals(mayReceive("server", "greeting", kind), false, kind);
  }
});
