/** Messages of a broker of MQTT as events. The connection is made again by whoever runs the part. */
import { FramewireError, messageOf } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import { readPem } from "../config/pem.ts";
import type { Network } from "../platform/network.ts";
import type { NewEvent } from "../store/feed_queue.ts";
import type { MqttOrigin } from "./agent_config.ts";
import type { AgentOutside, ParseLine } from "./agent_outside.ts";
import type { LineFeed } from "./line_feed.ts";
import { eventOf } from "./mqtt_event.ts";
import type { MqttMessage } from "./mqtt_packets.ts";
import { MqttSession } from "./mqtt_session.ts";
import type { Part, PartHealth } from "./supervised_part.ts";

export interface MqttPartOptions {
  readonly broker: MqttOrigin;
  readonly device: string;
  /** Source of this box whose pictures belong to the events. */
  readonly source: string | null;
  /** The network to the broker, encrypted or not. Throws when its certificate cannot be read. */
  readonly network: () => Network;
  readonly lines: LineFeed;
  readonly parse: ParseLine;
  readonly clock: Clock;
}

/** A connection that is not made in this time is none, ms. */
const CONNECT_MS = 15_000;

export class MqttPart implements Part {
  readonly name: string;
  readonly #options: MqttPartOptions;
  readonly #clientId: string;

  constructor(feed: string, options: MqttPartOptions) {
    const { hostname, port } = options.broker.address;
    this.name = `feed ${feed} of MQTT at ${hostname}:${port}`;
    this.#options = options;
    this.#clientId = `framewire-${options.device}-${feed}`;
  }

  async run(signal: AbortSignal, health: PartHealth): Promise<void> {
    const { broker: { address, user, password, topics }, network, clock } = this.#options;
    const late = new AbortController();
    const cancel = clock.timer(CONNECT_MS, () => late.abort());
    const either = AbortSignal.any([signal, late.signal]);
    const connection = await network().connect(address, { signal: either }).catch((error) => {
      if (!late.signal.aborted) throw error;
      const text = `Cannot connect to ${address.hostname}:${address.port}: no answer for ${CONNECT_MS / 1_000} s`;
      throw new FramewireError("CONNECTION_LOST", text, { cause: error });
    }).finally(cancel);
    const session = new MqttSession(connection, {
      connect: { clientId: this.#clientId, user, password },
      filters: topics,
      clock,
      subscribed: () => {
        health.note(`takes ${topics.join(", ")}`);
        health.works();
      },
      trouble: (text) => health.trouble(text),
      take: (messages, over) => this.#take(messages, health, over),
    });
    await session.run(signal);
  }

  async #take(messages: readonly MqttMessage[], health: PartHealth, signal: AbortSignal): Promise<boolean> {
    const { source, parse, clock, lines } = this.#options;
    const events: NewEvent[] = [];
    const bad: string[] = [];
    for (const message of messages) {
      try {
        const event = eventOf(message, parse);
        if (event !== null) events.push({ timeMs: event.timeMs ?? clock.wallMs(), source, body: event.body });
      } catch (thrown) {
        bad.push(`a message of ${message.topic}: ${messageOf(thrown)}`);
      }
    }
    const areSafe = await lines.takeEvents(events, health, signal);
    const more = bad.length > 1 ? ` (and ${bad.length - 1} more)` : "";
    if (areSafe && bad.length > 0) health.trouble(`Left out ${bad[0]}${more}`);
    return areSafe;
  }
}

/** The network to a broker. @throws {FramewireError} `USAGE` when its authority cannot be read. */
export function brokerNetwork({ tls, tlsCa }: MqttOrigin, outside: AgentOutside): Network {
  if (!tls) return outside.network;
  return outside.tlsNetwork({
    caCert: tlsCa === null ? null : readPem(outside.program, "tls-ca", tlsCa, "CERTIFICATE"),
  });
}
