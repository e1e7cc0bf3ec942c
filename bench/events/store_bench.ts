/** `deno task bench store`: how many events a second become durable in the store, and how long charts take. */
import { DatabaseSync } from "node:sqlite";
import { silentLog } from "../../lib/log.ts";
import { systemClock } from "../../lib/platform/clock.ts";
import { systemDisk } from "../../lib/platform/disk.ts";
import { encodeBatch } from "../../lib/protocol/event_batch.ts";
import { DiskSpace } from "../../lib/store/disk_space.ts";
import { EventStore } from "../../lib/store/event_store.ts";
import { SqliteCatalog } from "../../lib/store/sqlite_catalog.ts";
import { readFlags } from "../flags.ts";
import { type MachineFacts, machineFacts, machineText } from "../machine.ts";
import { inTemporaryFolder, saveResult, tell, write } from "../run_files.ts";
import { median } from "../statistics.ts";

const HELP = `Measure how fast events become durable in the store, and how fast a chart is drawn, on this machine

  deno task bench store [--events 1000000] [--rounds 3] [--json] [--dir DIR]

  --events   readings (TempEvent) of a run
  --rounds   measured rounds; one more comes first and is not counted
  --json     print the result as one JSON object
  --dir      where the temporary folder is made; the disk under it is part of what is measured

Example: deno task bench store --events 200000 --rounds 1
`;

/** Events on their way without being acked: the window of a stream. */
const WINDOW_EVENTS = 20_000;
/** What is measured, by its name: events of a batch. */
const BATCHES: Readonly<Record<string, number>> = {
  "batches of 1": 1,
  "batches of 10": 10,
  "batches of 100": 100,
  "batches of 1,000": 1_000,
};
/** Single events are slower by so much that fewer will do. */
const SINGLES_SHARE = 20;
const SECOND = 1_000;
const DAY = 86_400 * SECOND;

interface Result {
  readonly machine: MachineFacts;
  readonly events: number;
  readonly rounds: number;
  /** Medians, by what was measured. */
  readonly eventsPerSecond: Record<string, number>;
  /** Of the last million, by span, ms. */
  readonly chartMs: Record<string, number>;
}

/** Runs it; the exit code. @throws {RangeError} when a flag is unknown or out of range */
export async function benchStore(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, ["help", "json"], ["events", "rounds", "dir"]);
  if (flags.flag("help")) {
    write(Deno.stdout, HELP);
    return 0;
  }
  const [events, rounds] = [flags.number("events", 1_000, 1_000_000), flags.number("rounds", 1, 3)];
  const result = await inTemporaryFolder(flags.text("dir"), () => Promise.resolve(), async (dir): Promise<Result> => {
    const machine = await machineFacts(dir);
    if (machine.loadBefore > machine.cores / 4) tell("The machine is busy: the figures will be doubtful");
    const rates = new Map<string, number[]>([["bare loop", []]]);
    const chartMs: Record<string, number> = {};
    for (let round = 0; round <= rounds; round++) {
      const note = (name: string, perSecond: number) => {
        tell(`${round === 0 ? "warm-up" : `round ${round}`}: ${name}: ${Math.round(perSecond)} a second`);
        if (round > 0) rates.set(name, [...rates.get(name) ?? [], perSecond]);
      };
      note("bare loop", bareLoop(`${dir}/bare-${round}.db`, events));
      for (const [name, batchEvents] of Object.entries(BATCHES)) {
        const some = batchEvents === 1 ? events / SINGLES_SHARE : events;
        const isLast = round === rounds && batchEvents === 1_000;
        note(name, await ingest(`${dir}/${round}-${batchEvents}.db`, some, batchEvents, isLast ? chartMs : undefined));
      }
    }
    const eventsPerSecond = Object.fromEntries([...rates].map(([name, some]) => [name, Math.round(median(some))]));
    return { machine, events, rounds, eventsPerSecond, chartMs };
  });
  await saveResult(result, markdownOf(result));
  write(Deno.stdout, flags.flag("json") ? JSON.stringify(result) + "\n" : markdownOf(result));
  return 0;
}

/** Events a second through the store, a window of them under way; fills in how long charts of them take. */
async function ingest(path: string, events: number, batchEvents: number, chartMs?: Record<string, number>) {
  const nowMs = systemClock.wallMs();
  const batches: Uint8Array[] = [];
  for (let first = 1; first <= events; first += batchEvents) {
    batches.push(encodeBatch(
      Array.from(
        { length: batchEvents },
        (_, index) => readingAt(first + index, nowMs - (events - first - index) * SECOND),
      ),
    ));
  }
  const catalog = await SqliteCatalog.open(path);
  try {
    const space = new DiskSpace(systemDisk, path.slice(0, path.lastIndexOf("/")), 0);
    const retention = { keepMs: null };
    const store = new EventStore({ catalog: catalog.events, clock: systemClock, log: silentLog, space, retention });
    await store.start();
    const { feedId } = await store.openFeed({ device: "box", feed: "sensor", run: "run", floor: 1 });
    const startMs = performance.now();
    const underWay: Promise<unknown>[] = [];
    for (const batch of batches) {
      underWay.push(store.append(feedId, "run", false, nowMs, 0, batch));
      if (underWay.length * batchEvents >= WINDOW_EVENTS) await underWay.shift();
    }
    await Promise.all(underWay);
    const seconds = (performance.now() - startMs) / 1_000;
    if (chartMs !== undefined) await drawAll(store, feedId, path, nowMs, chartMs);
    await store.stop();
    return events / seconds;
  } finally {
    await catalog.close();
  }
}

function readingAt(sequence: number, timeMs: number) {
  const [humidity, tempCel] = [50 + 10 * Math.sin(sequence / 500), 20 + 5 * Math.cos(sequence / 700)];
  const body = { kind: "temp", deviceId: 7, eventId: sequence, humidity, tempCel, picture: null } as const;
  return { sequence, timeMs, source: null, body };
}

/** Each span in 2,000 buckets; the year is summed up as 31.5 million values would be. */
async function drawAll(
  store: EventStore,
  feedId: number,
  path: string,
  nowMs: number,
  chartMs: Record<string, number>,
): Promise<void> {
  const spans = { "an hour": DAY / 24, "a day": DAY, "eleven days": 11 * DAY, "a year": 365 * DAY };
  for (const [name, spanMs] of Object.entries(spans)) {
    if (name === "a year") addYear(path, nowMs);
    const query = { feedId, measure: "temp_cel", sinceMs: nowMs - spanMs, untilMs: nowMs, buckets: 2_000 };
    const times: number[] = [];
    for (let time = 0; time < 5; time++) {
      const startMs = performance.now();
      await store.series(query);
      times.push(performance.now() - startMs);
    }
    chartMs[name] = Math.round(median(times) * 10) / 10;
  }
}

/** The rows which a value each second leaves behind in a year, before those which are there. */
function addYear(path: string, nowMs: number): void {
  const database = new DatabaseSync(path, { timeout: 5_000 });
  const insert = database.prepare("INSERT OR IGNORE INTO rollup VALUES (1, ?, ?, ?, ?, ?, ?, 0)");
  database.exec("BEGIN");
  for (const stepMs of [60 * SECOND, 3_600 * SECOND, DAY]) {
    const count = stepMs / SECOND;
    const fromMs = Math.floor((nowMs - 366 * DAY) / DAY) * DAY;
    for (let timeMs = fromMs; timeMs < nowMs; timeMs += stepMs) insert.run(stepMs, timeMs, count, 20 * count, 15, 25);
  }
  database.exec("COMMIT");
  database.close();
}

/** For orientation: one thread, one table with one index, a commit for each hundred. */
function bareLoop(path: string, events: number): number {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  database.exec(
    `CREATE TABLE event (id INTEGER PRIMARY KEY, feed INTEGER, time REAL, humidity REAL, temp_cel REAL) STRICT;
    CREATE INDEX event_by_time ON event (feed, time)`,
  );
  const insert = database.prepare("INSERT INTO event (feed, time, humidity, temp_cel) VALUES (?, ?, ?, ?)");
  const startMs = performance.now();
  for (let at = 0; at < events;) {
    database.exec("BEGIN");
    for (let index = 0; index < 100; index++) insert.run(1, ++at * SECOND, 40.5, 21.25);
    database.exec("COMMIT");
  }
  const seconds = (performance.now() - startMs) / 1_000;
  database.close();
  return events / seconds;
}

function markdownOf({ machine, events, rounds, eventsPerSecond, chartMs }: Result): string {
  return [
    `${events} readings through the store, medians of ${rounds} rounds, ${WINDOW_EVENTS} of them under way; each is ` +
    `synced when it is acked. ${machineText(machine)}`,
    "",
    "| events | a second |",
    "| --- | ---: |",
    ...Object.entries(eventsPerSecond).map(([name, perSecond]) => `| ${name} | ${perSecond.toLocaleString("en")} |`),
    "",
    "| chart in 2,000 buckets | ms |",
    "| --- | ---: |",
    ...Object.entries(chartMs).map(([name, ms]) => `| ${name} | ${ms} |`),
    "",
    "The bare loop is one thread, one small table and a commit for each hundred rows. The year has a value each second.",
  ].join("\n") + "\n";
}
