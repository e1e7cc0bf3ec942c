/** One box: whether it is there, what waits on it, what is wrong, what it sends. */
import type { ComponentChildren } from "preact";
import type { DeviceView } from "../../clip_library.ts";
import { formatAge, formatBytes, formatTime, visibleName } from "../format.ts";
import { Icon } from "../icons.tsx";
import { readingsAddress, sourceAddress } from "../live/address.ts";
import { sourceGroups } from "../live/source_state.ts";
import { formatCount, formatShort } from "../live/words.ts";
import { filterDevice, link, serverNowMs } from "../state.ts";
import { BoxBacklog } from "./box_backlog.tsx";
import { feeds } from "./event_state.ts";

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
        <BoxBacklog device={device} isOnline={isKnown && isOnline} />
        <dl class="figures">
          {isOnline
            ? <Row name="Online since">{sinceWords(device.sinceMs)}</Row>
            : <Row name="Last seen">{sinceWords(device.lastSeenMs)}</Row>}
          <Row name="Clock">{clockWords(device.clockOffsetMs)}</Row>
          <Row name="Disk" isBad={device.disk !== null && device.disk.freeBytes < DISK_LOW * device.disk.bytes}>
            {device.disk === null
              ? "not known"
              : `${formatBytes(device.disk.freeBytes)} of ${formatBytes(device.disk.bytes)} free`}
          </Row>
          <Row name="Dropped" isBad={device.dropped + device.droppedFrames > 0}>{droppedWords(device)}</Row>
          <Row name="Software">{visibleName(device.software)}</Row>
          <Row name="Address">{visibleName(device.address)}</Row>
        </dl>
        <Sends device={device.device} />
      </div>
    </li>
  );
}

/** Nothing is said of a box that has not said anything. */
function droppedWords({ backlog, dropped, droppedFrames }: DeviceView): string {
  if (dropped + droppedFrames === 0) return backlog === null ? "not known" : "nothing";
  const parts = [countOf(dropped, "event"), countOf(droppedFrames, "picture")].filter((text) => text !== "");
  return `${parts.join(" and ")}, as there was no room for more`;
}

function countOf(count: number, what: string): string {
  return count === 0 ? "" : `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;
}

function sinceWords(ms: number): string {
  return `${formatTime(ms, serverNowMs.value)} (${formatAge(ms, serverNowMs.value)})`;
}

function clockWords(offsetMs: number | null): string {
  if (offsetMs === null) return "not measured yet";
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
          <a class="button" key={`s${id}`} href={sourceAddress(id)} title={visibleName(name)}>
            <Icon name="camera" />
            <bdi>{visibleName(name)}</bdi>
          </a>
        );
      })}
      {mine.map(({ id, feed }) => (
        <a class="button" key={`f${id}`} href={readingsAddress([id])} title={visibleName(feed)}>
          <Icon name="chart" />
          <bdi>{visibleName(feed)}</bdi>
        </a>
      ))}
      <a class="button" href="#clips" onClick={() => filterDevice.value = device}>
        <Icon name="play" />Clips
      </a>
    </p>
  );
}
