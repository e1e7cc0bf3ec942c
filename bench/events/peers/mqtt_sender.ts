/**
 * Publishes readings to an MQTT broker with QoS 1: see `sender_clock.ts` for the arguments. A client of our own, as small as
 * it can be (MQTT 3.1.1, OASIS standard): what there is as a library costs more than the broker. Before it begins, a
 * subscriber with a session that outlives its connection comes and goes: what the broker keeps, it keeps for that one.
 */
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import process from "node:process";
import { readingJson, senderArgs, SenderClock } from "./sender_clock.ts";

const TOPIC = "box/sensor";
const PACKET_IDS = 65_535;
/** Packets joined into one write. */
const JOINED_BYTES_MAX = 64 * 1024;

const args = senderArgs(process.argv.slice(2));
const clock = new SenderClock(args);

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

/** A packet of less than 128 bytes. */
function packet(kind: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([kind, body.length]), body]);
}

/** Connects; `clean`: what the broker has of this client is forgotten. */
async function open(name: string, clean: boolean): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port: args.port, noDelay: true });
  socket.write(packet(0x10, text("MQTT"), Buffer.from([4, clean ? 2 : 0, 0, 0]), text(name)));
  await new Promise((resolve) => socket.once("data", resolve));
  return socket;
}

const keeper = await open("keeper", false);
keeper.write(packet(0x82, Buffer.from([0, 1]), text(TOPIC), Buffer.from([1])));
await new Promise((resolve) => keeper.once("data", resolve));
keeper.end(Buffer.from([0xe0, 0]));
await new Promise((resolve) => keeper.once("close", resolve));

const socket = await open("box", true);
const head = text(TOPIC);
let buffer = Buffer.alloc(2 * JOINED_BYTES_MAX);

function fill(): void {
  let at = 0;
  for (let room = clock.room; room > 0; room--) {
    const number = clock.send();
    const id = (number - 1) % PACKET_IDS + 1;
    const start = at;
    at += 2;
    at += head.copy(buffer, at);
    buffer[at++] = id >> 8;
    buffer[at++] = id & 255;
    at += buffer.write(readingJson(number), at, "latin1");
    buffer[start] = 0x32;
    buffer[start + 1] = at - start - 2;
    if (at < JOINED_BYTES_MAX) continue;
    socket.write(buffer.subarray(0, at));
    buffer = Buffer.allocUnsafeSlow(2 * JOINED_BYTES_MAX);
    at = 0;
  }
  if (at > 0) socket.write(Buffer.from(buffer.subarray(0, at)));
}

let rest = 0;
let acked = 0;
socket.on("error", (error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
// An ack is 4 bytes: its kind, its length, and the number of the packet. They come in the order of the packets.
socket.on("data", (data: Buffer) => {
  rest += data.length;
  acked += Math.floor(rest / 4);
  rest %= 4;
  if (clock.ackThrough(acked)) process.exit(0);
  fill();
});
fill();
