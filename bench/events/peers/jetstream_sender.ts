/** Publishes readings to a stream of JetStream, with a window: see `sender_clock.ts` for the arguments. */
import { DiscardPolicy, jetstreamManager, RetentionPolicy, StorageType } from "npm:@nats-io/jetstream@3.4.0";
import { connect } from "npm:@nats-io/transport-node@3.4.0";
import process from "node:process";
import { readingJson, senderArgs, SenderClock } from "./sender_clock.ts";

const args = senderArgs(process.argv.slice(2));
const clock = new SenderClock(args);
const connection = await connect({ servers: `127.0.0.1:${args.port}` });
const manager = await jetstreamManager(connection);
await manager.streams.add({
  name: "events",
  subjects: ["sensor"],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
});
const stream = manager.jetstream();

function fill(): void {
  for (let room = clock.room; room > 0; room--) {
    stream.publish("sensor", readingJson(clock.send())).then(({ seq }) => {
      if (clock.ackThrough(seq)) process.exit(0);
      fill();
    }, (error: Error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    });
  }
}
fill();
