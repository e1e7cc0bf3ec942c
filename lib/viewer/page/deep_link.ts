/** Follows the address: which part of the page is shown; and `/#<clip id>`, which `send` prints: that clip, as soon as it is there. */
import { effect } from "@preact/signals";
import { placeOf } from "./live/address.ts";
import { place } from "./live/source_state.ts";
import { shownClips } from "./state.ts";

let followed = "";

/** Follows the address, now and when it changes. */
export function followAddress(): void {
  place.value = placeOf(location.hash);
  addEventListener("hashchange", () => {
    followed = "";
    place.value = placeOf(location.hash);
  });
  effect(() => {
    shownClips.value;
    place.value;
    // The cards are drawn after this.
    requestAnimationFrame(follow);
  });
}

function follow(): void {
  const id = place.peek().name === "clips" ? location.hash.slice(1) : "";
  if (id === "" || id === followed) return;
  const card = document.querySelector(`[data-id="${id}"]`);
  if (card === null) return;
  followed = id;
  for (const other of document.querySelectorAll("[data-aimed]")) other.removeAttribute("data-aimed");
  card.setAttribute("data-aimed", "");
  card.scrollIntoView({ block: "center" });
}
