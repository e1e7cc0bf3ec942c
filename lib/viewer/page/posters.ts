/// <reference lib="dom" />
/**
 * First pictures of whole clips, for their cards: one after the other, of those in view only, so that a page of two hundred
 * clips asks for a few of them, over one connection.
 */
import { contentUrl } from "./player.tsx";
import { playingId } from "./state.ts";

/** A clip which has not given a picture by then has none, ms. */
const WAIT_MS = 8_000;
/** The very first picture of many clips is black, seconds. */
const AT_SECONDS = 0.5;

const waiting: HTMLCanvasElement[] = [];
let isRunning = false;

const observer = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    const index = waiting.indexOf(target as HTMLCanvasElement);
    if (isIntersecting && index < 0) waiting.push(target as HTMLCanvasElement);
    else if (!isIntersecting && index >= 0) waiting.splice(index, 1);
  }
  void run();
});

/** Draws a picture of the clip named in `data-clip` when the canvas comes into view; the returned function ends that. */
export function keepPoster(canvas: HTMLCanvasElement): () => void {
  observer.observe(canvas);
  return () => {
    observer.unobserve(canvas);
    const index = waiting.indexOf(canvas);
    if (index >= 0) waiting.splice(index, 1);
  };
}

async function run(): Promise<void> {
  if (isRunning) return;
  isRunning = true;
  // A clip that plays needs the connection, and what is not looked at needs nothing.
  while (waiting.length > 0 && playingId.value === null && !document.hidden) {
    const canvas = waiting.shift()!;
    observer.unobserve(canvas);
    await draw(canvas);
  }
  isRunning = false;
}

/** Tries again when the player is closed or the page is looked at. */
export function resumePosters(): void {
  void run();
}

async function draw(canvas: HTMLCanvasElement): Promise<void> {
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  video.src = contentUrl(canvas.dataset["clip"] ?? "");
  try {
    if (!await happens(video, "loadedmetadata")) return;
    video.currentTime = Math.min(AT_SECONDS, video.duration / 2 || 0);
    if (!await happens(video, "seeked") || video.videoWidth === 0) return;
    canvas.width = 640;
    canvas.height = 360;
    const scale = Math.max(canvas.width / video.videoWidth, canvas.height / video.videoHeight);
    const [width, height] = [video.videoWidth * scale, video.videoHeight * scale];
    const context = canvas.getContext("2d");
    context?.drawImage(video, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
    canvas.dataset["drawn"] = "";
  } finally {
    // Without a source the element gives its connection back.
    video.removeAttribute("src");
    video.load();
  }
}

/** Whether `name` happens to `video` in time. */
function happens(video: HTMLVideoElement, name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (result: boolean) => () => {
      clearTimeout(timer);
      resolve(result);
    };
    const timer = setTimeout(settle(false), WAIT_MS);
    video.addEventListener(name, settle(true), { once: true });
    video.addEventListener("error", settle(false), { once: true });
  });
}
