/** The feeds as buttons: those which are pressed have a line in the charts. */
import { visibleName } from "../format.ts";
import { chartedFeeds, chosenFeeds, toggleFeed } from "./feed_choice.ts";
import { feedIndexes } from "./event_state.ts";
import { LineSample } from "./line_sample.tsx";

/** A chip for each feed that can be charted. */
export function FeedChips() {
  const chosen = new Set(chosenFeeds.value.map(({ id }) => id));
  return (
    <section class="devices feed-chips" aria-label="Feeds in the charts">
      {chartedFeeds.value.map(({ id, device, feed }) => (
        <button
          key={id}
          type="button"
          class="chip"
          aria-pressed={chosen.has(id)}
          onClick={() => toggleFeed(id)}
        >
          <LineSample index={feedIndexes.value.get(id) ?? 0} />
          <span class="chip-name">{visibleName(device)}</span>
          <span class="chip-words">{visibleName(feed)}</span>
        </button>
      ))}
    </section>
  );
}
