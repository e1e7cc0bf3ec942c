/** How many alerts a device may have: a rule which flaps with every event, or a box that wants it so, must not cost others. */
import { LIMITS } from "../config/limits.ts";

const MINUTE_MS = 60_000;
/** Devices without an alert are forgotten when there are more than this. */
const DEVICES_MAX = 1_000;

interface Account {
  holding: number;
  /** Raised since `minuteMs`. */
  raised: number;
  minuteMs: number;
}

export class AlertBudget {
  readonly #accounts = new Map<string, Account>();
  #holding = 0;

  /** How many hold, of all devices. */
  get holding(): number {
    return this.#holding;
  }

  /** One more of `device` holds; false when it has too many, or has raised too many of late. `nowMs`: monotonic. */
  take(device: string, nowMs: number): boolean {
    const account = this.#accountOf(device, nowMs);
    if (nowMs - account.minuteMs >= MINUTE_MS) Object.assign(account, { raised: 0, minuteMs: nowMs });
    const isFull = account.holding >= LIMITS.alertsHoldingPerDeviceMax || this.#holding >= LIMITS.alertsHoldingMax;
    if (isFull || account.raised >= LIMITS.alertsPerMinuteMax) return false;
    account.raised++;
    this.#count(account, 1);
    return true;
  }

  /** One held before a restart. */
  keep(device: string, nowMs: number): void {
    this.#count(this.#accountOf(device, nowMs), 1);
  }

  /** One of `device` has ended. */
  give(device: string, nowMs: number): void {
    this.#count(this.#accountOf(device, nowMs), -1);
  }

  #count(account: Account, change: 1 | -1): void {
    account.holding += change;
    this.#holding += change;
  }

  #accountOf(device: string, nowMs: number): Account {
    let account = this.#accounts.get(device);
    if (account === undefined) {
      if (this.#accounts.size >= DEVICES_MAX) this.#forget(nowMs);
      this.#accounts.set(device, account = { holding: 0, raised: 0, minuteMs: nowMs });
    }
    return account;
  }

  #forget(nowMs: number): void {
    for (const [device, { holding, minuteMs }] of this.#accounts) {
      if (holding === 0 && nowMs - minuteMs >= MINUTE_MS) this.#accounts.delete(device);
    }
  }
}
