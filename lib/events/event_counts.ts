/** What became of events, counted: for the log, and for /metrics. */
export class EventCounts {
  received = 0;
  /** Durable on the server's disk, and not there before. */
  stored = 0;
  /** Of those: they waited on the box's disk. */
  late = 0;
  /** Came again, and were left out. */
  duplicates = 0;
}

/** The counts of all feeds since the start, in Prometheus' text format. */
export function eventMetrics(counts: EventCounts): string {
  const lines = [
    ["events_received_total", counts.received],
    ["events_stored_total", counts.stored],
    ["events_late_total", counts.late],
    ["events_duplicate_total", counts.duplicates],
  ].map(([name, value]) => `# TYPE framewire_${name} counter\nframewire_${name} ${value}\n`);
  return lines.join("");
}
