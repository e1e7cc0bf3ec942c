/** The view of `#alerts`: rules which hold, and those which have held. */
import type { AlertView } from "../../event_library.ts";
import { formatDuration, formatTime, visibleName } from "../format.ts";
import { Icon } from "../icons.tsx";
import { feedsAddress } from "../live/address.ts";
import { serverNow, serverNowMs } from "../state.ts";
import { valueWords } from "./alert_words.ts";
import { activeAlerts, alerts, feeds } from "./event_state.ts";
import { measureName } from "./measure_words.ts";

/** Both lists. */
export function Alerts() {
  const ended = alerts.value.filter(({ endedMs }) => endedMs !== null);
  return (
    <>
      <h1 class="page-title">Alerts</h1>
      {activeAlerts.value.length === 0
        ? (
          <p class="alerts-none">
            <span class="good">
              <Icon name="check" />No rule holds at the moment
            </span>
          </p>
        )
        : (
          <ul class="alert-list" aria-label="Alerts which hold">
            {activeAlerts.value.map((alert) => <AlertRow key={alert.id} alert={alert} />)}
          </ul>
        )}
      {ended.length > 0 && (
        <>
          <h2 class="page-subtitle">Over</h2>
          <ul class="alert-list" aria-label="Alerts which are over">
            {ended.map((alert) => <AlertRow key={alert.id} alert={alert} />)}
          </ul>
        </>
      )}
    </>
  );
}

function AlertRow({ alert }: { alert: AlertView }) {
  const { rule, condition, device, feed: name, measure, sinceMs, endedMs } = alert;
  const feed = feeds.value.find((one) => one.device === device && one.feed === name);
  return (
    <li class="alert-row" data-active={endedMs === null || undefined}>
      <Icon name={endedMs === null ? "missing" : "check"} />
      <div class="alert-what">
        <strong>{visibleName(rule)}</strong>
        <code>{visibleName(condition)}</code>
      </div>
      <div class="alert-where">
        <span>{visibleName(device)}, {visibleName(name)}</span>
        <span>
          {visibleName(measureName(measure))} <strong>{valueWords(alert, feed)}</strong>
        </span>
      </div>
      <div class="alert-when">
        <span>{endedMs === null ? "since " : ""}{sinceWords(sinceMs)}</span>
        <span>for {formatDuration(((endedMs ?? serverNowMs.value) - sinceMs) / 1000)}</span>
      </div>
      {feed !== undefined && (
        <a class="button" href={feedsAddress([feed.id])}>
          <Icon name="chart" />Readings
        </a>
      )}
    </li>
  );
}

/** When it began. */
export function sinceWords(ms: number): string {
  return formatTime(ms, serverNow(), true);
}
