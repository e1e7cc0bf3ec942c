/** The view of `#alerts`: rules which hold, and below them those which have held. */
import { useEffect, useMemo } from "preact/hooks";
import type { AlertView } from "../../event_library.ts";
import { formatDuration, formatTime, visibleName } from "../format.ts";
import { Icon } from "../icons.tsx";
import { readingsAddress } from "../live/address.ts";
import { devices, serverNow, serverNowMs } from "../state.ts";
import { AlertHistory } from "./alert_history.ts";
import { alertSpan, valueWords, webhookWords } from "./alert_words.ts";
import { activeAlerts, feeds } from "./event_state.ts";
import { measureName } from "./measure_words.ts";

/** Both lists. */
export function Alerts() {
  const history = useMemo(() => new AlertHistory(), []);
  useEffect(() => history.start(), [history]);
  const ended = history.alerts.value;
  return (
    <>
      <h1 class="page-title">Alerts</h1>
      {activeAlerts.value.length === 0
        ? (
          <p class="alerts-none">
            <span class="good">
              <Icon name="check" />No alert at the moment
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
          <h2 class="page-subtitle">History</h2>
          <ul class="alert-list" aria-label="Alerts which are over">
            {ended.map((alert) => <AlertRow key={alert.id} alert={alert} />)}
          </ul>
        </>
      )}
      <Older history={history} />
    </>
  );
}

function Older({ history }: { history: AlertHistory }) {
  if (!history.hasMore.value) return null;
  const words = { idle: "Show older alerts", loading: "Loading…", failed: "That did not work; try again" };
  const state = history.state.value;
  return (
    <div class="older">
      <button type="button" class="button" disabled={state === "loading"} onClick={() => void history.load()}>
        {words[state]}
      </button>
    </div>
  );
}

function AlertRow({ alert }: { alert: AlertView }) {
  const { rule, condition, device, feed: name, measure, sinceMs, endedMs } = alert;
  const feed = feeds.value.find((one) => one.device === device && one.feed === name);
  const told = webhookWords(alert);
  // Whether it still holds nobody knows then.
  const isUnheard = endedMs === null && devices.value.every((one) => one.device !== device || one.connections === 0);
  return (
    <li class="alert-row" data-active={endedMs === null || undefined}>
      <Icon name={endedMs === null ? "missing" : "check"} />
      <div class="alert-what">
        <strong>{visibleName(rule)}</strong>
        <code>{visibleName(condition)}</code>
      </div>
      <div class="alert-where">
        <span>
          <bdi>{visibleName(device)}</bdi>, <bdi>{visibleName(name)}</bdi>
        </span>
        <span>
          {visibleName(measureName(measure))} <strong>{valueWords(alert, feed)}</strong>
        </span>
      </div>
      <div class="alert-when">
        <span>{endedMs === null ? "since " : ""}{sinceWords(sinceMs)}</span>
        <span>for {formatDuration(((endedMs ?? serverNowMs.value) - sinceMs) / 1000)}</span>
        {isUnheard && <span class="warn">box offline</span>}
        {told !== null && <span class={told.isBad ? "warn" : undefined}>{told.text}</span>}
      </div>
      {feed !== undefined && (
        <a class="button" href={readingsAddress([feed.id], alertSpan(alert, serverNow()))}>
          <Icon name="chart" />
          <span class="alert-link">Readings</span>
        </a>
      )}
    </li>
  );
}

/** When it began. */
export function sinceWords(ms: number): string {
  return formatTime(ms, serverNow(), true);
}
