/**
 * The pictures of one source in the spool. They are sent from memory as long as the link keeps up; what the server has not
 * stored within half a second is written to the disk and read back from there, so that a fast link costs no flash.
 */
import { LIMITS } from "../config/limits.ts";
import type { DropReason, SourceKind } from "../protocol/message.ts";
import type { FrameSpool, NumberedPicture } from "./frame_spool.ts";
import { FreshPictures } from "./fresh_pictures.ts";
import { BATCH_BYTES, PictureFlush } from "./picture_flush.ts";
import { spoolError } from "./spool_error.ts";
import {
  type DropRule,
  type NewDrop,
  PICTURE_COST_BYTES,
  type PictureChange,
  type PictureContent,
  type SpooledSource,
} from "./spool_frame_tables.ts";
import { RESERVED_NUMBERS, SpoolNumbers } from "./spool_numbers.ts";
import { SpoolRows } from "./spool_rows.ts";
import type { WrittenPictures } from "./spool_segments.ts";
import type { SourceHome } from "./spool_source_home.ts";
import { dropOf, dropsBehind, withDrop } from "./unknown_drops.ts";

/** Acked pictures stay in the files for this long at most, ms. */
const REMOVE_AFTER_MS = 200;

export class SpoolSource implements FrameSpool {
  readonly name: string;
  readonly #home: SourceHome;
  #id: number;
  #kind: SourceKind;
  #run: string;
  readonly #numbers: SpoolNumbers;
  #content: PictureContent;
  /** The last number that was written to the disk. */
  #diskLast: number;
  readonly #fresh = new FreshPictures();
  readonly #flusher: PictureFlush;
  /** The last of those which are being written. */
  #writing = 0;
  #pendingBytes = 0;
  #droppingBytes = 0;
  /** Nothing of what lies there may be dropped at the moment. */
  #isStuck = false;
  #acked = 0;
  #taken = 0;
  readonly #rows: SpoolRows;
  #turn: Promise<unknown> = Promise.resolve();
  #isRemovalDue = false;
  #unknown: readonly NewDrop[];
  #added = 0;
  /** Since the program started. */
  droppedPictures = 0;
  dropReason: DropReason = "offline";
  changed: () => void = () => {};
  dropped: (drop: NewDrop) => void = () => {};

  constructor(home: SourceHome, { id, name, kind, run, last, reserved, lastKept, content, unknown }: SpooledSource) {
    this.name = name;
    this.#home = home;
    this.#id = id;
    this.#kind = kind;
    this.#run = run;
    this.#rows = new SpoolRows(home.segments, (after, limit) => home.call("frames.read", this.#id, after, limit));
    this.#numbers = new SpoolNumbers({ last, reserved }, {
      reserve: (through) => home.call("frames.reserve", this.#id, through),
      later: (ms, fn) => home.later(ms, fn),
      changed: () => this.changed(),
    });
    this.#flusher = new PictureFlush({
      fresh: this.#fresh,
      write: () => this.#write(),
      later: (ms, fn) => home.later(ms, fn),
      now: () => home.now(),
    });
    this.#content = content;
    this.#unknown = unknown;
    this.#diskLast = lastKept;
  }

  get run(): string {
    return this.#run;
  }

  get kind(): SourceKind {
    return this.#kind;
  }

  get lastSequence(): number {
    return this.#numbers.last;
  }

  get unknown(): readonly NewDrop[] {
    return this.#unknown;
  }

  get added(): number {
    return this.#added;
  }

  get pictures(): number {
    return this.#content.pictures + this.#fresh.count;
  }

  /** Pictures that wait, for a person, and their bytes: none as long as the link keeps up. */
  get backlog(): { readonly pictures: number; readonly bytes: number } {
    return this.#content.pictures === 0 ? { pictures: 0, bytes: 0 } : { pictures: this.pictures, bytes: this.bytes };
  }

  /** Of pictures that wait, in memory and in files. */
  get bytes(): number {
    return this.#content.bytes + this.#fresh.bytes;
  }

  /** Of pictures that a kill would take with it. */
  get memoryBytes(): number {
    return this.#fresh.bytes;
  }

  /** Of pictures that are being written. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** What it takes of the disk, with what is on its way there. */
  get reservedBytes(): number {
    return this.#content.fileBytes + this.#pendingBytes - this.#droppingBytes;
  }

  /** What may be dropped of it: about, as whole files are. */
  get droppableBytes(): number {
    if (this.#isStuck || this.#content.pictures === 0 || this.#diskLast <= this.#taken) return 0;
    return Math.max(0, this.reservedBytes - this.#pendingBytes - this.#home.segments.currentOf(this.#id).bytes);
  }

  /** When the first of its backlog was taken, by the clock of the box; null when there is none. */
  get oldestMs(): number | null {
    return this.#content.oldestMs;
  }

  /** Why pictures cannot be written, for a person; null when they can. */
  get trouble(): string | null {
    return this.#flusher.trouble;
  }

  async setKind(kind: SourceKind): Promise<void> {
    if (kind !== this.#kind) await this.#home.call("frames.setKind", this.#id, kind);
    this.#kind = kind;
  }

  add(jpeg: Uint8Array, capturedMs: number): void {
    this.#fresh.add({ sequence: this.#numbers.give(), capturedMs, jpeg, atMs: this.#home.now() });
    this.#added++;
    if (this.#fresh.bytes > LIMITS.spoolPictureBytesMax) this.#dropFresh();
    this.#flusher.added();
    this.changed();
  }

  gap(fromMs: number, toMs: number): void {
    this.#note({ first: this.#numbers.last + 1, pictures: 0, reason: "camera", cause: "camera", fromMs, toMs });
  }

  async next(after: number): Promise<NumberedPicture | null> {
    for (let behind = after;;) {
      behind = Math.max(behind, this.#acked);
      if (behind < this.#diskLast) {
        const picture = await this.#inTurn(() => this.#readBehind(behind));
        if (picture !== null) return picture;
        continue;
      }
      const fresh = this.#fresh.behind(behind);
      // A number that may be given again behind a kill is not to be sent.
      if (fresh === undefined || fresh.sequence > this.#numbers.reserved) return null;
      this.#taken = Math.max(this.#taken, fresh.sequence);
      return fresh;
    }
  }

  rewind(): void {
    this.#taken = 0;
    this.#rows.forget();
    this.#isStuck = false;
  }

  stored(through: number): void {
    if (through <= this.#acked) return;
    this.#acked = through;
    this.#fresh.removeThrough(through);
    const known = this.#unknown.some(({ first }) => first <= through);
    if (known) this.#unknown = dropsBehind(this.#unknown, through);
    if (known || (this.#content.first ?? Infinity) <= through) this.#removeLater();
  }

  /** Drops the oldest pictures until there are `bytes` less; resolves with how many bytes went. */
  async drop(bytes: number): Promise<number> {
    this.#droppingBytes += bytes;
    try {
      return await this.#inTurn(async () => {
        const change = await this.#home.call<PictureChange>("frames.drop", this.#id, bytes, this.#rule);
        this.#isStuck = change.dropped === null;
        await this.#changed(change);
        return change.fileBytes;
      });
    } finally {
      this.#droppingBytes -= bytes;
    }
  }

  /** Drops what was kept before `beforeMs`. */
  async expire(beforeMs: number, nowMs: number): Promise<void> {
    await this.#inTurn(async () => {
      // Else the last of a camera that is gone would stay.
      if ((this.#content.oldestMs ?? Infinity) < beforeMs) this.#home.segments.end(this.#id);
      await this.#changed(await this.#home.call("frames.expire", this.#id, beforeMs, nowMs, this.#rule));
    });
  }

  /** Writes what is in memory and not stored yet. */
  async flush(): Promise<void> {
    for (let before = Infinity; this.#fresh.count > 0 && this.#fresh.count < before;) {
      before = this.#fresh.count;
      await this.#write();
    }
    if (this.#isRemovalDue) await this.#remove();
    // All that were given are known: the next life goes on behind them.
    await this.#home.call("frames.reserve", this.#id, this.#numbers.last);
  }

  /** The file was opened anew; `row` is undefined when it is another one, which knows nothing of this source. */
  async reopened(row: SpooledSource | undefined): Promise<void> {
    this.#rows.forget();
    this.#isStuck = false;
    if (row !== undefined) {
      this.#id = row.id;
      this.#content = row.content;
      this.#diskLast = row.lastKept;
      this.#fresh.removeThrough(row.lastKept);
      return;
    }
    const lost = this.#content;
    this.#content = { first: null, pictures: 0, bytes: 0, fileBytes: 0, oldestMs: null };
    const reserved = this.#numbers.last + RESERVED_NUMBERS;
    this.#id = await this.#home.call("frames.addSource", this.name, this.#kind, this.#run, reserved);
    this.#numbers.reservedThrough(reserved);
    if (lost.pictures === 0) return;
    // Those on their way are in memory.
    const first = Math.max(lost.first!, this.#taken + 1);
    const pictures = Math.max(0, this.#diskLast - first + 1);
    const [fromMs, toMs] = [lost.oldestMs!, this.#home.plausibleMs()];
    this.#note({ first, pictures, reason: this.dropReason, cause: "damaged", fromMs, toMs });
  }

  get #rule(): DropRule {
    const current = this.#home.segments.currentOf(this.#id).id;
    return { reason: this.dropReason, taken: Math.max(this.#taken, this.#acked), current };
  }

  #inTurn<T>(job: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(job);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Resolves when what it was doing is done; files are still being removed when the last call was answered. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  /** Writes a batch; when the disk is full, what the rule names goes first. */
  async #write(): Promise<void> {
    for (let isAgain = false;; isAgain = true) {
      try {
        return await this.#inTurn(() => this.#writeBatch());
      } catch (thrown) {
        const error = spoolError("write", thrown);
        const isFull = error.code === "NO_SPACE" && !isAgain;
        // The file that is written may be what there is to drop.
        if (isFull) this.#home.segments.end(this.#id);
        if (!isFull || !await this.#home.makeRoom(this, this.#fresh.bytes)) throw error;
      }
    }
  }

  async #writeBatch(): Promise<void> {
    const { pictures: batch, bytes } = this.#fresh.batch(BATCH_BYTES);
    if (batch.length === 0) return;
    const [first, last] = [batch[0]!, batch.at(-1)!];
    const costBytes = bytes + batch.length * PICTURE_COST_BYTES;
    this.#home.reserve(this, costBytes);
    this.#pendingBytes += costBytes;
    this.#writing = last.sequence;
    try {
      await this.#commit(await this.#home.segments.write(this.#id, batch));
    } finally {
      this.#pendingBytes -= costBytes;
      this.#writing = 0;
    }
    const content = this.#content;
    this.#content = {
      pictures: content.pictures + batch.length,
      bytes: content.bytes + bytes,
      fileBytes: content.fileBytes + costBytes,
      first: content.first ?? first.sequence,
      oldestMs: content.oldestMs ?? first.capturedMs,
    };
    this.#diskLast = last.sequence;
    this.#isStuck = false;
    this.#fresh.removeThrough(last.sequence);
    // They were acked meanwhile.
    if (this.#acked >= first.sequence) this.#removeLater();
  }

  /** What a full disk refuses is rolled back for certain, and nobody else would remove its files. */
  async #commit(written: WrittenPictures): Promise<void> {
    try {
      const { pictures, segments } = written;
      await this.#home.call("frames.add", this.#id, pictures, segments, this.#home.plausibleMs());
    } catch (thrown) {
      if (spoolError("keep", thrown).code === "NO_SPACE") await this.#home.segments.takeBack(this.#id, written);
      throw thrown;
    }
  }

  /** In turn: nobody drops it meanwhile. Null when there is none any more. */
  async #readBehind(behind: number): Promise<NumberedPicture | null> {
    for (;;) {
      const from = Math.max(behind, this.#acked);
      const next = await this.#rows.next(from).catch((error) => {
        throw spoolError("read", error);
      });
      if (next === undefined) {
        // What comes next is in memory.
        this.#diskLast = Math.min(this.#diskLast, from);
        return null;
      }
      const { row, jpeg } = next;
      if (jpeg !== undefined) {
        this.#taken = Math.max(this.#taken, row.sequence);
        return { sequence: row.sequence, capturedMs: row.capturedMs, jpeg };
      }
      const lost = { ...dropOf([row], this.dropReason)!, cause: "damaged" };
      await this.#changed(await this.#home.call<PictureChange>("frames.dropOne", this.#id, row.sequence, lost));
    }
  }

  #removeLater(): void {
    if (this.#isRemovalDue) return;
    this.#isRemovalDue = true;
    this.#home.later(REMOVE_AFTER_MS, () => void this.#remove().catch(() => {}));
  }

  /** Takes out of the files what is acked. */
  async #remove(): Promise<void> {
    this.#isRemovalDue = false;
    await this.#inTurn(async () => {
      const current = this.#home.segments.currentOf(this.#id).id;
      const change = await this.#home.call<PictureChange>("frames.stored", this.#id, this.#acked, current);
      this.#isStuck = false;
      await this.#changed(change);
    });
  }

  async #changed({ pictures, bytes, fileBytes, first, oldestMs, gone, dropped }: PictureChange): Promise<void> {
    const before = this.#content;
    this.#content = {
      ...{ pictures: before.pictures - pictures, bytes: before.bytes - bytes, fileBytes: before.fileBytes - fileBytes },
      ...{ first, oldestMs },
    };
    if (dropped !== null) {
      this.#rows.forget();
      this.#tellDropped(dropped);
    }
    await this.#home.segments.remove(gone);
    this.changed();
  }

  /** The disk does not take them: the oldest which are not on their way go. */
  #dropFresh(): void {
    const after = Math.max(this.#taken, this.#writing);
    const dropped = dropOf(this.#fresh.dropOldest(after, LIMITS.spoolPictureBytesMax), this.dropReason);
    if (dropped !== null) this.#note(dropped);
  }

  #note(drop: NewDrop): void {
    this.#tellDropped(drop);
    // What a failing disk does not keep is told all the same, as long as the program runs.
    this.#home.call("frames.noteDrop", this.#id, drop).catch(() => {});
  }

  #tellDropped(drop: NewDrop): void {
    this.#unknown = withDrop(this.#unknown, drop);
    this.droppedPictures += drop.pictures;
    this.dropped(drop);
  }
}
