/** What every program in the comparison is to the harness. */

/** One way of moving a file from one process to another on this machine, or a bound on how fast that can be. */
export interface Peer {
  /** Short name, for the table and for `--only` and `--without`. */
  readonly name: string;
  /** Why it is in the table, and what it is worth as a comparison. */
  readonly why: string;
  /** What is synced to disk before the sender is told that it is done. */
  readonly syncs: string;
  /** What is verified before the sender is told that it is done, beyond the checksum of TCP. */
  readonly verifies: string;
  /** Its work is done in processes which it forks, whose memory is not seen; no figure is better than a wrong one. */
  readonly forks?: true;
  /** A bound for orientation rather than a program that somebody would use. */
  readonly orientation?: true;
  /**
   * Starts what listens, keeping everything it needs under `dir`, an empty folder of its own.
   *
   * @throws {MissingProgramError} when a program is not installed; the peer is left out then
   */
  start(dir: string): Promise<void>;
  /** Sends `file`, as one process from its start to its exit; this is what is timed. */
  send(file: string): Promise<SendReport>;
  /** Where the file of the last `send` arrived; null when nothing is stored. The harness checks and deletes it. */
  received(): string | null;
  /** Process that listens; null when there is none. */
  serverPid(): number | null;
  /** Ends what was started, also after a failed start. */
  stop(): Promise<void>;
}

/** What is known of one sending process. */
export interface SendReport {
  /** Largest resident set seen of the sending process, bytes; 0 when the process was too short to be sampled. */
  readonly clientPeakBytes: number;
}

/** A program which a peer needs is not here. */
export class MissingProgramError extends Error {
  override readonly name = "MissingProgramError";
  constructor(program: string, cause?: unknown) {
    super(`${program} is not installed`, cause === undefined ? undefined : { cause });
  }
}
