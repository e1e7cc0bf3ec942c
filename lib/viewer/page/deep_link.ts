/** `/#<clip id>`, the address that `send` prints: shows that clip, as soon as it is there. */
import { effect } from "@preact/signals";
import { shownClips } from "./state.ts";

let followed = "";

/** Follows the address, now and when it changes. */
export function followAddress(): void {
  addEventListener("hashchange", () => {
    followed = "";
    follow();
  });
  effect(() => {
    shownClips.value;
    // The cards are drawn after this.
    requestAnimationFrame(follow);
  });
}

function follow(): void {
  const id = location.hash.slice(1);
  if (id === "" || id === followed || !/^[\w-]+$/.test(id)) return;
  const card = document.querySelector(`[data-id="${id}"]`);
  if (card === null) return;
  followed = id;
  for (const other of document.querySelectorAll("[data-aimed]")) other.removeAttribute("data-aimed");
  card.setAttribute("data-aimed", "");
  card.scrollIntoView({ block: "center" });
}
