/// <reference lib="deno.worker" />
/** A worker of the analysis whose pictures say what it does: `hang`, `crash`, `exit`, or else a measure of their length. */
/** Not for ever: what loops goes on in its thread behind `terminate()` (denoland/deno pull request 35657). */
const HANG_MS = 5_000;
const decoder = new TextDecoder();
self.onmessage = ({ data }: MessageEvent<Uint8Array<ArrayBuffer>>) => {
  const word = decoder.decode(data);
  if (word === "hang") { for (const untilMs = performance.now() + HANG_MS; performance.now() < untilMs;); }
  if (word === "crash") throw new Error("asked to crash");
  const picture = { brightness: data.length, contrast: 0, sharpness: 0, black: false };
  self.postMessage({ picture, plane: { width: 1, height: 1, luma: new Uint8Array([data.length]) } });
};
self.postMessage("begun");
