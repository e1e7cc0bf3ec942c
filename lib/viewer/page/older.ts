/** Clips older than those of the snapshot, from the JSON API. */
import { type Signal, signal } from "@preact/signals";
import type { ByteRange, ClipState, ClipView } from "../clip_library.ts";
import { addOlder, olderClips, oldestClip, replaceOlder } from "./state.ts";

const PAGE_CLIPS = 100;

/** What became of the last request for older clips. */
export const olderState: Signal<"idle" | "loading" | "failed"> = signal("idle");

/** A clip as the API shows it; see `api_json.ts`. */
interface ApiClip {
  readonly id: string;
  readonly device: string;
  readonly name: string;
  readonly storedName: string;
  readonly state: ClipState;
  readonly sizeBytes: number | null;
  readonly held: readonly ByteRange[];
  readonly sha256: string | null;
  readonly mediaType: string;
  readonly rateBytesPerSecond: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly storedAt: string | null;
  readonly modifiedAt: string | null;
}

function fromApi(clip: ApiClip): ClipView {
  const { sizeBytes, rateBytesPerSecond, createdAt, updatedAt, storedAt, modifiedAt, ...same } = clip;
  return {
    ...same,
    size: sizeBytes,
    rate: rateBytesPerSecond,
    createdMs: Date.parse(createdAt),
    updatedMs: Date.parse(updatedAt),
    storedMs: storedAt === null ? null : Date.parse(storedAt),
    modifiedMs: modifiedAt === null ? null : Date.parse(modifiedAt),
  };
}

async function fetchOlder(before: string, limit: number): Promise<{ clips: ClipView[]; isMore: boolean }> {
  const response = await fetch(`/api/clips?limit=${limit}&before=${encodeURIComponent(before)}`);
  if (!response.ok) throw new Error(`Cannot load older clips: the server answered ${response.status}`);
  const { clips, next } = await response.json() as { clips: ApiClip[]; next: string | null };
  return { clips: clips.map(fromApi), isMore: next !== null };
}

/** Loads the next page of older clips. */
export async function loadOlder(): Promise<void> {
  const oldest = oldestClip();
  if (oldest === undefined || olderState.value === "loading") return;
  olderState.value = "loading";
  try {
    const { clips, isMore } = await fetchOlder(oldest.id, PAGE_CLIPS);
    addOlder(clips, isMore);
    olderState.value = "idle";
  } catch {
    olderState.value = "failed";
  }
}

/** After a snapshot: asks again for the older clips which are shown, as they may have changed since. */
export async function refreshOlder(lastOfSnapshot: ClipView | undefined): Promise<void> {
  const count = olderClips().length;
  if (count === 0 || lastOfSnapshot === undefined) return;
  try {
    const { clips, isMore } = await fetchOlder(lastOfSnapshot.id, Math.min(1000, count));
    replaceOlder(clips, isMore);
  } catch {
    olderState.value = "failed";
  }
}
