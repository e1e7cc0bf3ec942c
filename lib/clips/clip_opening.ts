/** What the server answers to an OpenClip: which of its clips, whole or not, is meant. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { HeldRange, OpenClip } from "../protocol/message.ts";
import type { ClipRow } from "../store/catalog.ts";
import type { ClipStore } from "../store/clip_store.ts";
import type { IncomingClip } from "../store/incoming_clip.ts";

export type OpeningDecision =
  | { readonly kind: "stored"; readonly row: ClipRow; readonly alreadyThere: boolean }
  | { readonly kind: "offer"; readonly wantSha256: boolean; readonly clipId: string | null; readonly held: HeldRange[] }
  /** `isNew`: made for this opening, and of no use if that has come to nothing. */
  | { readonly kind: "accept"; readonly clip: IncomingClip; readonly isNew: boolean };

/**
 * Decides on an opening. Clips for which `isTaken` says so are filled by other streams of the same connection: the same
 * name and size twice is two clips there, not one that is taken over.
 *
 * @throws {FramewireError} `INVALID_NAME`, `UNKNOWN_CLIP`, `NO_SPACE`, `STORAGE_FAILED`.
 */
export async function decideOpening(
  store: ClipStore,
  device: string,
  message: OpenClip,
  isTaken: (id: string) => boolean,
): Promise<OpeningDecision> {
  checkName(message.name);
  const { name, bytes, sha256, modifiedMs } = message;
  if (message.resumeClipId !== null) return await decideResume(store, device, message.resumeClipId);
  if (sha256 !== null) {
    const same = (await store.findStored(device, name, bytes)).find((row) => row.sha256 === sha256);
    if (same !== undefined) return { kind: "stored", row: same, alreadyThere: true };
  }
  if (message.fresh) await discardOrphan(store, device, name, bytes, isTaken);
  // What is read from a pipe cannot be compared with what is here.
  else if (bytes !== null) {
    const offer = await offerOf(store, device, message, bytes, isTaken);
    if (offer !== undefined) return offer;
  }
  await discardOtherSizes(store, device, name, bytes, isTaken);
  return { kind: "accept", clip: await store.create(device, { name, bytes, modifiedMs }), isNew: true };
}

async function decideResume(store: ClipStore, device: string, id: string): Promise<OpeningDecision> {
  const clip = await store.unfinished(device, id);
  if (clip !== undefined) {
    // Housekeeping closes what nobody uses, and that may be at this moment.
    const release = clip.retain();
    try {
      await store.checkSpace(clip.isOwned ? 0 : clip.remainingBytes);
    } finally {
      release();
    }
    return { kind: "accept", clip, isNew: false };
  }
  // It may have become whole while its last ack was lost.
  const row = await store.storedClip(device, id);
  if (row !== undefined) return { kind: "stored", row, alreadyThere: false };
  throw new FramewireError("UNKNOWN_CLIP", `Cannot resume clip ${id}: it is not held any more`);
}

async function offerOf(
  store: ClipStore,
  device: string,
  { name, sha256 }: OpenClip,
  bytes: number,
  isTaken: (id: string) => boolean,
): Promise<OpeningDecision | undefined> {
  const unfinished = await store.findUnfinished(device, name, bytes, isTaken);
  const wantSha256 = sha256 === null && (await store.findStored(device, name, bytes)).length > 0;
  if (unfinished === undefined) {
    return wantSha256 ? { kind: "offer", wantSha256, clipId: null, held: [] } : undefined;
  }
  await unfinished.flush();
  const held: HeldRange[] = [];
  for (const range of unfinished.durable) held.push({ ...range, sha256: await unfinished.digest(range) });
  return { kind: "offer", wantSha256, clipId: unfinished.row.id, held };
}

/** Starting anew replaces what was left of the last attempt, unless another connection is at it. */
async function discardOrphan(
  store: ClipStore,
  device: string,
  name: string,
  bytes: number | null,
  isTaken: (id: string) => boolean,
): Promise<void> {
  const left = await store.findUnfinished(device, name, bytes, isTaken);
  if (left !== undefined && !left.isOwned) await store.discard(left.row.id);
}

/**
 * A file which was interrupted and has another size now is another file: what was left of it would only hold its name and
 * its space. Not so for a pipe, whose bytes may exist nowhere else.
 */
async function discardOtherSizes(
  store: ClipStore,
  device: string,
  name: string,
  bytes: number | null,
  isTaken: (id: string) => boolean,
): Promise<void> {
  for (const row of store.unfinishedOf(device)) {
    if (row.name !== name || row.bytes === null || row.bytes === bytes || isTaken(row.id)) continue;
    if (store.openClip(row.id)?.isOwned !== true) await store.discard(row.id);
  }
}

function checkName(name: string): void {
  const nameBytes = new TextEncoder().encode(name).length;
  // The texts of SQLite end at a NUL.
  if (nameBytes >= 1 && nameBytes <= LIMITS.clipNameBytesMax && !name.includes("\0")) return;
  const text = `Cannot take name as it must have 1 to ${LIMITS.clipNameBytesMax} bytes of UTF-8, none of them NUL: ` +
    `received ${nameBytes}`;
  throw new FramewireError("INVALID_NAME", text);
}
