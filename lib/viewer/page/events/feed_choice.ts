/** Which feeds the charts show: those of the address, else the first ones. */
import { computed } from "@preact/signals";
import type { FeedView } from "../../event_library.ts";
import { placeOf, readingsAddress } from "../live/address.ts";
import { place } from "../live/source_state.ts";
import type { ChartContent } from "./chart.tsx";
import { feedIndexes, feeds } from "./event_state.ts";
import { COLOURS } from "./line_style.ts";
import { partsOf, unitOf } from "./measure_words.ts";
import type { SeriesKey } from "./readings_state.ts";

/** Lines of a chart; more nobody tells apart. */
export const CHOSEN_MAX = 8;
/** Feeds which are shown when none was chosen. */
const SHOWN_FIRST = 4;

/** Feeds with numbers, which can be charted. */
export const chartedFeeds = computed(() => feeds.value.filter(({ measures }) => measures.length > 0));

/** Ids in the address; null when it names none. */
export const namedFeeds = computed((): readonly number[] | null => {
  const { value } = place;
  return value.name === "readings" ? value.feeds : null;
});

/** Feeds which the charts show. */
export const chosenFeeds = computed((): readonly FeedView[] => {
  const named = namedFeeds.value;
  if (named === null) return chartedFeeds.value.slice(0, SHOWN_FIRST);
  return chartedFeeds.value.filter(({ id }) => named.includes(id));
});

/** Shows a feed, or no longer; the address says so, so that it can be passed on. */
export function toggleFeed(id: number): void {
  const chosen = chosenFeeds.peek().map((feed) => feed.id);
  const next = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id].slice(-CHOSEN_MAX);
  const { value } = place;
  history.replaceState(null, "", readingsAddress(next, value.name === "readings" ? value.span : null));
  place.value = placeOf(location.hash);
}

/** Charts for feeds: one for each measure and unit, with a line for each feed, and each of its sensors, that has it. */
export function chartsOf(chosen: readonly FeedView[]): ChartContent[] {
  const charts = new Map<string, { content: Omit<ChartContent, "keys">; keys: SeriesKey[] }>();
  for (const { id, device, feed, measures } of chosen) {
    for (const { name: measure, unit: named, min, max } of measures) {
      const { name } = partsOf(measure);
      const unit = unitOf(name, named);
      const known = charts.get(`${name} ${unit}`);
      const line = known?.keys.filter(({ feedId }) => feedId === id).length ?? 0;
      const key = { feedId: id, device, feed, measure, line };
      if (known === undefined) {
        charts.set(`${name} ${unit}`, { content: { measure: name, unit, min, max }, keys: [key] });
      } else {
        known.keys.push(key);
        // What is allowed for one of them and not for another is not drawn as if it were for both.
        known.content = {
          ...known.content,
          min: known.content.min === min ? min : null,
          max: known.content.max === max ? max : null,
        };
      }
    }
  }
  return [...charts.values()].map(({ content, keys }) => ({ ...content, keys }));
}

/** Index of the style of a line: the colour is that of its feed, another sensor of it has other dashes. */
export function styleIndex({ feedId, line }: SeriesKey): number {
  return (feedIndexes.value.get(feedId) ?? 0) + line * COLOURS;
}
