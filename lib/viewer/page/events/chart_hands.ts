/// <reference lib="dom" />
/**
 * Hands on a chart: the wheel zooms at the pointer, a drag with shift or the middle button moves it, two fingers do both,
 * one finger moves the cursor, a double click goes back. Drawing over a span is uPlot's own.
 */
import type { TimeWindow } from "../live/timeline_math.ts";
import { timeAt } from "../live/timeline_math.ts";
import type { ReadingsState } from "./readings_state.ts";
import { pinched } from "./span.ts";

/** How much a notch of a wheel (100 pixels) zooms: e^0.25. */
const ZOOM_PER_PIXEL = 0.0025;
const LINE_PIXELS = 33;
/** One who scrolls the page does not want to zoom the chart which comes under the pointer, ms. */
const SCROLLING_MS = 300;

/** Where a finger was set down. */
interface Finger {
  /** The time below it then. */
  readonly timeMs: number;
  /** Where it is now, from 0 to 1. */
  at: number;
}

/** A mouse which moves the chart. */
interface Grab {
  readonly at: number;
  readonly window: TimeWindow;
}

/** Listens to what is done on the plot of a chart, an element of its own; the returned function ends that. */
export function layHandsOn(plot: HTMLElement, state: ReadingsState): () => void {
  const hands = new Hands(plot, state);
  let scrolledMs = -Infinity;
  const onScroll = () => scrolledMs = performance.now();
  const onWheel = (event: WheelEvent) => {
    if (!event.ctrlKey && performance.now() - scrolledMs < SCROLLING_MS) return;
    event.preventDefault();
    hands.wheel(event);
  };
  // With the middle button browsers begin to scroll by themselves.
  const onMouseDown = (event: MouseEvent) => event.button === 1 && event.preventDefault();
  addEventListener("scroll", onScroll, { passive: true, capture: true });
  plot.addEventListener("wheel", onWheel, { passive: false });
  plot.addEventListener("mousedown", onMouseDown);
  plot.addEventListener("dblclick", () => state.back());
  plot.addEventListener("pointerdown", (event) => hands.down(event));
  plot.addEventListener("pointermove", (event) => hands.move(event));
  plot.addEventListener("pointerup", (event) => hands.up(event));
  plot.addEventListener("pointercancel", (event) => hands.up(event));
  return () => removeEventListener("scroll", onScroll, { capture: true });
}

class Hands {
  readonly #plot: HTMLElement;
  readonly #state: ReadingsState;
  readonly #fingers = new Map<number, Finger>();
  #grab: Grab | null = null;

  constructor(plot: HTMLElement, state: ReadingsState) {
    this.#plot = plot;
    this.#state = state;
  }

  wheel(event: WheelEvent): void {
    const unit = [1, LINE_PIXELS, this.#plot.clientWidth][event.deltaMode] ?? 1;
    const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    const pixels = unit * (isSideways && event.deltaX !== 0 ? event.deltaX : event.deltaY);
    if (isSideways) this.#state.shift(pixels / this.#plot.clientWidth);
    else this.#state.zoomAt(Math.exp(pixels * ZOOM_PER_PIXEL), this.#at(event));
  }

  down(event: PointerEvent): void {
    if (event.pointerType === "touch") {
      if (this.#fingers.size >= 2) return;
      const at = this.#at(event);
      this.#fingers.set(event.pointerId, { timeMs: timeAt(this.#state.window.peek(), at), at });
      return;
    }
    if (event.button !== 1 && !(event.button === 0 && event.shiftKey)) return;
    this.#grab = { at: this.#at(event), window: this.#state.window.peek() };
    this.#plot.setPointerCapture(event.pointerId);
    this.#plot.dataset["grabbed"] = "";
  }

  move(event: PointerEvent): void {
    if (this.#grab !== null) return this.#state.pan(this.#grab.window, this.#grab.at - this.#at(event));
    const finger = this.#fingers.get(event.pointerId);
    if (finger === undefined) return;
    finger.at = this.#at(event);
    const [first, second] = [...this.#fingers.values()];
    if (second === undefined) this.#state.cursorMs.value = timeAt(this.#state.window.peek(), finger.at);
    else this.#state.put(pinched(first!, second));
  }

  up(event: PointerEvent): void {
    this.#grab = null;
    delete this.#plot.dataset["grabbed"];
    if (!this.#fingers.delete(event.pointerId)) return;
    // The one which stays begins anew: the chart must not jump to it.
    for (const [id, { at }] of this.#fingers) {
      this.#fingers.set(id, { timeMs: timeAt(this.#state.window.peek(), at), at });
    }
  }

  /** Where on the plot, from 0 to 1. */
  #at(event: MouseEvent): number {
    const { left, width } = this.#plot.getBoundingClientRect();
    return (event.clientX - left) / Math.max(1, width);
  }
}
