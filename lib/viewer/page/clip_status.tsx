/** The part of a card which says how it stands with a clip. */
import type { ClipView } from "../clip_library.ts";
import { heldBytes } from "./clip_facts.ts";
import { CopyButton } from "./copy_button.tsx";
import { formatPercent, formatTime } from "./format.ts";
import { Icon } from "./icons.tsx";
import { contentUrl } from "./player.tsx";
import { HeldBar, ProgressText } from "./progress.tsx";

const BADGES = { arriving: "Arriving", interrupted: "Interrupted", stored: "Whole", missing: "Missing" } as const;

/** The state in a word. What a page without a connection last knew is not said as if it were so now. */
export function StateBadge({ clip, isLive }: { clip: ClipView; isLive: boolean }) {
  if (!isLive && clip.state === "arriving") return <span class="badge" data-state="unknown">Was arriving</span>;
  return <span class="badge" data-state={clip.state}>{BADGES[clip.state]}</span>;
}

/** Progress, or what keeps it, or the check sum and the download. */
export function ClipStatus({ clip, isLive, nowMs }: { clip: ClipView; isLive: boolean; nowMs: number }) {
  switch (clip.state) {
    case "arriving":
      return (
        <div class="status">
          <HeldBar clip={clip} moving={isLive} />
          <ProgressText clip={clip} moving={isLive} />
        </div>
      );
    case "interrupted":
      return (
        <div class="status">
          <HeldBar clip={clip} moving={false} />
          <p class="progress-text">
            <span class="warn">
              Waiting for the box: {clip.size === null ? "what came is" : formatPercent(heldBytes(clip), clip.size)}
              {" "}
              kept, since {formatTime(clip.updatedMs, nowMs)}
            </span>
          </p>
        </div>
      );
    case "stored":
      return <StoredStatus clip={clip} />;
    case "missing":
      return (
        <div class="status">
          <p class="bad">Its file on the server is gone, or was changed there.</p>
        </div>
      );
  }
}

function StoredStatus({ clip }: { clip: ClipView }) {
  return (
    <div class="status status-row">
      <div class="verified">
        <span class="good">
          <Icon name="check" />
          <span class="good-word">Verified</span>
        </span>
        {clip.sha256 !== null && (
          <span class="hash">
            <code title={`SHA-256 ${clip.sha256}`}>{clip.sha256.slice(0, 8)}…</code>
            <CopyButton text={clip.sha256} label={`Copy the SHA-256 of ${clip.name}`} />
          </span>
        )}
      </div>
      <a class="button" href={`${contentUrl(clip.id)}?download`} download aria-label={`Download ${clip.name}`}>
        <Icon name="download" />Download
      </a>
    </div>
  );
}
