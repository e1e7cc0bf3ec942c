/// <reference lib="dom" />
/** The log: events newest first. Live ones come on top, or wait there while somebody reads further down. */
import { effect, type Signal, signal } from "@preact/signals";
import type { EventFilter } from "../../event_library.ts";
import type { ShownEvent } from "./event_words.ts";
import { link } from "../state.ts";
import { type EventPage, fetchEvents } from "./event_api.ts";
import { onEvents } from "./event_state.ts";
import { isFound } from "./event_words.ts";
import { type LogRows, withLive, withOlder } from "./log_rows.ts";

/** Events of a page of the log. */
const PAGE_EVENTS = 50;
/** Typing is over when nothing was typed for this long, ms. */
const TYPING_MS = 250;
/** Live events are drawn this often at most, ms. */
const DRAW_MS = 250;
/** When not all live events are told, the server is asked this often at most, ms. */
const BEHIND_MS = 3_000;

/** Filter of the log without its span. */
export type LogFilter = Pick<EventFilter, "device" | "feed" | "kind" | "search">;

export class LogState {
  readonly filter: Signal<LogFilter> = signal({});
  readonly rows: Signal<LogRows> = signal({ events: [], next: null, isCut: false });
  /** Events which have come while somebody reads. */
  readonly held: Signal<number> = signal(0);
  readonly load: Signal<"loading" | "done" | "failed"> = signal("loading");
  #span: { readonly sinceMs?: number; readonly untilMs?: number } = {};
  #loading = new AbortController();
  #waiting: ShownEvent[] = [];
  #isBehind = false;
  #loadedMs = 0;
  #settling: ReturnType<typeof setTimeout> | undefined;
  /** Whether the top of the log is seen and nobody reads below it. */
  readonly #isAtTop: () => boolean;

  constructor(isAtTop: () => boolean) {
    this.#isAtTop = isAtTop;
  }

  /** Follows the events and the connection; the returned function ends that. */
  start(): () => void {
    const timer = setInterval(() => !document.hidden && this.#tick(), DRAW_MS);
    const deaf = onEvents((events, skipped) => this.#take(events, skipped));
    const unlink = effect(() => {
      if (link.value === "live") this.#plan(0);
    });
    return () => {
      clearInterval(timer);
      clearTimeout(this.#settling);
      deaf();
      unlink();
      this.#loading.abort();
    };
  }

  /** What the filter asks for, with its span. */
  get query(): EventFilter {
    return { ...this.filter.peek(), ...this.#span };
  }

  /** Another filter; `isTyping`: more letters may follow. */
  change(patch: { [name in keyof LogFilter]: LogFilter[name] | undefined }, isTyping = false): void {
    const next = { ...this.filter.peek(), ...patch };
    this.filter.value = Object.fromEntries(
      Object.entries(next).filter(([, value]) => value !== undefined && value !== ""),
    );
    this.#plan(isTyping ? TYPING_MS : 0);
  }

  /** Only events of a span; without `untilMs` live ones too, without `sinceMs` of all times. */
  within(span: { readonly sinceMs?: number; readonly untilMs?: number }): void {
    this.#span = span;
    this.#plan(TYPING_MS);
  }

  /** Shows what has come in the meantime. */
  release(): void {
    if (this.#isBehind) return this.#plan(0);
    this.rows.value = withLive(this.rows.peek(), this.#waiting);
    this.#waiting = [];
    this.held.value = 0;
  }

  /** Loads the next page of older events. */
  async older(): Promise<void> {
    const { events, next, isCut } = this.rows.peek();
    if (this.load.peek() === "loading" || (next === null && !isCut)) return;
    // Where rows at the end were left out the cursor leads past them: the time of the last one does not.
    const query = isCut ? { ...this.query, untilMs: (events.at(-1)?.timeMs ?? 0) + 1 } : this.query;
    const page = await this.#fetch(query, isCut ? null : next);
    if (page !== null) this.rows.value = withOlder(this.rows.peek(), page);
  }

  #take(events: readonly ShownEvent[], skipped: ReadonlySet<number>): void {
    if (this.#span.untilMs !== undefined) return;
    const query = { ...this.filter.peek() };
    this.#waiting.push(...events.filter((event) => isFound(event, query)));
    if (this.#waiting.length > PAGE_EVENTS * 4 || skipped.size > 0) this.#isBehind = true;
    if (this.#waiting.length > PAGE_EVENTS * 4) this.#waiting.splice(0, this.#waiting.length - PAGE_EVENTS * 4);
  }

  #tick(): void {
    if (this.#waiting.length === 0 || this.load.peek() === "loading") return;
    if (!this.#isAtTop()) {
      this.held.value = this.#waiting.length;
      return;
    }
    if (this.#isBehind && performance.now() - this.#loadedMs > BEHIND_MS) return this.#plan(0);
    this.rows.value = withLive(this.rows.peek(), this.#waiting);
    this.#waiting = [];
    this.held.value = 0;
  }

  #plan(waitMs: number): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#reload(), waitMs);
  }

  async #reload(): Promise<void> {
    this.#waiting = [];
    this.#isBehind = false;
    const page = await this.#fetch(this.query, null);
    if (page === null) return;
    this.rows.value = { ...page, isCut: false };
    this.held.value = 0;
  }

  async #fetch(query: EventFilter, cursor: string | null): Promise<EventPage | null> {
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#loadedMs = performance.now();
    const { signal } = this.#loading;
    this.load.value = "loading";
    try {
      const page = await fetchEvents(query, { cursor, limit: PAGE_EVENTS }, signal);
      this.load.value = "done";
      return page;
    } catch {
      if (!signal.aborted) this.load.value = "failed";
      return null;
    }
  }
}
