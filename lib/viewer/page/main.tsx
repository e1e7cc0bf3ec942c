/// <reference lib="dom" />
/** Where the page starts. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.tsx";
import { keepConnected } from "./connection.ts";
import { followAddress } from "./deep_link.ts";
import { resumePosters } from "./posters.ts";
import { playingId } from "./state.ts";

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
keepConnected();
followAddress();
effect(() => {
  if (playingId.value === null) resumePosters();
});
document.addEventListener("visibilitychange", resumePosters);
