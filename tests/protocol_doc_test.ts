import { assert, assertEquals } from "@std/assert";
import type { MessageKind } from "../lib/protocol/message.ts";
import {
  mayReceive,
  mayReceiveOnFeed,
  mayReceiveOnSource,
  mayReceiveOnStream,
  type Phase,
  type Role,
  type SourceState,
  type StreamState,
} from "../lib/protocol/session_rules.ts";
import { exampleExchange } from "./helpers/protocol_example.ts";

const PAGE = await Deno.readTextFile(new URL("../docs/PROTOCOL.md", import.meta.url));
const SCHEMA = await Deno.readTextFile(new URL("../proto/framewire/v1/framewire.proto", import.meta.url));

const ROLES: readonly Role[] = ["server", "box"];
const PHASES: readonly Phase[] = ["greeting", "open"];
const STATES: readonly StreamState[] = ["opening", "deciding", "sending", "ended"];
const SOURCE_STATES: readonly SourceState[] = ["opening", "sending", "ended"];
/** All of them: a kind which is missing here makes the object no `Record`. */
const KINDS = Object.keys(
  {
    hello: 1,
    welcome: 1,
    error: 1,
    ping: 1,
    pong: 1,
    goodbye: 1,
    openClip: 1,
    clipOffer: 1,
    clipAccepted: 1,
    videoData: 1,
    ack: 1,
    resend: 1,
    closeStream: 1,
    openSource: 1,
    sourceAccepted: 1,
    frameOffer: 1,
    framesHeld: 1,
    frameData: 1,
    framesDropped: 1,
    frameAck: 1,
    endSource: 1,
    sourceEnded: 1,
    openFeed: 1,
    feedAccepted: 1,
    eventData: 1,
    eventAck: 1,
    endFeed: 1,
    feedEnded: 1,
    boxStatus: 1,
    unknown: 1,
  } satisfies Record<MessageKind, 1>,
) as MessageKind[];

/** A kind as the page writes it. */
function nameOf(kind: MessageKind): string {
  return kind === "unknown" ? "a kind one does not know" : `\`${kind[0]!.toUpperCase()}${kind.slice(1)}\``;
}

/** The "yes" of the tables under a heading, each as `row, column`, sorted. */
function allowed(columns: readonly string[]): string[] {
  const header = PAGE.split("\n").findIndex((line) => cells(line).slice(1).join() === columns.join());
  assert(header >= 0, `no table with the columns ${columns.join(", ")}`);
  const found: string[] = [];
  for (const line of PAGE.split("\n").slice(header + 2)) {
    if (!line.startsWith("|")) break;
    const [name, ...marks] = cells(line);
    marks.forEach((mark, at) => {
      if (mark !== "") found.push(`${name}, ${columns[at]}: ${mark}`);
    });
  }
  return found.sort();
}

function cells(line: string): string[] {
  return line.split("|").slice(1, -1).map((cell) => cell.trim());
}

Deno.test("docs/PROTOCOL.md: what may be received on the connection is what the code lets through", () => {
  const columns = ROLES.flatMap((role) => PHASES.map((phase) => `${role}: ${phase}`));
  const expected = KINDS.flatMap((kind) =>
    ROLES.flatMap((role) =>
      PHASES.filter((phase) => mayReceive(role, phase, kind)).map((phase) => `${nameOf(kind)}, ${role}: ${phase}: yes`)
    )
  );
  assertEquals(allowed(columns), expected.sort());
});

Deno.test("docs/PROTOCOL.md: what may be received on a stream is what the code lets through", () => {
  const columns = ROLES.flatMap((role) => STATES.map((state) => `${role}: ${state}`));
  const expected = KINDS.flatMap((kind) =>
    ROLES.flatMap((role) =>
      STATES.filter((state) => mayReceiveOnStream(role, state, kind))
        .map((state) => `${nameOf(kind)}, ${role}: ${state}: yes`)
    )
  );
  assertEquals(allowed(columns), expected.sort());
});

Deno.test("docs/PROTOCOL.md: what may be received on a source is what the code lets through", () => {
  const columns = ROLES.flatMap((role) => SOURCE_STATES.map((state) => `${role}: ${state}`));
  const expected = KINDS.flatMap((kind) =>
    ROLES.flatMap((role) =>
      SOURCE_STATES.filter((state) => mayReceiveOnSource(role, state, kind))
        .map((state) => `${nameOf(kind)}, ${role}: ${state}: yes`)
    )
  );
  assertEquals(allowed(columns), expected.sort());
});

Deno.test("docs/PROTOCOL.md: what may be received on a feed is what the code lets through", () => {
  const columns = ROLES.flatMap((role) => SOURCE_STATES.map((state) => `feed, ${role}: ${state}`));
  const expected = KINDS.flatMap((kind) =>
    ROLES.flatMap((role) =>
      SOURCE_STATES.filter((state) => mayReceiveOnFeed(role, state, kind))
        .map((state) => `${nameOf(kind)}, feed, ${role}: ${state}: yes`)
    )
  );
  assertEquals(allowed(columns), expected.sort());
});

Deno.test("docs/PROTOCOL.md: the exchange is what the codec makes", () => {
  const dump = PAGE.split("\n## An exchange, byte by byte\n")[1]?.split("```text\n")[1]?.split("```")[0];
  assertEquals(dump, exampleExchange());
});

Deno.test("docs/PROTOCOL.md names every message, and no field that the schema has not", () => {
  const messages = [...SCHEMA.matchAll(/^message (\w+)/gm)].map(([, name]) => name!);
  assertEquals(messages.filter((name) => !new RegExp(`\\b${name}\\b`).test(PAGE)), [
    "UnfinishedClip",
    "HeldRange",
    "OfferedFrame",
    "FrameResult",
    "SequenceRange",
    "EventBatch",
    "Event",
    "TempEvent",
  ]);
  const fields = new Set(
    [...SCHEMA.matchAll(/^ +(?:optional |repeated )?\w+ (\w+) = \d+;/gm)].map(([, name]) => name!),
  );
  // Code in the text with an underscore is a field, but for these.
  const others = new Set(["framewire_pb2"]);
  const used = [...PAGE.matchAll(/`([a-z0-9]+(?:_[a-z0-9]+)+)`/g)].map(([, name]) => name!);
  assert(used.length > 10);
  assertEquals(used.filter((name) => !fields.has(name) && !others.has(name)), []);
});

Deno.test("docs/PROTOCOL.md: links lead to headings which are there", () => {
  const slugs = [...PAGE.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replace(/[^a-z0-9 -]/g, "").replaceAll(" ", "-")
  );
  const links = [...PAGE.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor!);
  assert(links.length > 10);
  assertEquals(links.filter((anchor) => !slugs.includes(anchor)), []);
});
