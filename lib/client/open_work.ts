/** Work that comes and goes while an uplink runs: its lists of clips, sources and feeds are then changed by their owner. */

/** Until it is closed, an uplink without anything to do stays connected. */
export class OpenWork {
  /** Whether more may come. */
  isOpen = true;
  /** Of the connection which serves it. */
  listener: () => void = () => {};

  /** The lists have changed. */
  changed(): void {
    this.listener();
  }
}
