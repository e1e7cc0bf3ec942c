/** All of a box in one process: makes the parts of a config, and changes only those which another config has otherwise. */
import type { SourceOptions } from "../client/source_options.ts";
import type { CameraSettings } from "../frames/camera_spec.ts";
import type { Log } from "../log.ts";
import type { Address } from "../platform/network.ts";
import type { AgentConfig, FeedSettings } from "./agent_config.ts";
import { AgentLink } from "./agent_link.ts";
import type { AgentOutside } from "./agent_outside.ts";
import { ClipPart } from "./clip_part.ts";
import { CommandPart } from "./command_part.ts";
import { DemoPart } from "./demo_part.ts";
import type { FeedPart } from "./feed_part.ts";
import { HttpPart } from "./http_part.ts";
import { LineFeed } from "./line_feed.ts";
import { brokerNetwork, MqttPart } from "./mqtt_part.ts";
import { SourcePart } from "./source_part.ts";
import { SpooledSourcePart } from "./spooled_source_part.ts";
import { SharedInput, StdinPart } from "./stdin_part.ts";
import { type Part, SupervisedPart } from "./supervised_part.ts";
import { TailPart } from "./tail_part.ts";

export interface AgentOptions {
  readonly outside: AgentOutside;
  readonly log: Log;
  /** A feed takes POSTs here. */
  readonly listening?: (feed: string, address: Address) => void;
}

/** A part that a config asks for: the same key is the same part. */
interface Wanted {
  readonly key: string;
  make(link: AgentLink): Part | Promise<Part>;
}

export class Agent {
  readonly #options: AgentOptions;
  readonly #input: SharedInput;
  readonly #parts = new Map<string, SupervisedPart>();
  #config: AgentConfig | undefined;
  #link: AgentLink | undefined;
  #linkKey = "";
  /** Configs are applied one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#input = new SharedInput(() => options.outside.program.stdin);
  }

  /** What does not work at the moment, for a person. */
  get troubles(): string[] {
    return [...this.#partTroubles(), ...this.#link?.troubles ?? []];
  }

  /** One line for a person. */
  get status(): string {
    const troubled = this.#partTroubles().length;
    const parts = `${this.#parts.size - troubled} of ${this.#parts.size} parts work`;
    return `${this.#link?.isConnected === true ? "Connected" : "Not connected"}, ${parts}`;
  }

  /** Makes it so. Parts that stay the same go on as they are. Rejects when the spool cannot be used. */
  apply(config: AgentConfig): Promise<void> {
    return this.#inTurn(() => this.#apply(config));
  }

  /** Stops everything, cleanly. */
  stop(): Promise<void> {
    return this.#inTurn(() => this.#stopAll());
  }

  #inTurn(job: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(job);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #apply(config: AgentConfig): Promise<void> {
    const { outside, log } = this.#options;
    const linkKey = JSON.stringify([config.uplink, config.spool]);
    if (this.#link !== undefined && linkKey !== this.#linkKey) {
      log("info", "Server, name or spool have changed: everything is started anew");
      await this.#stopAll();
    }
    this.#config = config;
    const wanted = this.#wantedOf(config);
    const keys = new Set([...wanted, ...this.#leftOf(config)].map(({ key }) => key));
    const old = [...this.#parts].filter(([key]) => !keys.has(key));
    await Promise.all(old.map(([key, part]) => this.#stopPart(key, part)));
    if (this.#link === undefined) {
      const link = new AgentLink({
        settings: { uplink: config.uplink, spool: config.spool },
        ...{ outside, log },
        policyOf: (feed) => this.#policyOf(feed),
        troubles: () => this.#partTroubles(),
      });
      await link.start();
      this.#link = link;
      this.#linkKey = linkKey;
    }
    for (const { key, make } of [...wanted, ...this.#leftOf(config)]) {
      if (this.#parts.has(key)) continue;
      const part = new SupervisedPart(await make(this.#link), { ...outside, log });
      this.#parts.set(key, part);
      part.start();
      log("info", `${part.part.name} is started`);
    }
  }

  async #stopPart(key: string, part: SupervisedPart): Promise<void> {
    await part.stop();
    this.#parts.delete(key);
    this.#options.log("info", `${part.part.name} is stopped`);
  }

  async #stopAll(): Promise<void> {
    await Promise.all([...this.#parts].map(([key, part]) => this.#stopPart(key, part)));
    const link = this.#link;
    this.#link = undefined;
    await link?.stop();
  }

  #partTroubles(): string[] {
    return [...this.#parts.values()].flatMap(({ trouble }) => trouble ?? []);
  }

  #policyOf(name: string): FeedSettings["whenFull"] {
    return this.#config?.feeds.find(({ feed }) => feed === name)?.whenFull ?? "drop-oldest";
  }

  #wantedOf({ sources, clips, feeds, spool }: AgentConfig): Wanted[] {
    const { outside } = this.#options;
    return [
      ...sources.map((source): Wanted => ({
        key: JSON.stringify(["source", source]),
        make: ({ work, spool }) =>
          isSpooled(source)
            ? new SpooledSourcePart({ ...source.settings, camera: source.from.camera }, outside, work, spool)
            : new SourcePart(source, outside, work, spool),
      })),
      ...clips.map((folder): Wanted => ({
        key: JSON.stringify(["clips", folder]),
        make: (link) => new ClipPart(folder, spool.folder, outside, link.work, link.spool),
      })),
      ...feeds.map((feed): Wanted => {
        const { whenFull: _, ...settings } = feed;
        return {
          key: JSON.stringify(["feed", settings]),
          make: async (link) => this.#inputOf(feed, await link.feed(feed.feed)),
        };
      }),
    ];
  }

  /** Pictures in the spool of cameras which the config does not have any more: they are sent all the same. */
  #leftOf({ sources }: AgentConfig): Wanted[] {
    const { outside } = this.#options;
    const names = new Set(sources.filter(isSpooled).map(({ settings: { name } }) => name));
    return (this.#link?.spool.sources() ?? []).filter(({ name }) => !names.has(name)).map(({ name, kind }) => ({
      key: JSON.stringify(["left", name]),
      make: ({ work, spool }) => new SpooledSourcePart({ name, kind, camera: null }, outside, work, spool),
    }));
  }

  /** What brings the events of a feed. */
  #inputOf({ feed, from, source }: FeedSettings, to: FeedPart): Part {
    const { outside, listening } = this.#options;
    const { clock, disk, processes, parseLine, demoReading, httpServer } = outside;
    const push = (events: Parameters<FeedPart["push"]>[0]) => to.push(events);
    const lines = new LineFeed({ push, parse: parseLine, source, clock });
    switch (from.kind) {
      case "command":
        return new CommandPart(feed, { command: from, lines, processes, clock });
      case "file":
        return new TailPart(feed, { path: from.path, lines, mark: () => to.mark, disk, clock });
      case "stdin":
        return new StdinPart(feed, this.#input, lines);
      case "demo":
        return new DemoPart(feed, { everyMs: from.everyMs, source, lines, reading: demoReading, clock });
      case "http":
        return new HttpPart(feed, {
          ...{ address: from.address, lines, http: httpServer },
          listening: (address) => listening?.(feed, address),
        });
      case "mqtt":
        return new MqttPart(feed, {
          ...{ broker: from, source, lines, clock, parse: parseLine },
          device: this.#config?.uplink.device ?? outside.program.hostname,
          network: () => brokerNetwork(from, outside),
        });
    }
  }
}

/** A camera which may lose nothing; a folder is its own spool. */
function isSpooled(source: SourceOptions): source is SourceOptions & { readonly from: { camera: CameraSettings } } {
  return source.settings.policy === "all" && "camera" in source.from;
}
