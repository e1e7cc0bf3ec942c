/** What the page knows of sources, as signals. */
import { computed, type Signal, signal } from "@preact/signals";
import type { SourceView } from "../../frame_library.ts";
import type { PageMessage } from "../../page_messages.ts";
import { type Place, placeOf } from "./address.ts";
import { forgetFeeds } from "./feeds.ts";

/** What the address asks for. */
export const place: Signal<Place> = signal(placeOf(""));

const sourceSignals = new Map<number, Signal<SourceView>>();
/** Goes up when sources come or go. */
const sourceSet = signal(0);

/** The sources of one device, by name. */
export interface SourceGroup {
  readonly device: string;
  readonly sources: readonly Signal<SourceView>[];
}

export const sourceCount = computed(() => {
  sourceSet.value;
  return sourceSignals.size;
});

/** All sources by device; devices and sources in the order of their names, numbers in the order of their values. */
export const sourceGroups = computed((): readonly SourceGroup[] => {
  sourceSet.value;
  const byDevice = new Map<string, Signal<SourceView>[]>();
  for (const source of sourceSignals.values()) {
    const { device } = source.peek();
    byDevice.set(device, [...byDevice.get(device) ?? [], source]);
  }
  return [...byDevice].sort(([a], [b]) => inNumericOrder(a, b)).map(([device, sources]) => ({
    device,
    sources: sources.sort((a, b) => inNumericOrder(a.peek().source, b.peek().source)),
  }));
});

/** A source; undefined when there is none with this id. Read it in a component to follow its coming. */
export function sourceSignal(id: number): Signal<SourceView> | undefined {
  sourceSet.value;
  return sourceSignals.get(id);
}

/** A visible and an infrared source of the same device to lay over each other; null when there are none. */
export function pairOfGroup({ sources }: SourceGroup): readonly [SourceView, SourceView] | null {
  const views = sources.map((source) => source.value);
  const visible = views.find(({ kind }) => kind === "visible");
  const infrared = views.find(({ kind }) => kind === "infrared");
  return visible !== undefined && infrared !== undefined ? [visible, infrared] : null;
}

/** Takes in what a message says of sources. */
export function applySources(message: PageMessage): void {
  if (message.type === "snapshot") {
    const kept = new Set(message.sources.map(({ id }) => id));
    remove([...sourceSignals.keys()].filter((id) => !kept.has(id)));
    put(message.sources);
  } else if (message.type === "update") {
    remove(message.removedSources ?? []);
    put(message.sources ?? []);
  }
}

function put(views: readonly SourceView[]): void {
  for (const view of views) {
    const known = sourceSignals.get(view.id);
    if (known !== undefined) known.value = view;
    else {
      sourceSignals.set(view.id, signal(view));
      sourceSet.value++;
    }
  }
}

function remove(ids: readonly number[]): void {
  if (ids.length === 0) return;
  for (const id of ids) sourceSignals.delete(id);
  forgetFeeds((id) => sourceSignals.has(id));
  sourceSet.value++;
}

function inNumericOrder(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
