/** What the page knows of feeds, alerts and backlogs, as signals; events themselves go to whoever listens. */
import { computed, type Signal, signal } from "@preact/signals";
import type { DeviceView } from "../../clip_library.ts";
import type { AlertView, EventView, FeedView } from "../../event_library.ts";
import type { PageMessage } from "../../page_messages.ts";
import { announcement } from "../state.ts";
import { alertWords, endedWords } from "./alert_words.ts";
import { BACKLOG_KINDS, BacklogHistory, type BacklogKind, type BacklogTrend } from "./backlog.ts";

/** Ended alerts which are kept. */
const ALERTS_MAX = 200;

/** Called with events as they come; `skipped`: feeds of which there are more than these. */
export type EventListener = (events: readonly EventView[], skipped: ReadonlySet<number>) => void;

/** Called with alerts as they come; `isAll`: after a snapshot, before which others may have come and gone unheard. */
export type AlertListener = (alerts: readonly AlertView[], isAll: boolean) => void;

/** Newest first. */
export const alerts: Signal<readonly AlertView[]> = signal([]);
/** Those which hold. */
export const activeAlerts = computed(() => alerts.value.filter(({ endedMs }) => endedMs === null));
/** Whether what waits on each device gets less, by {@linkcode backlogKey}. */
export const backlogTrends: Signal<ReadonlyMap<string, BacklogTrend>> = signal(new Map());

const feedSignals = new Map<number, Signal<FeedView>>();
/** Goes up when feeds come or go, or get another measure. */
const feedSet = signal(0);
const listeners = new Set<EventListener>();
const alertListeners = new Set<AlertListener>();
const backlogs = new Map<string, BacklogHistory>();

/** All feeds in the order of their devices and names; it changes only when one comes or gets another measure. */
export const feeds = computed((): readonly FeedView[] => {
  feedSet.value;
  return [...feedSignals.values()].map((feed) => feed.peek()).sort((a, b) =>
    a.device.localeCompare(b.device, "en", { numeric: true }) || a.feed.localeCompare(b.feed, "en", { numeric: true })
  );
});

/** Position of each feed in the order of their coming: its colour stays when others come. */
export const feedIndexes = computed((): ReadonlyMap<number, number> => {
  feedSet.value;
  return new Map([...feedSignals.keys()].sort((a, b) => a - b).map((id, index) => [id, index]));
});

/** A feed with its newest figures; undefined when there is none with this id. */
export function feedSignal(id: number): Signal<FeedView> | undefined {
  feedSet.value;
  return feedSignals.get(id);
}

/** Hears of events from now on; the returned function ends that. */
export function onEvents(listener: EventListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Hears of alerts from now on; the returned function ends that. */
export function onAlerts(listener: AlertListener): () => void {
  alertListeners.add(listener);
  return () => alertListeners.delete(listener);
}

/** Takes in what a message says of feeds, events, alerts and backlogs. */
export function applyEvents(message: PageMessage): void {
  if (message.type === "events") {
    const skipped = new Set(message.skipped.map(({ feed }) => feed));
    for (const listener of listeners) listener(message.events, skipped);
  } else if (message.type === "snapshot") {
    const kept = new Set(message.feeds.map(({ id }) => id));
    for (const id of feedSignals.keys()) if (!kept.has(id)) feedSignals.delete(id);
    putFeeds(message.feeds);
    feedSet.value++;
    const known = new Set(activeAlerts.peek().map(({ id }) => id));
    alerts.value = inOrder(message.alerts);
    announce(activeAlerts.peek().filter(({ id }) => !known.has(id)));
    for (const listener of alertListeners) listener(message.alerts, true);
    noteBacklogs(message.devices, message.nowMs);
  } else if (message.type === "update") {
    putFeeds(message.feeds ?? []);
    if (message.alerts !== undefined) putAlerts(message.alerts);
    if (message.devices !== undefined) noteBacklogs(message.devices, message.nowMs);
  }
}

function putFeeds(views: readonly FeedView[]): void {
  let isOther = false;
  for (const view of views) {
    const known = feedSignals.get(view.id);
    if (known === undefined) feedSignals.set(view.id, signal(view));
    else {
      const before = known.peek();
      known.value = view;
      if (JSON.stringify(before.measures) === JSON.stringify(view.measures)) continue;
    }
    isOther = true;
  }
  if (isOther) feedSet.value++;
}

function putAlerts(changed: readonly AlertView[]): void {
  const byId = new Map(alerts.peek().map((alert) => [alert.id, alert]));
  const raised = changed.filter(({ id, endedMs }) => endedMs === null && byId.get(id) === undefined);
  const ended = changed.filter(({ id, endedMs }) => endedMs !== null && byId.get(id)?.endedMs === null);
  for (const alert of changed) byId.set(alert.id, alert);
  alerts.value = inOrder([...byId.values()]);
  announce(raised, ended);
  for (const listener of alertListeners) listener(changed, false);
}

function inOrder(all: readonly AlertView[]): readonly AlertView[] {
  const newest = [...all].sort((a, b) => b.sinceMs - a.sinceMs || b.id - a.id);
  const ended = newest.filter(({ endedMs }) => endedMs !== null).slice(0, ALERTS_MAX);
  const kept = new Set(ended);
  return newest.filter((alert) => alert.endedMs === null || kept.has(alert));
}

function announce(raised: readonly AlertView[], ended: readonly AlertView[] = []): void {
  const words = [...raised.map(alertWords), ...ended.map(endedWords)];
  if (words.length > 0) announcement.value = words.join(". ");
}

/** What {@linkcode backlogTrends} has it under. */
export function backlogKey(device: string, kind: BacklogKind): string {
  return `${kind} ${device}`;
}

function noteBacklogs(devices: readonly DeviceView[], nowMs: number): void {
  const kept = new Set<string>();
  for (const { device, backlog } of devices) {
    for (const kind of BACKLOG_KINDS) {
      const key = backlogKey(device, kind);
      kept.add(key);
      const history = backlogs.get(key) ?? new BacklogHistory();
      backlogs.set(key, history);
      if (backlog !== null) history.note({ atMs: nowMs, count: backlog[kind] });
    }
  }
  for (const key of backlogs.keys()) if (!kept.has(key)) backlogs.delete(key);
  backlogTrends.value = new Map([...backlogs].map(([key, history]) => [key, history.trend]));
}
