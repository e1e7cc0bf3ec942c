/// <reference lib="dom" />
/** The filter, and how many clips there are. */
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icons.tsx";
import { clipCounts, filterDevice, filterText, link, more, shownClips } from "./state.ts";

/** A box which filters by name and device; `/` leads to it. */
export function Toolbar() {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      input.current?.focus();
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <div class="toolbar">
      <div class="filter">
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          placeholder="Filter by name or box"
          aria-label="Filter by name or box"
          aria-keyshortcuts="/"
          autocomplete="off"
          spellcheck={false}
          value={filterText.value}
          onInput={(event) => filterText.value = event.currentTarget.value}
          onKeyDown={(event) => event.key === "Escape" && (filterText.value = "")}
        />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <p class="count">{countText()}</p>
    </div>
  );
}

function countText(): string {
  const { all, arriving } = clipCounts.value;
  const shown = shownClips.value.length;
  const isFiltered = filterText.value.trim() !== "" || filterDevice.value !== null;
  const total = `${all}${more.value ? "+" : ""} ${all === 1 ? "clip" : "clips"}`;
  const first = isFiltered ? `${shown} of ${total}` : total;
  return arriving > 0 && link.value === "live" ? `${first}, ${arriving} arriving` : first;
}
