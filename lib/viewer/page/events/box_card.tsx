/** One box: whether it is there, what waits on it, what is wrong, what it sends. */
import type { ComponentChildren } from "preact";
import type { DeviceView } from "../../clip_library.ts";
import { formatAge, formatBytes, formatDuration, formatTime, visibleName } from "../format.ts";
import { Icon } from "../icons.tsx";
import { feedsAddress, sourceAddress } from "../live/address.ts";
import { sourceGroups } from "../live/source_state.ts";
import { formatCount, formatShort } from "../live/words.ts";
import { filterDevice, link, serverNowMs } from "../state.ts";
import type { BacklogTrend } from "./backlog.ts";
import { backlogTrends, feeds } from "./event_state.ts";

/** A disk with less than this part free is told in another colour. */
const DISK_LOW = 0.1;

/** A card of the boxes view. */
export function BoxCard({ device }: { device: DeviceView }) {
  const isKnown = link.value === "live";
  const isOnline = device.connections > 0;
  const name = visibleName(device.device);
  const state = !isKnown ? "unknown" : String(isOnline);
  return (
    <li class="card box-card" data-device={device.device} data-online={state}>
      <div class="card-body">
        <div class="card-head">
          <h2 title={name}>{name}</h2>
          <span class="badge" data-online={state}>
            <span class="dot" data-online={state} />
            {{ true: "Online", false: "Offline", unknown: "Unknown" }[state]}
          </span>
        </div>
        {device.troubles.length > 0 && (
          <ul class="troubles" aria-label="Troubles">
            {device.troubles.map((trouble, i) => (
              <li key={i}>
                <Icon name="missing" />
                {visibleName(trouble)}
              </li>
            ))}
          </ul>
        )}
        <Backlog device={device} trend={backlogTrends.value.get(device.device)} isOnline={isKnown && isOnline} />
        <dl class="figures">
          {isOnline
            ? <Row name="Online since">{sinceWords(device.sinceMs)}</Row>
            : <Row name="Last seen">{sinceWords(device.lastSeenMs)}</Row>}
          <Row name="Clock">{clockWords(device.clockOffsetMs)}</Row>
          <Row name="Disk" isBad={device.disk !== null && device.disk.freeBytes < DISK_LOW * device.disk.bytes}>
            {device.disk === null
              ? "–"
              : `${formatBytes(device.disk.freeBytes)} of ${formatBytes(device.disk.bytes)} free`}
          </Row>
          <Row name="Dropped" isBad={device.dropped > 0}>
            {device.dropped === 0 ? "nothing" : `${formatCount(device.dropped)} events, as its disk was full`}
          </Row>
          <Row name="Software">{visibleName(device.software)}</Row>
          <Row name="Address">{visibleName(device.address)}</Row>
        </dl>
        <Sends device={device.device} />
      </div>
    </li>
  );
}

/** What waits on the box, and how it goes. */
function Backlog({ device: { backlog }, trend, isOnline }: {
  device: DeviceView;
  trend: BacklogTrend | undefined;
  isOnline: boolean;
}) {
  if (backlog === null) return null;
  if (backlog.events === 0) {
    return (
      <div class="backlog" data-direction="empty">
        <p>
          <span class="good">
            <Icon name="check" />All sent
          </span>
        </p>
      </div>
    );
  }
  const direction = isOnline ? trend?.direction ?? "steady" : "waiting";
  const part = trend?.part ?? 1;
  return (
    <div class="backlog" data-direction={direction}>
      <p>
        <strong>{formatCount(backlog.events)} events</strong> wait on the box ({formatBytes(backlog.bytes)}
        {backlog.oldestMs !== null && `, the oldest from ${formatTime(backlog.oldestMs, serverNowMs.value, true)}`})
      </p>
      <div
        class="bar"
        role="progressbar"
        aria-label="What is still to be sent"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.ceil(100 * part)}
      >
        <span class="bar-range" style={{ width: `${100 * part}%` }} />
      </div>
      <p class="backlog-trend">{trendWords(direction, trend)}</p>
    </div>
  );
}

function trendWords(direction: BacklogTrend["direction"] | "waiting", trend: BacklogTrend | undefined): string {
  if (direction === "waiting") return "Waits until the box is online; it may be more by now";
  if (direction === "growing") return `Growing by ${rate(trend!.perSecond)}: the link is slower than the readings`;
  if (direction === "draining") {
    return `Sending ${rate(trend!.perSecond)}, done in about ${formatDuration((trend!.leftMs ?? 0) / 1000)}`;
  }
  return "Sending";
}

function rate(perSecond: number): string {
  return `${formatCount(perSecond < 10 ? Number(perSecond.toFixed(1)) : Math.round(perSecond))} a second`;
}

function sinceWords(ms: number): string {
  return `${formatTime(ms, serverNowMs.value)} (${formatAge(ms, serverNowMs.value)})`;
}

function clockWords(offsetMs: number | null): string {
  if (offsetMs === null) return "–";
  if (Math.abs(offsetMs) < 1) return "right";
  return `${formatShort(Math.abs(offsetMs))} ${offsetMs > 0 ? "fast" : "slow"}`;
}

function Row({ name, isBad = false, children }: { name: string; isBad?: boolean; children: ComponentChildren }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd class={isBad ? "warn" : undefined}>{children}</dd>
    </div>
  );
}

/** Its cameras, feeds and clips as links. */
function Sends({ device }: { device: string }) {
  const sources = sourceGroups.value.find((group) => group.device === device)?.sources ?? [];
  const mine = feeds.value.filter((feed) => feed.device === device);
  return (
    <p class="box-links">
      {sources.map((source) => {
        const { id, source: name } = source.peek();
        return (
          <a class="button" key={`s${id}`} href={sourceAddress(id)}>
            <Icon name="camera" />
            {visibleName(name)}
          </a>
        );
      })}
      {mine.map(({ id, feed }) => (
        <a class="button" key={`f${id}`} href={feedsAddress([id])}>
          <Icon name="chart" />
          {visibleName(feed)}
        </a>
      ))}
      <a class="button" href="#clips" onClick={() => filterDevice.value = device}>
        <Icon name="play" />Clips
      </a>
    </p>
  );
}
