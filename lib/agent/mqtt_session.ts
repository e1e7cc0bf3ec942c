/** One connection to a broker of MQTT: a message is answered when its event is safe, so that the broker keeps it until then. */
import { FramewireError } from "../errors.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { Connection } from "../platform/network.ts";
import {
  decodeConnack,
  decodePublish,
  decodeSuback,
  encodeConnect,
  encodeDisconnect,
  encodePing,
  encodePubacks,
  encodeSubscribe,
  MQTT,
  type MqttConnect,
  type MqttMessage,
  type MqttPacket,
} from "./mqtt_packets.ts";
import { lost, MqttReader } from "./mqtt_reader.ts";
import { isMatch } from "./mqtt_topics.ts";

export interface MqttSessionOptions {
  readonly connect: Omit<MqttConnect, "keepAliveSeconds">;
  /** Topics, with `+` and `#`. */
  readonly filters: readonly string[];
  readonly clock: Clock;
  /** All topics are subscribed. */
  readonly subscribed: () => void;
  /** What a person should know. */
  readonly trouble: (text: string) => void;
  /** Takes messages, in order; resolves with whether they are safe, which they may not be once `signal` aborts. */
  readonly take: (messages: readonly MqttMessage[], signal: AbortSignal) => Promise<boolean>;
}

/** A sign of life goes out so often; two without an answer, and the connection is dead. */
const PING_SECONDS = 20;
/** Until the broker has let us in, and has answered our topics, ms. */
const GREETING_MS = 15_000;
/** What waits to be taken: beyond it the broker is not read, and waits itself. */
const WAITING_MAX = 1_000;
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
/** A polite end may take so long, ms. */
const GOODBYE_MS = 1_000;
/** The one packet of ours that has a number. */
const SUBSCRIBE_ID = 1;
const NOT_GRANTED = 128;
/** Why a broker does not let us in, by its code. */
const REFUSALS = [
  "",
  "it does not speak MQTT 3.1.1",
  "it does not like our name",
  "it is not ready",
  "user or password are wrong",
  "it does not let us in; does it want a user and password?",
];

export class MqttSession {
  readonly #connection: Connection;
  readonly #options: MqttSessionOptions;
  readonly #reader: MqttReader;
  /** Aborts when it is over, by itself or as it was told to stop. */
  readonly #over = new AbortController();
  /** Why it is over; null when it was told to. */
  #error: unknown = null;
  readonly #waiting: MqttMessage[] = [];
  #waitingBytes = 0;
  #wakeTaker = () => {};
  /** Set while the broker is not read. */
  #wakeReader: (() => void) | null = null;
  /** What the broker keeps of a topic is new to us. */
  #takesRetained = true;
  #writing: Promise<void> = Promise.resolve();
  #cancelGreeting = () => {};
  #cancelGoodbye = () => {};

  constructor(connection: Connection, options: MqttSessionOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#reader = new MqttReader(connection);
  }

  /** Resolves when `signal` aborts; rejects when the connection ends, or taking fails. It is closed then. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, connect } = this.#options;
    const stop = () => this.#end(null);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const late = "The broker did not let us in, or did not answer our topics, in time";
    this.#cancelGreeting = clock.timer(GREETING_MS, () => this.#end(new FramewireError("HANDSHAKE_TIMEOUT", late)));
    void this.#write(encodeConnect({ ...connect, keepAliveSeconds: 2 * PING_SECONDS }));
    const reading = this.#read().catch((error) => this.#end(error));
    await Promise.all([this.#take().catch((error) => this.#end(error)), this.#ping()]);
    if (this.#error === null) await this.#write(encodeDisconnect());
    this.#cancelGreeting();
    this.#cancelGoodbye();
    signal.removeEventListener("abort", stop);
    this.#connection.close();
    await Promise.all([reading, this.#writing]);
    if (this.#error !== null) throw this.#error;
  }

  #end(error: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#error = error;
    this.#over.abort();
    this.#wakeTaker();
    this.#wakeReader?.();
    // Ends a read or a write that waits; when told to stop, what is being taken may still be answered.
    if (error !== null) return this.#connection.close();
    this.#cancelGoodbye = this.#options.clock.timer(GOODBYE_MS, () => this.#connection.close());
  }

  async #read(): Promise<void> {
    const connack = await this.#reader.next();
    if (connack.type !== MQTT.connack) throw unexpected(connack);
    const { hasSession, code } = decodeConnack(connack);
    if (code !== 0) {
      const reason = REFUSALS[code] ?? `its code is ${code}`;
      throw new FramewireError("UNAUTHENTICATED", `The broker refuses us: ${reason}`);
    }
    // Asked for again, it is given again: a session of before has had it.
    this.#takesRetained = !hasSession;
    void this.#write(encodeSubscribe(SUBSCRIBE_ID, this.#options.filters));
    while (!this.#over.signal.aborted) {
      const packet = await this.#reader.next();
      if (packet.type === MQTT.publish) await this.#published(decodePublish(packet));
      else if (packet.type === MQTT.suback) this.#subscribed(decodeSuback(packet).granted);
      else if (packet.type !== MQTT.pingresp) throw unexpected(packet);
    }
  }

  #subscribed(granted: readonly number[]): void {
    const { filters, subscribed, trouble } = this.#options;
    this.#cancelGreeting();
    const refused = filters.filter((_, at) => (granted[at] ?? NOT_GRANTED) === NOT_GRANTED);
    if (refused.length === filters.length) {
      throw new FramewireError("UNAUTHENTICATED", `The broker does not let us read ${refused.join(", ")}`);
    }
    subscribed();
    if (refused.length > 0) trouble(`the broker does not let us read ${refused.join(", ")}`);
    const unsure = filters.filter((_, at) => granted[at] === 0);
    if (unsure.length > 0) trouble(`the broker gives ${unsure.join(", ")} with QoS 0 only: messages may be lost`);
  }

  async #published(message: MqttMessage): Promise<void> {
    this.#waiting.push(message);
    this.#waitingBytes += message.payload?.length ?? 0;
    this.#wakeTaker();
    while (this.#isFull() && !this.#over.signal.aborted) {
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
      this.#wakeReader = null;
    }
  }

  #isFull(): boolean {
    return this.#waiting.length >= WAITING_MAX || this.#waitingBytes >= WAITING_BYTES_MAX;
  }

  /** In their order, as PUBACKs must be. */
  async #take(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      if (this.#waiting.length === 0) {
        await new Promise<void>((resolve) => this.#wakeTaker = resolve);
        continue;
      }
      const some = this.#waiting.splice(0);
      this.#waitingBytes = 0;
      this.#wakeReader?.();
      const isSafe = await this.#options.take(some.filter((message) => this.#isWanted(message)), signal);
      if (!isSafe) return;
      const ids = some.filter(({ qos }) => qos > 0).map(({ id }) => id);
      if (ids.length > 0) await this.#write(encodePubacks(ids));
    }
  }

  /** A session of before may have topics that are not in the config any more. */
  #isWanted({ topic, isRetained }: MqttMessage): boolean {
    return (this.#takesRetained || !isRetained) && this.#options.filters.some((filter) => isMatch(filter, topic));
  }

  async #ping(): Promise<void> {
    const { signal } = this.#over;
    let [heardBytes, unheard] = [0, 0];
    for (;;) {
      await sleep(this.#options.clock, PING_SECONDS * 1_000, signal);
      if (signal.aborted) return;
      // As long as it is not read, it cannot be heard. A large message on a slow link has no pong in it.
      if (this.#wakeReader !== null || this.#reader.bytes > heardBytes) unheard = 0;
      heardBytes = this.#reader.bytes;
      if (unheard >= 2) return this.#end(new FramewireError("PEER_SILENT", "The broker does not answer"));
      unheard++;
      // Also to one that is not read: it was promised a sign of life.
      void this.#write(encodePing());
    }
  }

  /** One after the other; never rejects: it is over then. */
  #write(bytes: Uint8Array): Promise<void> {
    return this.#writing = this.#writing.then(async () => {
      for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
    }).catch((error) => this.#end(lost(error)));
  }
}

function unexpected({ type }: MqttPacket): FramewireError {
  return new FramewireError("UNEXPECTED_MESSAGE", `The broker sent a packet of type ${type}, which nobody asked for`);
}
