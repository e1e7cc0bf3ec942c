/// <reference lib="dom" />
/** The span of the charts in the address, so that a link shows the same. */
import { effect } from "@preact/signals";
import { placeOf, readingsAddress, type WantedSpan } from "../live/address.ts";
import { place } from "../live/source_state.ts";
import type { ReadingsState } from "./readings_state.ts";
import { SPANS } from "./span.ts";

/** Browsers take some hundred changes of an address in half a minute, ms. */
const SETTLE_MS = 400;

/** The span that the address asks for. */
export function spanOfPlace(): WantedSpan {
  const { value } = place;
  return (value.name === "readings" ? value.span : null) ?? { lastMs: SPANS[0].ms };
}

/** Keeps the address as the charts are, and the charts as the address is; the returned function ends that. */
export function followSpan(state: ReadingsState): () => void {
  let settling: ReturnType<typeof setTimeout> | undefined;
  let known = JSON.stringify(spanOfPlace());
  const unread = effect(() => {
    const wanted = spanOfPlace();
    if (JSON.stringify(wanted) === known) return;
    known = JSON.stringify(wanted);
    if ("lastMs" in wanted) state.showLast(wanted.lastMs);
    else state.showSpan(wanted.fromMs, wanted.toMs);
  });
  const unwrite = effect(() => {
    const { fromMs, toMs } = state.window.value;
    const shown = state.isLive.value
      ? { lastMs: Math.round(toMs - fromMs) }
      : { fromMs: Math.round(fromMs), toMs: Math.round(toMs) };
    clearTimeout(settling);
    const text = JSON.stringify(shown);
    if (text !== known) settling = setTimeout(() => write(text, shown), SETTLE_MS);
  });
  function write(text: string, shown: WantedSpan): void {
    const { value } = place;
    if (value.name !== "readings" && value.name !== "start") return;
    known = text;
    const isFirst = "lastMs" in shown && shown.lastMs === SPANS[0].ms;
    const feeds = value.name === "readings" ? value.feeds : null;
    history.replaceState(null, "", readingsAddress(feeds, isFirst ? null : shown));
    place.value = placeOf(location.hash);
  }
  return () => {
    clearTimeout(settling);
    unread();
    unwrite();
  };
}
