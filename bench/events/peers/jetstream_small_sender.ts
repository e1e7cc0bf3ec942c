/**
 * Publishes readings to a stream of JetStream with a client of our own, as small as it can be (the protocol of NATS is text):
 * see `sender_clock.ts` for the arguments. All acks come to one inbox, in the order of the readings.
 */
import { Buffer } from "node:buffer";
import { connect } from "node:net";
import process from "node:process";
import { readingJson, senderArgs, SenderClock } from "./sender_clock.ts";

const INBOX = "_INBOX.bench";
/** Text that is joined into one write, characters. */
const JOINED_MAX = 64 * 1024;

const args = senderArgs(process.argv.slice(2));
const clock = new SenderClock(args);
const socket = connect({ host: "127.0.0.1", port: args.port, noDelay: true });
const stream = JSON.stringify({ name: "events", subjects: ["sensor"], storage: "file", retention: "limits" });
socket.write(`CONNECT {"verbose":false,"pedantic":false,"protocol":1,"headers":false}\r\nSUB ${INBOX} 1\r\n`);
socket.write(publish("$JS.API.STREAM.CREATE.events", stream));

function publish(subject: string, payload: string): string {
  return `PUB ${subject} ${INBOX} ${payload.length}\r\n${payload}\r\n`;
}

function fill(): void {
  let text = "";
  for (let room = clock.room; room > 0; room--) {
    text += publish("sensor", readingJson(clock.send()));
    if (text.length < JOINED_MAX) continue;
    socket.write(text, "latin1");
    text = "";
  }
  if (text !== "") socket.write(text, "latin1");
}

let isStreaming = false;
let rest = "";
socket.on("error", fail);
socket.on("data", (data: Buffer) => {
  const text = rest + data.toString("latin1");
  const end = text.lastIndexOf("\n") + 1;
  rest = text.slice(end);
  const lines = text.slice(0, end);
  if (lines.includes('"error"') || lines.includes("-ERR")) fail(new Error(lines.slice(0, 300)));
  if (lines.includes("PING\r\n")) socket.write("PONG\r\n");
  if (!isStreaming && lines.includes("stream_create_response")) {
    isStreaming = true;
    fill();
  }
  // Of the last one: {"stream":"events", "seq":7}
  const at = lines.lastIndexOf('"seq":');
  if (at < 0 || !isStreaming) return;
  if (clock.ackThrough(parseInt(lines.slice(at + 6, at + 24)))) process.exit(0);
  fill();
});

function fail(error: Error): void {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
