/** What a stream of a feed has on its way, and what the server has said of it. Arithmetic only. */

interface Batch {
  readonly last: number;
  readonly events: number;
  readonly bytes: number;
}

export class OutgoingEvents {
  #unreceived: Batch[] = [];
  #unstored: Batch[] = [];
  #events = 0;
  #bytes = 0;
  #unreceivedBytes = 0;

  /** Events and bytes which were sent and are not stored. */
  get events(): number {
    return this.#events;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes which were sent and have not arrived, as far as is known. */
  get unreceivedBytes(): number {
    return this.#unreceivedBytes;
  }

  send(batch: Batch): void {
    this.#unreceived.push(batch);
    this.#unstored.push(batch);
    this.#events += batch.events;
    this.#bytes += batch.bytes;
    this.#unreceivedBytes += batch.bytes;
  }

  /** Events up to this one have arrived; gives how much of it is new. */
  received(through: number): { readonly events: number; readonly bytes: number } {
    const taken = takeThrough(this.#unreceived, through);
    this.#unreceivedBytes -= taken.bytes;
    return taken;
  }

  /** Events up to this one are durable; gives how many of them are new: whole batches. */
  stored(through: number): number {
    const { events, bytes } = takeThrough(this.#unstored, through);
    this.#events -= events;
    this.#bytes -= bytes;
    return events;
  }
}

function takeThrough(batches: Batch[], through: number): { events: number; bytes: number } {
  let count = 0;
  let [events, bytes] = [0, 0];
  for (const batch of batches) {
    if (batch.last > through) break;
    count++;
    events += batch.events;
    bytes += batch.bytes;
  }
  batches.splice(0, count);
  return { events, bytes };
}
