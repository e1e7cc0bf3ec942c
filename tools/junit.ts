/** Reads the reports which `deno test --junit-path` writes. */

/** What a run of the tests came to; steps count as part of their test. */
export interface TestCounts {
  readonly passed: number;
  /** Failed tests as `file: test`, and what else has failed. */
  readonly failures: readonly string[];
  /** Ignored tests as `file: test`, and ignored steps as `file: test > step`. */
  readonly ignored: readonly string[];
}

const ENTITIES: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function unescape(text: string): string {
  return text.replace(
    /&(?:#(\d+)|(\w+));/g,
    (whole, code?: string, name?: string) => code ? String.fromCodePoint(Number(code)) : ENTITIES[name ?? ""] ?? whole,
  );
}

/** Counts the tests of a report. Files which failed to load are not in it: only the exit code tells. */
export function countTests(xml: string): TestCounts {
  let passed = 0;
  const failures: string[] = [];
  const ignored: string[] = [];
  for (const suite of xml.split("<testsuite ").slice(1)) {
    const file = unescape(/^name="([^"]*)"/.exec(suite)?.[1] ?? "?");
    const tests = new Set<string>();
    for (const [, escaped = "", rest = ""] of suite.matchAll(/<testcase name="([^"]*)"([^]*?)<\/testcase>/g)) {
      const name = unescape(escaped);
      const isStep = name.split(" > ").some((_, at, parts) => at > 0 && tests.has(parts.slice(0, at).join(" > ")));
      tests.add(name);
      if (/<skipped\s*\/>/.test(rest)) ignored.push(`${file}: ${name}`);
      else if (isStep) continue;
      else if (/<(failure|error)\b/.test(rest)) failures.push(`${file}: ${name}`);
      else passed++;
    }
  }
  return { passed, failures, ignored };
}

/** The counts of several runs as those of one. */
export function addCounts(all: readonly TestCounts[]): TestCounts {
  return {
    passed: all.reduce((sum, { passed }) => sum + passed, 0),
    failures: all.flatMap(({ failures }) => failures),
    ignored: all.flatMap(({ ignored }) => ignored),
  };
}

/**
 * What is told at the end. A run which ended badly, or in which nothing ran, has at least one failure; where `strict`,
 * each ignored test is one too, because nothing may be skipped for want of a tool.
 */
export function verdict(counts: TestCounts, exitCode: number, strict: boolean): { line: string; code: number } {
  const { passed, ignored } = counts;
  let failed = counts.failures.length + (strict ? ignored.length : 0);
  if (failed === 0 && (exitCode !== 0 || passed === 0)) failed = 1;
  const skipped = ignored.length > 0 ? `, ${ignored.length} skipped` : "";
  return { line: `${passed} passed, ${failed} failed${skipped}`, code: exitCode !== 0 ? exitCode : failed > 0 ? 1 : 0 };
}
