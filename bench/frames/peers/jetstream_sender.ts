/**
 * Publishes pictures to a stream of JetStream, with a window: see `sender_clock.ts` for the arguments. The stream keeps
 * what comes in a file; a publish is acked when it has been written, before it is synced.
 */
import { DiscardPolicy, jetstreamManager, RetentionPolicy, StorageType } from "npm:@nats-io/jetstream@3.4.0";
import { connect } from "npm:@nats-io/transport-node@3.4.0";
import process from "node:process";
import { senderArgs, SenderClock } from "./sender_clock.ts";

const args = senderArgs(process.argv.slice(2));
const clock = new SenderClock(args);
const connection = await connect({ servers: `127.0.0.1:${args.port}` });
const manager = await jetstreamManager(connection);
await manager.streams.add({
  name: "frames",
  subjects: ["camera"],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
});
const stream = manager.jetstream();

function fill(): void {
  while (clock.sent < args.all && clock.sent - clock.acked < args.window) {
    const picture = args.pictures[clock.sent % args.pictures.length];
    clock.send();
    stream.publish("camera", picture).then(({ seq }) => {
      if (clock.ackThrough(seq)) process.exit(0);
      fill();
    }, (error: Error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    });
  }
}
fill();
