/// <reference lib="dom" />
/** Canvases which show pictures; live ones are asked for only while they are in view. */
import { useEffect, useRef } from "preact/hooks";
import { serverNow } from "../state.ts";
import type { Picture } from "./feed.ts";
import { feedOf, lookAt } from "./feeds.ts";
import { type Layer, Painter } from "./painter.ts";

/** What a canvas shows. */
interface CanvasContent {
  /** Begins to supply pictures, calls `changed` after each; returns what ends it. */
  readonly begin: (changed: () => void) => () => void;
  readonly layers: () => readonly Layer[];
  readonly drawn?: () => void;
}

/** A canvas for pictures. `label`: for screen readers. */
export function PictureCanvas({ label, content }: { label: string; content: CanvasContent }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current === null) return;
    const painter = new Painter(canvas.current, content.layers, content.drawn);
    let end: (() => void) | null = null;
    const observer = new IntersectionObserver((entries) => {
      const isInView = entries.at(-1)?.isIntersecting ?? false;
      if (isInView && end === null) {
        end = content.begin(() => painter.invalidate());
        painter.invalidate();
      } else if (!isInView) {
        end?.();
        end = null;
      }
    }, { rootMargin: "80px" });
    observer.observe(canvas.current);
    return () => {
      observer.disconnect();
      end?.();
      painter.stop();
    };
  }, [content]);
  return <canvas class="picture" ref={canvas} role="img" aria-label={label} />;
}

/** A live picture as it is drawn, with the boxes which belong on it. */
export function layerOf(id: number, picture: Picture, opacity = 1): Layer {
  const result = feedOf(id).results.over(picture.header);
  return { bitmap: picture.bitmap, boxes: result?.boxes ?? [], isDefect: result?.result === "defect", opacity };
}

/** The newest picture of a source. */
export function liveContent(id: number): CanvasContent {
  const feed = feedOf(id);
  let drawn: Picture | null = null;
  return {
    begin: (changed) => lookAt(id, changed),
    layers: () => feed.newest === null ? [] : [layerOf(id, feed.newest)],
    drawn() {
      if (feed.newest === null || feed.newest === drawn) return;
      drawn = feed.newest;
      feed.meter.shown(serverNow() - drawn.timeMs);
    },
  };
}
