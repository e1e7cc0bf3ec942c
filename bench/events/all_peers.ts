/** All peers, in the order of the table. */
import type { EventPeer } from "./event_peer.ts";
import { framewireBox, framewireSend } from "./peers/framewire.ts";
import { jetstream } from "./peers/jetstream.ts";
import { mosquitto } from "./peers/mosquitto.ts";

/** All peers; the syncs of framewire's server are made `syncMs` longer. */
export function allEventPeers(syncMs: number): readonly EventPeer[] {
  return [
    framewireBox(syncMs),
    framewireSend(syncMs),
    mosquitto({ name: "mosquitto", noDelay: false }),
    mosquitto({ name: "mosquitto-nodelay", noDelay: true }),
    jetstream({
      name: "jetstream",
      why: "nats-server with file storage, a small client of our own under Node",
      window: 2_000,
      sender: "jetstream_small_sender",
    }),
    jetstream({
      name: "jetstream-client",
      why: "the same with @nats-io/jetstream 3.4.0, publishes with a window",
      window: 500,
      eventsMax: 100_000,
      sender: "jetstream_sender",
    }),
  ];
}
