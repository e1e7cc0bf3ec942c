/**
 * Posts alerts to where rules say: each address on its own, in order, a few times over when it does not answer. What a
 * stop leaves waiting is posted after the next start: an address may hear twice of an alert, but not never.
 */
import { messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { HttpPost } from "../platform/http_client.ts";
import type { Alert } from "../store/alert_catalog.ts";
import type { AlertPost } from "../store/alert_store.ts";

/** Alerts which wait for one address; more are left out, and counted. */
const QUEUE_MAX = 100;
/** An answer comes within this time. */
const TIMEOUT_MS = 10_000;
/** Furthest from 1970 that a `Date` goes, ms. */
const TIME_MAX_MS = 8.64e15;
/** Pauses before it is tried again. */
const RETRIES_MS = [1_000, 5_000, 25_000, 120_000, 600_000];

export interface WebhooksOptions {
  readonly post: HttpPost;
  readonly clock: Clock;
  readonly log: Log;
  /** How the post of an alert ended; not called for what a stop leaves waiting. Must be quick. */
  readonly done: (alertId: number, what: AlertPost, state: "delivered" | "failed") => void;
}

/** What one address is to be told. */
interface Post {
  readonly alertId: number;
  readonly what: AlertPost;
  readonly body: string;
}

/** One address. */
interface Target {
  readonly queue: Post[];
  sending: Promise<void> | undefined;
}

export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #targets = new Map<string, Target>();
  readonly #stopping = new AbortController();

  constructor(options: WebhooksOptions) {
    this.#options = options;
  }

  /** Tells `url` of an alert that was raised, or has ended. Returns at once. */
  send(url: string, alert: Alert, what: AlertPost): void {
    let target = this.#targets.get(url);
    if (target === undefined) this.#targets.set(url, target = { queue: [], sending: undefined });
    if (target.queue.length >= QUEUE_MAX) {
      this.#options.log("warn", "Webhook takes nothing; alert not sent", { url, alert: alert.id });
      return this.#options.done(alert.id, what, "failed");
    }
    target.queue.push({ alertId: alert.id, what, body: bodyOf(alert, what) });
    target.sending ??= this.#drain(url, target);
  }

  /** Gives up what waits. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#targets.values()].map(({ sending }) => sending));
  }

  async #drain(url: string, target: Target): Promise<void> {
    const { log, done } = this.#options;
    for (let post = target.queue.shift(); post !== undefined; post = target.queue.shift()) {
      const problem = await this.#deliver(url, post.body);
      if (problem === null) done(post.alertId, post.what, "delivered");
      else if (!this.#stopping.signal.aborted) {
        log("warn", "Webhook failed", { url, alert: post.alertId, error: problem });
        done(post.alertId, post.what, "failed");
      }
    }
    target.sending = undefined;
  }

  /** What went wrong at last; null when it was taken. */
  async #deliver(url: string, body: string): Promise<string | null> {
    const { signal } = this.#stopping;
    let problem = "";
    for (const pauseMs of [0, ...RETRIES_MS]) {
      if (pauseMs > 0) await sleep(this.#options.clock, pauseMs, signal);
      if (signal.aborted) return problem;
      const status = await this.#post(url, body);
      if (typeof status === "number" && status >= 200 && status < 300) return null;
      problem = typeof status === "number" ? `status ${status}` : status;
      // It was understood, and refused: the same again changes nothing.
      if (typeof status === "number" && status >= 400 && status < 500 && status !== 408 && status !== 429) {
        return problem;
      }
    }
    return problem;
  }

  async #post(url: string, body: string): Promise<number | string> {
    const { clock, post } = this.#options;
    const given = new AbortController();
    const cancel = clock.timer(TIMEOUT_MS, () => given.abort(`no answer for ${TIMEOUT_MS / 1_000} s`));
    try {
      return await post(url, body, AbortSignal.any([given.signal, this.#stopping.signal]));
    } catch (error) {
      return messageOf(error);
    } finally {
      cancel();
    }
  }
}

function bodyOf(
  { id, rule, condition, device, feed, sensor, measure, value, ...times }: Alert,
  what: AlertPost,
): string {
  const { sinceMs, raisedMs, endedMs } = times;
  const ended = what === "raised" || endedMs === null ? null : rfc3339(endedMs);
  return JSON.stringify({
    ...{ event: what, id, rule, condition, device, feed, deviceId: sensor, measure, value },
    ...{ since: rfc3339(sinceMs), raised: rfc3339(raisedMs), ended },
  });
}

/** What a mad clock gives may be no date. */
function rfc3339(timeMs: number): string {
  return new Date(Math.min(Math.max(timeMs, -TIME_MAX_MS), TIME_MAX_MS)).toISOString();
}
