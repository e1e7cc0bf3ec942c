/** The alerts which hold, on top of every view. It takes its own room and hides nothing. */
import { visibleName } from "../format.ts";
import { Icon } from "../icons.tsx";
import { place } from "../live/source_state.ts";
import { activeAlerts, feeds } from "./event_state.ts";
import { valueWords } from "./alert_words.ts";
import { sinceWords } from "./alerts.tsx";

/** Nothing while no rule holds, and where the list is shown. New ones are said by the page's live region. */
export function AlertBar() {
  const active = activeAlerts.value;
  const [newest] = active;
  if (newest === undefined || place.value.name === "alerts") return null;
  const feed = feeds.value.find(({ device, feed }) => device === newest.device && feed === newest.feed);
  return (
    <a class="alert-bar" href="#alerts">
      <Icon name="missing" />
      <span class="alert-text">
        <strong>{visibleName(newest.rule)}</strong> <bdi>{visibleName(newest.device)}</bdi>, {valueWords(newest, feed)}
        <span class="alert-since">, since {sinceWords(newest.sinceMs)}</span>
      </span>
      <span class="alert-more">{active.length === 1 ? "1 alert" : `${active.length} alerts`}</span>
    </a>
  );
}
