import type { Frame } from "../../lib/protocol/frame.ts";

/** A picture of this folder. */
export function picture(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(new URL(`./pictures/${name}.jpg`, import.meta.url));
}

/** A frame with these values; `sequence` also makes its time. */
export function madeUpFrame(values: Partial<Frame> & { readonly jpeg: Uint8Array<ArrayBuffer> }): Frame {
  const sequence = values.sequence ?? 1;
  const timeMs = 1_800_000_000_000 + sequence * 100;
  return {
    device: "box",
    source: "cam",
    sourceKind: "visible",
    run: "r1",
    sequence,
    name: null,
    capturedMs: timeMs,
    timeMs,
    receivedMs: timeMs,
    ...values,
  };
}
