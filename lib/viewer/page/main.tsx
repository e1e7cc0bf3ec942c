/// <reference lib="dom" />
/** Where the page starts. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.tsx";
import { keepConnected } from "./connection.ts";
import { followAddress } from "./deep_link.ts";
import { followVisibility } from "./live/feeds.ts";
import { keepFigures } from "./live/figures.ts";
import { resumePosters } from "./posters.ts";
import { playingId } from "./state.ts";

followAddress();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
followVisibility();
keepFigures();
keepConnected();
effect(() => {
  if (playingId.value === null) resumePosters();
});
document.addEventListener("visibilitychange", resumePosters);
