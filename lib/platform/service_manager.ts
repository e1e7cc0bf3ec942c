/**
 * Tells systemd that the program is ready, alive and stopping. Its socket is a datagram one, which Deno has only behind an
 * unstable flag: the program `systemd-notify` writes to it, so that the unit needs `NotifyAccess=all`.
 */
import type { Clock } from "./clock.ts";
import type { Processes } from "./processes.ts";

/** What a program tells the manager which has started it; nothing happens without one. */
export interface ServiceManager {
  /** Everything is up; from here on a sign of life goes out as often as the manager wants one. */
  ready(status: string): void;
  /** One line which `systemctl status` shows. */
  status(text: string): void;
  /** Resolves when the manager knows; nothing is told any more. */
  stopping(): Promise<void>;
}

/** The manager in the variables of systemd; `failed` hears the first time that it cannot be told. */
export function systemServiceManager(
  outside: { readonly env: (name: string) => string | undefined; readonly processes: Processes; readonly clock: Clock },
  failed: (error: unknown) => void,
): ServiceManager {
  const { env, processes, clock } = outside;
  if ((env("NOTIFY_SOCKET") ?? "") === "") {
    return { ready: () => {}, status: () => {}, stopping: () => Promise.resolve() };
  }
  let hasFailed = false;
  let isStopping = false;
  let cancel = () => {};
  let last = "";
  let turn: Promise<void> = Promise.resolve();
  // One after the other: STOPPING must not overtake READY.
  const tell = (...words: string[]): Promise<void> =>
    turn = turn.then(async () => {
      const child = processes.spawn({ program: "systemd-notify", args: words, input: false });
      // Also what it does not say is read to its end, so that nothing of it stays open.
      while (await child.read(new Uint8Array(64)) !== null);
      const { code } = await child.exited;
      if (code !== 0) throw new Error(child.lastWords() || `systemd-notify ended with code ${code}`);
    }).catch((error) => {
      if (!hasFailed) failed(error);
      hasFailed = true;
    });
  // Half of the time after which the manager would end us.
  const everyMs = Number(env("WATCHDOG_USEC") ?? 0) / 2_000;
  const beat = () => {
    cancel = clock.timer(everyMs, () => void tell("WATCHDOG=1").then(() => isStopping || beat()));
  };
  return {
    ready(status) {
      last = status;
      tell("READY=1", `STATUS=${status}`);
      if (everyMs > 0) beat();
    },
    status(text) {
      if (text === last || isStopping) return;
      last = text;
      tell(`STATUS=${text}`);
    },
    async stopping() {
      isStopping = true;
      cancel();
      await tell("STOPPING=1");
    },
  };
}
