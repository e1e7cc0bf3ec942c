/** How much of a clip is here, and where in it. */
import type { ClipView } from "../clip_library.ts";
import { heldBytes, rangePlace, secondsLeft } from "./clip_facts.ts";
import { formatBytes, formatDuration, formatPercent } from "./format.ts";

/** A bar with each held range where it lies: the index of a video often comes before its middle. */
export function HeldBar({ clip, moving }: { clip: ClipView; moving: boolean }) {
  const { size } = clip;
  const held = heldBytes(clip);
  const value = size === null || size === 0 ? undefined : Math.floor(held / size * 100);
  const text = size === null ? `${formatBytes(held)} so far` : `${formatPercent(held, size)} of ${formatBytes(size)}`;
  return (
    <div
      class="bar"
      role="progressbar"
      aria-label={`Held of ${clip.name}`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value}
      aria-valuetext={text}
      data-moving={moving || undefined}
      data-unknown={size === null || undefined}
    >
      {size !== null && clip.held.map((range) => {
        const { left, width } = rangePlace(range, size);
        return <span key={range.start} class="bar-range" style={{ left: `${left}%`, width: `${width}%` }} />;
      })}
      {size === null && <span class="bar-range" style={{ left: "0%", width: "100%" }} />}
    </div>
  );
}

/** Percent, rate and time left in words; without the latter two when nothing is known to move. */
export function ProgressText({ clip, moving }: { clip: ClipView; moving: boolean }) {
  const held = heldBytes(clip);
  const left = secondsLeft(clip);
  if (moving && clip.size !== null && held >= clip.size) {
    return (
      <p class="progress-text">
        <strong>{formatPercent(held, clip.size)}</strong>
        <span>All here, being verified</span>
      </p>
    );
  }
  return (
    <p class="progress-text">
      <strong>{clip.size === null ? formatBytes(held) : formatPercent(held, clip.size)}</strong>
      {clip.size !== null && <span>{formatBytes(held)}</span>}
      {moving && clip.rate > 0 && <span>{formatBytes(clip.rate)}/s</span>}
      {moving && left !== null && <span class="end">{formatDuration(left)} left</span>}
    </p>
  );
}
