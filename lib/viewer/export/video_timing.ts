/** When which frame is to be seen in a video of constant rate: pure arithmetic. */

/** The video's rates, pictures a second; sources between them keep their own. */
export const VIDEO_FPS_MIN = 1;
export const VIDEO_FPS_MAX = 60;
/** A pause longer than this is cut out of the video, ms: nobody wants to watch a camera that was off. */
export const PAUSE_MS_MAX = 2_000;

/** Rate of a video for frames at these times: that of most of its pauses, a whole number. */
export function videoFps(timesMs: readonly number[]): number {
  const steps = timesMs.slice(1).map((timeMs, at) => timeMs - timesMs[at]!).filter((step) => step > 0);
  if (steps.length === 0) return VIDEO_FPS_MIN;
  const usual = steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)]!;
  return Math.max(VIDEO_FPS_MIN, Math.min(VIDEO_FPS_MAX, Math.round(1000 / usual)));
}

/** Gives each frame its share of the video's pictures, so that the video runs as fast as life did. */
export class VideoTiming {
  readonly #pictureMs: number;
  #lastMs: number | undefined;
  /** Time of the video so far that no picture was given for, ms. */
  #owedMs = 0;

  constructor(fps: number) {
    this.#pictureMs = 1000 / fps;
  }

  /** How many pictures of the video the frame before this one fills: 0 when this one replaces it at once. */
  before(timeMs: number): number {
    if (this.#lastMs === undefined) {
      this.#lastMs = timeMs;
      return 0;
    }
    const stepMs = timeMs - this.#lastMs;
    this.#lastMs = timeMs;
    // A clock that went back, or a pause: one picture.
    this.#owedMs += stepMs < 0 || stepMs > PAUSE_MS_MAX ? this.#pictureMs : stepMs;
    const pictures = Math.round(this.#owedMs / this.#pictureMs);
    this.#owedMs -= pictures * this.#pictureMs;
    return pictures;
  }
}
