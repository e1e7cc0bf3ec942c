/** What an agent does, as its config file says. Types only. */
import type { SourceOptions } from "../client/source_options.ts";
import type { HostPort } from "../config/values.ts";
import type { CLIP_ENDS, WHEN_FULL } from "./config_table.ts";

export interface AgentConfig {
  readonly uplink: UplinkSettings;
  readonly spool: SpoolSettings;
  readonly sources: readonly SourceOptions[];
  readonly clips: readonly ClipFolderSettings[];
  readonly feeds: readonly FeedSettings[];
}

/** Where to, and who we are. Paths are absolute. */
export interface UplinkSettings {
  readonly server: HostPort;
  /** Null: the host name. */
  readonly device: string | null;
  readonly tokenFile: string | null;
  readonly tls: boolean;
  readonly tlsCa: string | null;
}

export interface SpoolSettings {
  readonly folder: string;
  readonly bytesMax: number;
  readonly keepMs: number;
}

/** A folder whose files are sent when they have stopped growing. */
export interface ClipFolderSettings {
  readonly folder: string;
  readonly pattern: string;
  readonly end: typeof CLIP_ENDS[number];
  /** Where files are moved to; null unless `end` is `move`. */
  readonly moveTo: string | null;
  readonly settledMs: number;
}

/** A feed, and where its events come from. */
export interface FeedSettings {
  readonly feed: string;
  readonly from: FeedOrigin;
  /** Source of this box whose pictures belong to its events. */
  readonly source: string | null;
  readonly whenFull: typeof WHEN_FULL[number];
}

export type FeedOrigin =
  /** `everyMs`: it is run again so long after it ended; null when it should not end. */
  | {
    readonly kind: "command";
    readonly program: string;
    readonly args: readonly string[];
    readonly everyMs: number | null;
  }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "stdin" }
  | { readonly kind: "demo"; readonly everyMs: number }
  | { readonly kind: "http"; readonly address: HostPort }
  | MqttOrigin;

/** A broker of MQTT, and what is wanted of it. */
export interface MqttOrigin {
  readonly kind: "mqtt";
  readonly address: HostPort;
  readonly user: string | null;
  readonly password: string | null;
  /** With `+` and `#`. */
  readonly topics: readonly string[];
  readonly tls: boolean;
  /** Authority which alone is trusted; null for those that everybody trusts. */
  readonly tlsCa: string | null;
}
