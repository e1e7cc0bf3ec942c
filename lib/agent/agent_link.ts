/** The agent's one connection and its spool: what goes on as long as server, name and spool stay the same. */
import { readPem } from "../config/pem.ts";
import { backoffMs } from "../config/backoff.ts";
import { type BoxIdentity } from "../client/box_session.ts";
import { SpaceWatch } from "../client/space_watch.ts";
import type { BoxHealth } from "../client/status_teller.ts";
import { runUplink } from "../client/uplink.ts";
import { SOFTWARE } from "../config/version.ts";
import { FramewireError, messageOf } from "../errors.ts";
import { errorFields, type Log } from "../log.ts";
import { sleep } from "../platform/clock.ts";
import type { Network } from "../platform/network.ts";
import { BOX_FEED, type SpoolPolicy } from "../store/spool_options.ts";
import type { AgentConfig } from "./agent_config.ts";
import type { AgentOutside, AgentSpool } from "./agent_outside.ts";
import { AgentWork } from "./agent_work.ts";
import { FeedPart } from "./feed_part.ts";
import { Repeats } from "./repeats.ts";
import { SupervisedPart } from "./supervised_part.ts";

/** What a link is made for; another one of these needs another link. */
export type LinkSettings = Pick<AgentConfig, "uplink" | "spool">;

export interface LinkOptions {
  readonly settings: LinkSettings;
  readonly outside: AgentOutside;
  readonly log: Log;
  /** What a full spool does with a feed, at this moment. */
  readonly policyOf: (feed: string) => SpoolPolicy;
  /** Parts that do not work, besides those of the link. */
  readonly troubles: () => readonly string[];
}

/** At most so many are told, characters each. */
const TROUBLES_MAX = 32;
const TROUBLE_CHARACTERS_MAX = 300;
/** A connection that lasted so long was a good one, ms: pauses are short again. */
const GOOD_MS = 10_000;
/** In an outage the same is said this often, ms: it may last for days. */
const STILL_MS = 600_000;

export class AgentLink {
  readonly work = new AgentWork();
  readonly #options: LinkOptions;
  readonly #stop = new AbortController();
  readonly #feeds = new Map<string, { part: FeedPart; supervised: SupervisedPart }>();
  #spool: AgentSpool | undefined;
  #running: Promise<unknown> = Promise.resolve();
  readonly #space: SpaceWatch;
  readonly #repeats: Repeats;
  /** Why there is no connection; null when there is one. */
  #trouble: string | null = "not connected yet";

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#space = new SpaceWatch(options.settings.spool.folder, options.outside);
    this.#repeats = new Repeats(options.outside.clock, STILL_MS);
  }

  /** Whether the server has welcomed us, and the connection stands as far as we know. */
  get isConnected(): boolean {
    return this.#trouble === null;
  }

  /** What does not work, for a person; the link itself first. */
  get troubles(): string[] {
    const own = [...this.#feeds.values()].flatMap(({ supervised }) => supervised.trouble ?? []);
    return [...(this.#trouble === null ? [] : [`server: ${this.#trouble}`]), ...own, ...this.#spoolTrouble()];
  }

  /** Of the link that was started. */
  get spool(): AgentSpool {
    return this.#spool!;
  }

  /** Opens the spool and begins to connect. Rejects when the spool cannot be used. */
  async start(): Promise<void> {
    const { settings: { spool }, outside: { openSpool, disk, clock, random }, log, policyOf } = this.#options;
    this.#spool = await openSpool({
      path: spool.folder,
      bytesMax: spool.bytesMax,
      keepMs: spool.keepMs,
      policyOf,
      ...{ disk, clock, random },
      note: (text) => log("warn", `spool: ${text}`),
    });
    // What waits of feeds that are gone from the config is sent all the same.
    for (const name of new Set([...this.#spool.feeds(), BOX_FEED])) await this.feed(name);
    this.#running = Promise.all([this.#connect(), this.#space.run(this.#stop.signal)]);
  }

  /** The feed of this name; made when it is new. It stays for as long as the link. */
  async feed(name: string): Promise<FeedPart> {
    const known = this.#feeds.get(name);
    if (known !== undefined) return known.part;
    const { outside: { clock, random }, log } = this.#options;
    const part = new FeedPart(name, await this.#spool!.feed(name), clock, this.work);
    const supervised = new SupervisedPart(part, { clock, random, log });
    this.#feeds.set(name, { part, supervised });
    supervised.start();
    return part;
  }

  /** Ends the connection, cleanly if that takes but a moment, and closes the spool. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.all([...this.#feeds.values()].map(({ supervised }) => supervised.stop()));
    await this.#spool?.close();
  }

  async #connect(): Promise<void> {
    const { outside: { clock, random }, log } = this.#options;
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted;) {
      const startedMs = clock.now();
      try {
        await this.#runUplink(signal);
      } catch (thrown) {
        if (signal.aborted) return;
        // Refused for good, as the server thinks; a person may mend that there, and nobody is here to start us again.
        if (clock.now() - startedMs > GOOD_MS) failures = 0;
        this.#trouble = messageOf(thrown);
        log("warn", "The server cannot be used", errorFields(thrown));
      }
      await sleep(clock, backoffMs(3 + failures++, random), signal);
    }
  }

  async #runUplink(signal: AbortSignal): Promise<void> {
    const { outside: { clock, random }, settings: { uplink }, log } = this.#options;
    const { sources, feeds, clips, open } = this.work;
    await runUplink(
      {
        ...{ network: this.#network(), clock, random, address: uplink.server, identity: this.#identity() },
        ...{ retryForMs: Infinity, sources: sources.jobs, feeds: feeds.jobs, work: open },
        health: () => this.#health(),
        connected: (welcome, remote) => {
          this.#trouble = null;
          this.#repeats.forget();
          log("info", "Connected", { server: remote, software: welcome.software, page: welcome.httpUrl });
        },
        interrupted: (error, retryInMs) => {
          this.#trouble = error.message;
          const level = this.#repeats.isNews(error.message) ? "warn" : "debug";
          log(level, "Not connected", { ...errorFields(error), retryInMs: Math.round(retryInMs) });
        },
      },
      clips.jobs,
      signal,
    );
  }

  #network(): Network {
    const { outside, settings: { uplink } } = this.#options;
    if (!uplink.tls) return outside.network;
    const caCert = uplink.tlsCa === null ? null : readPem(outside.program, "tls-ca", uplink.tlsCa, "CERTIFICATE");
    return outside.tlsNetwork({ caCert });
  }

  #identity(): BoxIdentity {
    const { outside: { program }, settings: { uplink } } = this.#options;
    let token = program.env("FRAMEWIRE_TOKEN") ?? "";
    try {
      if (uplink.tokenFile !== null) token = program.readText(uplink.tokenFile).trim();
    } catch (cause) {
      throw new FramewireError("USAGE", `Cannot read token-file ${uplink.tokenFile}: ${messageOf(cause)}`, { cause });
    }
    return { device: uplink.device ?? program.hostname, token, software: `${SOFTWARE} ${program.system}` };
  }

  #health(): BoxHealth {
    const { events, bytes, frames, frameBytes, clips, clipBytes, oldestMs, dropped, droppedFrames } = this.#spool!
      .status();
    const troubles = [...this.#options.troubles(), ...this.troubles];
    return {
      spooledEvents: events,
      spooledBytes: bytes,
      oldestMs,
      droppedEvents: dropped,
      ...{ spooledFrames: frames, spooledFrameBytes: frameBytes, droppedFrames },
      ...{ spooledClips: clips, spooledClipBytes: clipBytes },
      diskFreeBytes: this.#space.freeBytes,
      diskBytes: this.#space.totalBytes,
      troubles: troubles.slice(0, TROUBLES_MAX).map((text) => text.slice(0, TROUBLE_CHARACTERS_MAX)),
    };
  }

  #spoolTrouble(): string[] {
    const trouble = this.#spool?.status().trouble ?? null;
    return trouble === null ? [] : [`spool: ${trouble}`];
  }
}
