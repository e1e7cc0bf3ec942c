/** Asking an HTTP server, passed in as a value: the only file which calls `fetch`. */
import { FramewireError, messageOf } from "../errors.ts";

/** An answer whose body has just begun. */
export interface HttpAnswer {
  readonly status: number;
  header(name: string): string | null;
  /** The next bytes of the body, the caller's own; null at its end. Rejects when the connection breaks. One call at a time. */
  read(): Promise<Uint8Array | null>;
  /** Lets go of the body, and of the connection. */
  close(): Promise<void>;
}

export interface HttpClient {
  /** @throws {FramewireError} `CONNECTION_LOST` when there is no answer; the reason of `signal` when that aborts. */
  get(url: string, signal: AbortSignal): Promise<HttpAnswer>;
}

/** The machine's. */
export const systemHttpClient: HttpClient = {
  async get(url, signal) {
    let response: Response;
    try {
      response = await fetch(url, { signal });
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw new FramewireError("CONNECTION_LOST", `Cannot connect to ${url}: ${messageOf(cause)}`, { cause });
    }
    const reader = response.body?.getReader();
    return {
      status: response.status,
      header: (name) => response.headers.get(name),
      read: async () => (await reader?.read())?.value ?? null,
      close: async () => await reader?.cancel().catch(() => {}),
    };
  },
};

/**
 * Posts JSON; resolves with the status of the answer, whose body is not read. Redirects are not followed.
 *
 * Rejects with `CONNECTION_LOST` when there is no answer, or with the reason of `signal` when that aborts.
 */
export type HttpPost = (url: string, json: string, signal: AbortSignal) => Promise<number>;

/** The machine's. */
export const systemHttpPost: HttpPost = async (url, json, signal) => {
  const headers = { "content-type": "application/json; charset=utf-8" };
  try {
    const response = await fetch(url, { method: "POST", body: json, headers, signal, redirect: "manual" });
    await response.body?.cancel();
    return response.status;
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new FramewireError("CONNECTION_LOST", `Cannot connect to ${url}: ${messageOf(cause)}`, { cause });
  }
};
