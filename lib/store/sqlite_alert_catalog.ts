/** Alerts in SQLite: the calls of `AlertCatalog`, for the catalog's worker. */
import type { AlertCatalog } from "./alert_catalog.ts";
import type { CatalogCaller } from "./sqlite_frame_catalog.ts";

/** Methods of the worker which are about alerts begin with this. */
export const ALERT_CALL = "alerts.";

type Call<Name extends keyof AlertCatalog> = ReturnType<AlertCatalog[Name]>;
type Args<Name extends keyof AlertCatalog> = Parameters<AlertCatalog[Name]>;

export class SqliteAlertCatalog implements AlertCatalog {
  readonly #call: <Name extends keyof AlertCatalog>(name: Name, args: Args<Name>) => Call<Name>;

  constructor(call: CatalogCaller) {
    this.#call = (name, args) => call(ALERT_CALL + name, ...args) as Call<typeof name>;
  }

  put(...args: Args<"put">): Call<"put"> {
    return this.#call("put", args);
  }

  drop(...args: Args<"drop">): Call<"drop"> {
    return this.#call("drop", args);
  }

  lastId(...args: Args<"lastId">): Call<"lastId"> {
    return this.#call("lastId", args);
  }

  unsettled(...args: Args<"unsettled">): Call<"unsettled"> {
    return this.#call("unsettled", args);
  }

  page(...args: Args<"page">): Call<"page"> {
    return this.#call("page", args);
  }
}
