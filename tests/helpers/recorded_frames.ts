/** What a server has recorded, as its API tells it and as it lies on the disk. */
import { assertEquals } from "@std/assert";

/** A frame of `/api/frames`. */
export interface RecordedFrame {
  readonly id: number;
  readonly device: string;
  readonly source: string;
  readonly sequence: number;
  readonly name: string | null;
  readonly bytes: number;
  readonly verdict: string | null;
  readonly result: Readonly<Record<string, unknown>> | null;
}

/** All frames of a server, of the device and source that are given, in the order of arrival. */
export async function everyFrame(
  http: string,
  which: { readonly device?: string; readonly source?: string } = {},
): Promise<RecordedFrame[]> {
  const found: RecordedFrame[] = [];
  for (let cursor: number | null = 0; cursor !== null;) {
    const query = new URLSearchParams({ ...which, order: "ascending", limit: "1000" });
    if (cursor > 0) query.set("cursor", String(cursor));
    const page: { frames: RecordedFrame[]; next: number | null } = await fetch(`${http}/api/frames?${query}`)
      .then((answer) => answer.json());
    found.push(...page.frames);
    cursor = page.next;
  }
  return found;
}

/** Asserts that `copies` holds these files and no others, each byte for byte as in `originals`. */
export async function sameFiles(originals: string, copies: string, names: readonly string[]): Promise<void> {
  const there = (await Array.fromAsync(Deno.readDir(copies))).map(({ name }) => name);
  assertEquals(there.sort(), [...names].sort());
  for (const name of names) {
    const [original, copy] = await Promise.all([`${originals}/${name}`, `${copies}/${name}`].map((path) => {
      return Deno.readFile(path);
    }));
    assertEquals(copy!.length === original!.length && copy!.every((byte, at) => byte === original![at]), true, name);
  }
}
