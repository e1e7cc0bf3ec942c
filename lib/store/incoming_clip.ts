/**
 * A clip that is not whole yet: its file in `incoming/`, which bytes of it are held and which of them are durable.
 * Lives longer than the connections that fill it; one of them owns it at a time.
 */
import { FramewireError } from "../errors.ts";
import { hashRange } from "../bytes/prefix_hasher.ts";
import { LIMITS } from "../config/limits.ts";
import type { Clock } from "../platform/clock.ts";
import type { DiskFile } from "../platform/disk.ts";
import { addRange, type ByteRange, containsRange, coveredFrom, missingRanges, totalBytes } from "../protocol/ranges.ts";
import { ByteWaiters } from "./byte_waiters.ts";
import type { Catalog, ClipRow } from "./catalog.ts";
import { HeldHash } from "./held_hash.ts";
import { SNIFF_BYTES, sniffMediaType } from "./media_type.ts";
import { storageError } from "./storage_error.ts";

/** What a connection that fills the clip wants to know. */
export interface Owner {
  /** More bytes are durable. */
  stored(): void;
  /** It is not this connection's any more, or what was not durable is lost. */
  lost(error: FramewireError): void;
}

/** What the clip tells its store. */
export interface IncomingClipEvents {
  changed(): void;
  /** A write or sync failed: what is durable stays, this object is of no use any more. */
  broken(error: FramewireError): void;
}

export class IncomingClip {
  readonly #row: ClipRow;
  readonly #file: DiskFile;
  readonly #catalog: Catalog;
  readonly #clock: Clock;
  readonly #events: IncomingClipEvents;
  readonly #hash: HeldHash;
  #held: readonly ByteRange[];
  #durable: readonly ByteRange[];
  #mediaType: string;
  #updatedMs: number;
  /** Payload bytes taken since this object exists, damaged and doubled ones included; and how many of them are durable. */
  #taken = 0;
  #stored = 0;
  /** The last write, which may be under way. Never rejects. */
  #writing: Promise<void> = Promise.resolve();
  #flushing: Promise<void> | undefined;
  #cancelFlushTimer: (() => void) | undefined;
  #owner: Owner | undefined;
  readonly #waiters = new ByteWaiters();
  #broken: FramewireError | undefined;
  #closed = false;
  /** Whole and synced: nothing needs to be flushed any more. */
  #sealed = false;
  #holders = 0;
  #running = new Set<Promise<unknown>>();

  constructor(row: ClipRow, file: DiskFile, catalog: Catalog, clock: Clock, events: IncomingClipEvents) {
    this.#row = row;
    this.#file = file;
    this.#catalog = catalog;
    this.#clock = clock;
    this.#events = events;
    this.#held = row.held;
    this.#durable = row.held;
    this.#mediaType = row.mediaType;
    this.#updatedMs = row.updatedMs;
    this.#hash = new HeldHash({
      held: () => this.#held,
      read: this.#read,
      run: (job) => this.#run(job),
      gone: () => this.#gone(),
    });
  }

  get row(): ClipRow {
    return { ...this.#row, held: this.#durable, mediaType: this.#mediaType, updatedMs: this.#updatedMs };
  }

  /** Bytes which have arrived, durable or not. */
  get held(): readonly ByteRange[] {
    return this.#held;
  }

  /** Bytes which survive a power cut. */
  get durable(): readonly ByteRange[] {
    return this.#durable;
  }

  get mediaType(): string {
    return this.#mediaType;
  }

  get taken(): number {
    return this.#taken;
  }

  get stored(): number {
    return this.#stored;
  }

  /** Whether a connection fills it at the moment. */
  get isOwned(): boolean {
    return this.#owner !== undefined;
  }

  isOwnedBy(owner: Owner): boolean {
    return this.#owner === owner;
  }

  /** Whether somebody fills it, waits for its bytes, or its bytes are on their way to the disk. */
  get isInUse(): boolean {
    return this.#owner !== undefined || this.#holders > 0 || this.#waiters.count > 0 || this.#running.size > 0 ||
      (this.#taken > this.#stored && !this.#sealed);
  }

  /** Says that somebody reads it; the returned function says that it is over. */
  retain(): () => void {
    this.#holders++;
    let held = true;
    return () => {
      if (held) this.#holders--;
      held = false;
    };
  }

  /** Bytes still to come, as far as is known. */
  get remainingBytes(): number {
    return this.#row.bytes === null ? 0 : this.#row.bytes - totalBytes(this.#held);
  }

  /** Makes `owner` the one connection that fills the clip; the one before is told that it is not any more. */
  claim(owner: Owner): void {
    this.#checkUsable();
    const before = this.#owner;
    this.#owner = owner;
    before?.lost(new FramewireError("SUPERSEDED", `A newer connection has taken over clip ${this.#row.name}`));
    this.#events.changed();
  }

  /** The connection is gone. Nothing happens if another owns the clip by now. */
  release(owner: Owner): void {
    if (this.#owner !== owner) return;
    this.#owner = undefined;
    this.#events.changed();
  }

  /**
   * Takes bytes. What is held already is not written again: it may have been hashed, and must not change behind that.
   *
   * @throws {FramewireError} `INVALID_RANGE`, `NO_SPACE`, `STORAGE_FAILED`.
   */
  write(offset: number, bytes: Uint8Array): Promise<void> {
    const written = this.#run(() => this.#write(offset, bytes));
    this.#writing = written.catch(() => {});
    return written;
  }

  async #write(offset: number, bytes: Uint8Array): Promise<void> {
    this.#checkUsable();
    const end = offset + bytes.length;
    const endMax = this.#row.bytes ?? LIMITS.clipBytesMax;
    if (end > endMax) {
      throw new FramewireError("INVALID_RANGE", `Cannot write as the end must be <= ${endMax} bytes: received ${end}`);
    }
    await this.#hash.letCatchUp(offset);
    for (const part of missingRanges(this.#held, offset, end)) {
      const slice = bytes.subarray(part.start - offset, part.end - offset);
      try {
        await this.#file.writeAt(slice, part.start);
      } catch (cause) {
        throw this.#break(storageError("write", cause));
      }
      if (part.start === 0) this.#mediaType = sniffMediaType(slice.subarray(0, SNIFF_BYTES));
      this.#hash.written(part.start, slice);
      this.#held = addRange(this.#held, part.start, part.end);
    }
    if (this.#held.length > LIMITS.rangesPerClipMax) {
      const text = `Cannot hold more separate ranges than ${LIMITS.rangesPerClipMax}: received ${this.#held.length}`;
      throw new FramewireError("INVALID_RANGE", text);
    }
    this.skip(bytes.length);
    this.#waiters.wake(this.#held);
    this.#events.changed();
    this.#hash.follow();
  }

  /** Counts bytes that were received but are of no use, so that the sender's window goes on. */
  skip(bytes: number): void {
    this.#taken += bytes;
    this.#flushSoon();
  }

  /**
   * Makes everything that was taken until now durable.
   *
   * @throws {FramewireError} `NO_SPACE`, `STORAGE_FAILED`.
   */
  async flush(): Promise<void> {
    // A write under way is of the connection which had the clip until now: the counts of the next begin behind it.
    await this.#writing;
    const target = this.#taken;
    while (this.#stored < target && !this.#sealed) await this.#flushOnce();
  }

  /** SHA-256 of held bytes, hexadecimal. @throws {FramewireError} `STORAGE_FAILED`. */
  digest(range: ByteRange): Promise<string> {
    return this.#run(async () => {
      this.#checkUsable();
      const followed = range.start === 0 ? await this.#hash.digest(range.end) : undefined;
      const digest = followed ?? await hashRange(this.#read, range.start, range.end);
      if (digest === undefined) throw this.#gone();
      return digest;
    });
  }

  /**
   * Checks that the clip is whole and is what was sent, and syncs it: then its file may be renamed.
   * Resolves with the bytes that are missing, if any are: then nothing has happened.
   *
   * @throws {FramewireError} `INVALID_RANGE`, `HASH_MISMATCH`, `NO_SPACE`, `STORAGE_FAILED`.
   */
  complete(bytes: number, sha256: string): Promise<readonly ByteRange[]> {
    return this.#run(() => this.#complete(bytes, sha256));
  }

  async #complete(bytes: number, sha256: string): Promise<readonly ByteRange[]> {
    this.#checkUsable();
    const heldEnd = this.#held.at(-1)?.end ?? 0;
    if (heldEnd > bytes || (this.#row.bytes ?? bytes) !== bytes) {
      const text = `Cannot end clip at ${bytes} bytes: ${heldEnd} are held, ${this.#row.bytes ?? "any"} were announced`;
      throw new FramewireError("INVALID_RANGE", text);
    }
    const missing = missingRanges(this.#held, 0, bytes);
    if (missing.length > 0) return missing;
    if (await this.#hash.digest(bytes) !== sha256) {
      throw new FramewireError("HASH_MISMATCH", `SHA-256 of ${this.#row.name} is not what the sender has; start anew`);
    }
    // An error of the disk is told once, to whoever syncs first: no other sync may run beside the one that counts.
    await this.#flushOnce(() => this.#syncWhole(bytes));
    this.#checkUsable();
    return [];
  }

  async #syncWhole(bytes: number): Promise<void> {
    try {
      await this.#file.truncate(bytes);
      await this.#file.sync();
    } catch (cause) {
      throw this.#break(storageError("sync", cause));
    }
    this.#sealed = true;
    this.#stopFlushing();
  }

  /** Bytes which can be read from `offset` on. */
  available(offset: number): number {
    return coveredFrom(this.#held, offset) - offset;
  }

  /** True once the byte at `offset` is held; false when it never will be, or `signal` aborts. */
  waitFor(offset: number, signal: AbortSignal): Promise<boolean> {
    if (containsRange(this.#held, offset, offset + 1)) return Promise.resolve(true);
    return this.#waiters.wait(offset, signal);
  }

  /** Lets go of the file. What is durable stays. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopFlushing();
    this.#waiters.end();
    await Promise.allSettled([...this.#running]);
    this.#file.close();
  }

  /** Reads for hashing. */
  readonly #read = async (into: Uint8Array, offset: number): Promise<number> => {
    // Whoever closes it waits for what is running: a long hash ends here.
    this.#checkUsable();
    try {
      return await this.#file.readAt(into, offset);
    } catch (cause) {
      throw storageError("read", cause);
    }
  };

  /** Notes a job which needs the file, so that it is not closed meanwhile. */
  #run<T>(job: () => Promise<T>): Promise<T> {
    const running = job();
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  #checkUsable(): void {
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#closed) throw new FramewireError("UNKNOWN_CLIP", `Clip ${this.#row.name} is not open any more`);
  }

  #stopFlushing(): void {
    this.#cancelFlushTimer?.();
    this.#cancelFlushTimer = undefined;
  }

  #flushSoon(): void {
    if (this.#taken - this.#stored >= LIMITS.syncAfterBytes) this.#flushInBackground();
    this.#cancelFlushTimer ??= this.#clock.timer(LIMITS.syncAfterMs, () => this.#flushInBackground());
  }

  #flushInBackground(): void {
    this.#stopFlushing();
    // Its failure is told to the owner and the store by `#break`.
    if (this.#flushing === undefined) this.#flushOnce().catch(() => {});
  }

  /** Syncs one at a time. Without a `round` of its own, whoever asks joins the one under way. */
  async #flushOnce(round?: () => Promise<void>): Promise<void> {
    while (round !== undefined && this.#flushing !== undefined) await this.#flushing.catch(() => {});
    this.#checkUsable();
    this.#flushing ??= this.#run(round ?? (() => this.#flushRound())).finally(() => {
      this.#flushing = undefined;
      if (this.#closed || this.#broken !== undefined || this.#sealed) return;
      // The timer of what came meanwhile may have run out while there was nothing that it could do.
      if (this.#taken > this.#stored) this.#flushSoon();
    });
    await this.#flushing;
  }

  async #flushRound(): Promise<void> {
    const held = this.#held;
    const taken = this.#taken;
    const nowMs = this.#clock.wallMs();
    try {
      await this.#file.sync();
      await this.#catalog.updateHeld(this.#row.id, held, this.#mediaType, nowMs);
    } catch (cause) {
      throw this.#break(storageError("sync", cause));
    }
    this.#durable = held;
    this.#updatedMs = nowMs;
    this.#stored = taken;
    this.#owner?.stored();
  }

  #gone(): FramewireError {
    return this.#break(new FramewireError("STORAGE_FAILED", "Bytes that were held are not in the file any more"));
  }

  /** From here on nothing is acked: what was not durable may be lost, whatever a later sync says. */
  #break(error: FramewireError): FramewireError {
    if (this.#broken !== undefined) return this.#broken;
    this.#broken = error;
    this.#stopFlushing();
    const owner = this.#owner;
    this.#owner = undefined;
    owner?.lost(error);
    this.#events.broken(error);
    return error;
  }
}
