/** In which order the test files run, which share a process, and which of them want a quiet machine. */

/** Test files which run in one process of `deno test`. */
export interface TestUnit {
  /** Relative to the root, with `/`. */
  readonly files: readonly string[];
  /** How long it takes at least, seconds; below one for all which are not in the table. */
  readonly seconds: number;
}

/** Units in the order in which they are to be started. */
export interface TestPlan {
  /** Those which may run beside any other. */
  readonly first: readonly TestUnit[];
  /** Those which measure a latency or a rate: they run when the others are through, beside each other only. */
  readonly quiet: readonly TestUnit[];
}

/**
 * Files which take long, in seconds on two cores; only their order matters, and a figure which is wrong, or a file which is
 * missing here, costs time and nothing else.
 */
export const LONG_SECONDS: Readonly<Record<string, number>> = {
  "tests/faults/crash_point_test.ts": 45,
  "tests/e2e/agent_test.ts": 41,
  "tests/faults/full_disk_test.ts": 32,
  "tests/faults/hostile_test.ts": 29,
  "tests/e2e/events_test.ts": 27,
  "tests/faults/frames_hostile_test.ts": 25,
  "tests/faults/network_test.ts": 23,
  "tests/browser/live_page_test.ts": 20,
  "tests/browser/events_charts_test.ts": 19,
  "tests/store/frame_power_cut_test.ts": 19,
  "tests/browser/live_load_test.ts": 17,
  "tests/browser/events_page_test.ts": 15,
  "tests/e2e/frames_test.ts": 15,
  "tests/faults/frames_full_disk_test.ts": 15,
  "tests/browser/player_test.ts": 14,
  "tests/compile/compile_test.ts": 14,
  "tests/faults/kill_test.ts": 14,
  "tests/property/sources_simulation_test.ts": 14,
  "tests/faults/frames_failing_disk_test.ts": 13,
  "tests/faults/changed_source_test.ts": 11,
  "tests/browser/page_test.ts": 9,
  "tests/faults/power_cut_test.ts": 9,
  "tests/e2e/spool_test.ts": 8,
  "tests/faults/crowd_test.ts": 7,
  "tests/browser/stale_page_test.ts": 6,
  "tests/e2e/camera_test.ts": 6,
  "tests/e2e/send_test.ts": 6,
  "tests/property/simulation_test.ts": 6,
  "tests/server/frames_test.ts": 6,
  "tests/store/frame_pictures_test.ts": 6,
  "tests/e2e/pipe_test.ts": 5,
  "tests/store/frame_retention_test.ts": 5,
  "tests/store/frame_store_test.ts": 5,
  "tests/e2e/protocol_rules_test.ts": 4,
  "tests/events/line_reader_test.ts": 4,
  "tests/store/spool_kill_test.ts": 4,
};

/** Files which watch a slow link in real time, or a camera that must not notice what else goes on. */
export const QUIET: ReadonlySet<string> = new Set([
  "tests/browser/play_while_arriving_test.ts",
  "tests/faults/frames_hostile_test.ts",
  "tests/faults/frames_slow_link_test.ts",
  "tests/faults/reading_latency_test.ts",
  "tests/helpers/slow_link_test.ts",
]);

/** Short files which share a process: a start costs as much as a short file. */
const FILES_PER_UNIT = 8;

/** Whether `deno test` takes a file of this path for one with tests. */
export function isTestFile(path: string): boolean {
  return /(^|[/_.])test\.[cm]?[jt]sx?$/.test(path);
}

/** Puts the longest first, so that no long one is left for the end, and then the short ones, some of a folder at a time. */
export function planTests(files: readonly string[]): TestPlan {
  const units: TestUnit[] = [];
  let short: string[] = [];
  const flush = () => {
    if (short.length > 0) units.push({ files: short, seconds: 0 });
    short = [];
  };
  for (const file of [...files].sort()) {
    const seconds = LONG_SECONDS[file] ?? 0;
    if (seconds > 0 || QUIET.has(file)) {
      units.push({ files: [file], seconds });
      continue;
    }
    if (short.length === FILES_PER_UNIT || folderOf(short[0] ?? file) !== folderOf(file)) flush();
    short.push(file);
  }
  flush();
  units.sort((a, b) => b.seconds - a.seconds);
  const isQuiet = ({ files }: TestUnit) => files.some((file) => QUIET.has(file));
  return { first: units.filter((unit) => !isQuiet(unit)), quiet: units.filter(isQuiet) };
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}
