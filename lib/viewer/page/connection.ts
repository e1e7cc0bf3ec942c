/// <reference lib="dom" />
/** The page's WebSocket: it comes back by itself, and a silent one counts as lost. */
import type { PageMessage } from "../page_messages.ts";
import { applyEvents } from "./events/event_state.ts";
import { takePicture, takeResult, watchOver } from "./live/feeds.ts";
import { renewFigures } from "./live/figures.ts";
import { applySources, place } from "./live/source_state.ts";
import { refreshOlder } from "./older.ts";
import { reconnectDelayMs } from "./reconnect_delay.ts";
import { announcement, applyMessage, link, lostSinceMs, noteServerTime, pageIsOld, playingId, tick } from "./state.ts";

/** The server says something every 5 seconds; three of them missed is a lost connection. */
const SILENCE_MS = 15_000;
/** A connection that is not there by then is tried anew. */
const CONNECT_MS = 10_000;
/** Where the page notes which version it has loaded itself anew for, so that it does so once. */
const RELOADED_FOR = "framewire-reloaded-for";

let socket: WebSocket | undefined;
let failures = 0;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
/** When the socket was opened, or last said something. Both clocks: the monotonic one stands still in a computer asleep. */
let heardMs = 0;
let heardDateMs = 0;
/** When the server was last heard of, through whichever socket. */
let knownMs = Date.now();

/** Starts, for as long as the page is open. */
export function keepConnected(): void {
  connect();
  setInterval(check, 1_000);
  addEventListener("online", reconnectNow);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    check();
    reconnectNow();
  });
  // A page from the back-forward cache has lost its socket without a word.
  addEventListener("pageshow", (event) => "persisted" in event && event.persisted && lose());
}

/** Tries at once instead of at the next turn; nothing happens while there is a connection. */
export function reconnectNow(): void {
  if (socket === undefined) connect();
}

function connect(): void {
  clearTimeout(retryTimer);
  const opening = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket = opening;
  opening.binaryType = "arraybuffer";
  noteHeard();
  opening.onmessage = ({ data }) => {
    if (socket !== opening) return;
    noteHeard();
    if (typeof data === "string") receive(JSON.parse(data) as PageMessage);
    else receivePicture(data as ArrayBuffer);
  };
  opening.onclose = () => {
    if (socket === opening) lose();
  };
}

function noteHeard(): void {
  heardMs = performance.now();
  heardDateMs = Date.now();
}

function receivePicture(message: ArrayBuffer): void {
  const sentMs = takePicture(message);
  if (sentMs !== null) noteServerTime(sentMs);
}

function receive(message: PageMessage): void {
  knownMs = heardDateMs;
  if (message.type === "result") return takeResult(message);
  applyMessage(message);
  applySources(message);
  applyEvents(message);
  if (message.type !== "snapshot") return;
  failures = 0;
  if (link.value === "lost") announcement.value = "Connected to the server again";
  if (link.value !== "live") {
    link.value = "live";
    watchOver((text) => socket?.send(text));
  }
  renewFigures();
  void refreshOlder(message.clips.at(-1));
  renewPage(message.pageHash);
}

function lose(): void {
  const old = socket;
  socket = undefined;
  old?.close();
  if (link.value !== "lost") {
    lostSinceMs.value = knownMs;
    announcement.value = "Not connected to the server";
  }
  link.value = "lost";
  watchOver(null);
  renewFigures();
  failures++;
  clearTimeout(retryTimer);
  retryTimer = setTimeout(connect, reconnectDelayMs(failures, Math.random()));
}

/** Runs each second; also finds what happened while the computer slept. */
function check(): void {
  tick();
  const limit = socket?.readyState === WebSocket.CONNECTING ? CONNECT_MS : SILENCE_MS;
  const silence = Math.max(performance.now() - heardMs, Date.now() - heardDateMs);
  if (socket !== undefined && silence > limit) lose();
}

/** A server with another version of the page: load it, unless somebody is watching. */
function renewPage(pageHash: string): void {
  if (pageHash === document.documentElement.dataset["pageHash"]) {
    sessionStorage.removeItem(RELOADED_FOR);
    return;
  }
  const isWatching = playingId.value !== null || "ids" in place.value;
  if (isWatching || sessionStorage.getItem(RELOADED_FOR) === pageHash) {
    pageIsOld.value = true;
    return;
  }
  sessionStorage.setItem(RELOADED_FOR, pageHash);
  location.reload();
}
