/** A clip as a card. */
import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ClipView } from "../clip_library.ts";
import { clipKind, deviceHue, fileEnding, heldBytes } from "./clip_facts.ts";
import { ClipStatus, StateBadge } from "./clip_status.tsx";
import { formatAge, formatBytes, formatTime, visibleName } from "./format.ts";
import { Icon } from "./icons.tsx";
import { contentUrl, Player } from "./player.tsx";
import { keepPoster } from "./posters.ts";
import { link, playingId, serverNowMs } from "./state.ts";

/** Draws itself anew when its clip has changed. */
export function ClipCard({ clip: clipSignal }: { clip: Signal<ClipView> }) {
  const clip = clipSignal.value;
  const isLive = link.value === "live";
  const name = visibleName(clip.name);
  const shortName = name.split("/").at(-1) || name;
  const device = visibleName(clip.device);
  return (
    <li class="card" data-state={clip.state} data-id={clip.id}>
      <div class="stage" style={{ "--hue": String(deviceHue(clip.device)) }}>
        <Stage clip={clipSignal} />
      </div>
      <div class="card-body">
        <div class="card-head">
          <h2 title={name}>{shortName}</h2>
          <StateBadge clip={clip} isLive={isLive} />
        </div>
        <p class="facts">
          <span class="fact-device" title={device}>{device}</span>
          <span>{formatBytes(clip.size ?? heldBytes(clip))}</span>
          <Age ms={clip.createdMs} />
        </p>
        <ClipStatus clip={clip} isLive={isLive} nowMs={serverNowMs.peek()} />
      </div>
    </li>
  );
}

/** Its own component, so that the passing of time draws nothing else anew. */
function Age({ ms }: { ms: number }) {
  const now = serverNowMs.value;
  return <time dateTime={new Date(ms).toISOString()} title={formatTime(ms, now, true)}>{formatAge(ms, now)}</time>;
}

function Stage({ clip: clipSignal }: { clip: Signal<ClipView> }) {
  const clip = clipSignal.value;
  const kind = clipKind(clip);
  if (clip.state === "missing") {
    return (
      <div class="sheet sheet-missing">
        <Icon name="missing" />
      </div>
    );
  }
  const isOpen = playingId.value === clip.id;
  if (kind === "playable") return isOpen ? <Player clip={clipSignal} /> : <PlayButton clip={clip} />;
  if (kind === "picture" && clip.state === "stored") {
    return isOpen
      ? <img class="player" src={contentUrl(clip.id)} alt={visibleName(clip.name)} />
      : <ShowButton clip={clip} />;
  }
  return (
    <div class="sheet">
      <span class="file" aria-hidden="true">{fileEnding(clip.name)}</span>
    </div>
  );
}

function open(id: string): void {
  playingId.value = id;
}

function PlayButton({ clip }: { clip: ClipView }) {
  const held = heldBytes(clip);
  if (held === 0 && clip.size !== 0) {
    return (
      <div class="sheet">
        <span class="soon">Nothing has arrived yet</span>
      </div>
    );
  }
  return (
    <button type="button" class="play" aria-label={`Play ${visibleName(clip.name)}`} onClick={() => open(clip.id)}>
      {clip.state === "stored" && clip.mediaType.startsWith("video/") && <Poster id={clip.id} />}
      <span class="play-disc">
        <Icon name="play" />
      </span>
      {clip.state === "arriving" && link.value === "live" && <span class="play-hint">Plays while it arrives</span>}
    </button>
  );
}

/** A picture of the clip, as soon as there is one. */
function Poster({ id }: { id: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => canvas.current === null ? undefined : keepPoster(canvas.current), []);
  return <canvas class="poster" ref={canvas} data-clip={id} aria-hidden="true" />;
}

function ShowButton({ clip }: { clip: ClipView }) {
  return (
    <button type="button" class="play" aria-label={`Show ${visibleName(clip.name)}`} onClick={() => open(clip.id)}>
      <span class="play-disc">
        <Icon name="picture" />
      </span>
    </button>
  );
}
