/** System calls of a server which fail, or kill it, when they are reached (strace -e inject). */

/** Whether strace is here; tests which need it are left out otherwise. */
export const HAS_STRACE = await new Deno.Command("strace", { args: ["true"], stderr: "null" }).output()
  .then(({ success }) => success, () => false);

/** Where the server is hit: a system call, and the path it is about, in the data folder; without one, any. */
export interface Point {
  readonly call: string;
  readonly path?: string;
  /** `3` is the third, `3+` it and all behind it; counted per thread. */
  readonly when: string;
}

/** strace in front of the server, which stays the process that was started. */
export function strace({ call, path, when }: Point, data: string, what: string): string[] {
  const only = path === undefined ? [] : ["-P", `${data}/${path}`];
  return ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${call}`, ...only].concat(
    "-e",
    `inject=${call}:${what}:when=${when}`,
  );
}
