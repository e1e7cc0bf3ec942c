/** CPU time and memory of processes from /proc (proc(5)); other systems have none, and the columns stay empty. */

/** Clock ticks per second of /proc/PID/stat: USER_HZ is 100 on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** Largest resident set of a process so far, bytes; 0 when it has ended or there is no /proc. */
export function peakBytesOf(pid: number): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1];
  return kibibytes === undefined ? 0 : Number(kibibytes) * 1024;
}

/** Resident set of a process, bytes; null when it has ended or there is no /proc. */
export function bytesOf(pid: number): number | null {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}

/** Makes the peak of a process start anew from its present memory; without the right to do so nothing happens. */
export function resetPeakOf(pid: number): void {
  try {
    Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
  } catch {
    // The peak then is that of all rounds, which is no lie, only less sharp.
  }
}

/** User and system time of a process with the children it has waited for, seconds; null without /proc. */
export function cpuSecondsOf(pid: number): number | null {
  const times = timesOf(pid);
  return times === null ? null : times.own + times.children;
}

/** User and system time of the children which this process has waited for, seconds; null without /proc. */
export function cpuSecondsOfOurChildren(): number | null {
  return timesOf(Deno.pid)?.children ?? null;
}

/** Whether a process has children; daemons which fork have the time of a child only once it has ended. */
export function hasChildren(pid: number): boolean {
  return read(`/proc/${pid}/task/${pid}/children`).trim() !== "";
}

function timesOf(pid: number): { own: number; children: number } | null {
  const stat = read(`/proc/${pid}/stat`);
  // The name, field 2, is in brackets and may hold blanks; utime is field 14, cstime field 17.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 15).map(Number);
  const [user, system, childUser, childSystem] = fields;
  if (user === undefined || system === undefined || childUser === undefined || childSystem === undefined) return null;
  return { own: (user + system) / TICKS_PER_SECOND, children: (childUser + childSystem) / TICKS_PER_SECOND };
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
