/** What waits on a box: events, pictures and clips, and how it gets less. */
import type { DeviceView } from "../../clip_library.ts";
import { formatBytes, formatDuration, formatTime } from "../format.ts";
import { Icon } from "../icons.tsx";
import { formatCount } from "../live/words.ts";
import { serverNowMs } from "../state.ts";
import { BACKLOG_KINDS, type BacklogKind, type BacklogTrend } from "./backlog.ts";
import { backlogKey, backlogTrends } from "./event_state.ts";

const NAMES: Record<BacklogKind, readonly [one: string, many: string]> = {
  events: ["event", "events"],
  frames: ["picture", "pictures"],
  clips: ["clip", "clips"],
};

/** Nothing while the box has not said. */
export function BoxBacklog({ device, isOnline }: { device: DeviceView; isOnline: boolean }) {
  const { backlog } = device;
  if (backlog === null) return null;
  const waiting = BACKLOG_KINDS.filter((kind) => backlog[kind] > 0);
  if (waiting.length === 0) {
    return (
      <div class="backlog" data-direction="empty">
        <p>
          {isOnline
            ? (
              <span class="good">
                <Icon name="check" />All sent
              </span>
            )
            : "All was sent when it was last heard of"}
        </p>
      </div>
    );
  }
  return (
    <div class="backlog" data-direction={isOnline ? undefined : "waiting"}>
      <p>
        {isOnline ? "Waiting on the box" : "Waited on the box when it was last heard of; it may be more by now"}
        {backlog.oldestMs !== null && `, the oldest from ${formatTime(backlog.oldestMs, serverNowMs.value, true)}`}
      </p>
      {waiting.map((kind) => <Waiting key={kind} kind={kind} device={device} isOnline={isOnline} />)}
    </div>
  );
}

function Waiting({ kind, device, isOnline }: { kind: BacklogKind; device: DeviceView; isOnline: boolean }) {
  const backlog = device.backlog!;
  const count = backlog[kind];
  const trend = backlogTrends.value.get(backlogKey(device.device, kind));
  const direction = isOnline ? trend?.direction ?? "steady" : "waiting";
  const part = trend?.part ?? 1;
  const bytes = { events: backlog.bytes, frames: backlog.frameBytes, clips: backlog.clipBytes }[kind];
  const name = NAMES[kind][count === 1 ? 0 : 1];
  return (
    <div class="backlog-kind" data-direction={direction} data-kind={kind}>
      <p>
        <strong>{formatCount(count)} {name}</strong> ({formatBytes(bytes)})
        {isOnline && <span class="backlog-trend">{trendWords(kind, direction, trend)}</span>}
      </p>
      <div
        class="bar"
        role="progressbar"
        aria-label={`${NAMES[kind][1]} still to be sent`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.ceil(100 * part)}
      >
        <span class="bar-range" style={{ width: `${100 * part}%` }} />
      </div>
    </div>
  );
}

function trendWords(
  kind: BacklogKind,
  direction: BacklogTrend["direction"] | "waiting",
  trend: BacklogTrend | undefined,
): string {
  if (trend === undefined || direction === "steady") return "sending";
  // They go one after the other, and are of any size: a rate of them says nothing.
  if (kind === "clips") return direction === "growing" ? "growing" : "sending";
  const rate = trend.perSecond < 10 ? Number(trend.perSecond.toFixed(1)) : Math.round(trend.perSecond);
  const words = `${formatCount(rate)} a second`;
  if (direction === "growing") return `growing by ${words}: the link is slower than what comes`;
  return `sending ${words}, done in about ${formatDuration((trend.leftMs ?? 0) / 1000)}`;
}
