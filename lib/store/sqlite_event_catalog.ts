/** Events in SQLite: the calls of `EventCatalog`, for the catalog's worker. */
import type { EventAppend, EventCatalog } from "./event_catalog.ts";
import type { CatalogCaller } from "./sqlite_frame_catalog.ts";

/** Methods of the worker which are about events begin with this. */
export const EVENT_CALL = "events.";

/** The batch of a call which appends one: the worker takes its bytes over. */
export function batchOf(method: string, args: readonly unknown[]): Uint8Array<ArrayBuffer> | undefined {
  return method === `${EVENT_CALL}append` ? (args[0] as EventAppend).batch : undefined;
}

type Call<Name extends keyof EventCatalog> = ReturnType<EventCatalog[Name]>;
type Args<Name extends keyof EventCatalog> = Parameters<EventCatalog[Name]>;

export class SqliteEventCatalog implements EventCatalog {
  readonly #call: <Name extends keyof EventCatalog>(name: Name, args: Args<Name>) => Call<Name>;

  constructor(call: CatalogCaller) {
    this.#call = (name, args) => call(EVENT_CALL + name, ...args) as Call<typeof name>;
  }

  openFeed(...args: Args<"openFeed">): Call<"openFeed"> {
    return this.#call("openFeed", args);
  }

  append(...args: Args<"append">): Call<"append"> {
    return this.#call("append", args);
  }

  dropEvents(...args: Args<"dropEvents">): Call<"dropEvents"> {
    return this.#call("dropEvents", args);
  }

  dropMinutes(...args: Args<"dropMinutes">): Call<"dropMinutes"> {
    return this.#call("dropMinutes", args);
  }

  lastId(...args: Args<"lastId">): Call<"lastId"> {
    return this.#call("lastId", args);
  }

  feeds(...args: Args<"feeds">): Call<"feeds"> {
    return this.#call("feeds", args);
  }

  page(...args: Args<"page">): Call<"page"> {
    return this.#call("page", args);
  }

  picture(...args: Args<"picture">): Call<"picture"> {
    return this.#call("picture", args);
  }

  series(...args: Args<"series">): Call<"series"> {
    return this.#call("series", args);
  }
}
