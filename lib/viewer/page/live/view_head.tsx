/// <reference lib="dom" />
/** The head of a view at full size; Escape leaves it. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../icons.tsx";

/** `title` and what stands at the right. Takes the focus when it is opened, so that a screen reader says where one is. */
export function ViewHead({ title, device, backTo, children }: {
  title: string;
  device: string;
  /** Id of the source whose card gets the focus afterwards. */
  backTo: number;
  children?: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    scrollTo(0, 0);
    heading.current?.focus();
    function onKey(event: KeyboardEvent): void {
      // In full screen the browser takes it for itself.
      if (event.key !== "Escape" || event.defaultPrevented || document.fullscreenElement !== null) return;
      location.hash = "#live";
    }
    addEventListener("keydown", onKey);
    return () => {
      removeEventListener("keydown", onKey);
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>(`.source-card[data-source="${backTo}"] .stage`)?.focus()
      );
    };
  }, []);
  return (
    <div class="view-head">
      <a class="icon-button" href="#live" aria-label="All cameras" aria-keyshortcuts="Escape" title="All cameras (Esc)">
        <Icon name="back" />
      </a>
      <h1 tabIndex={-1} ref={heading} title={`${title}, ${device}`}>
        {title} <span class="view-device">{device}</span>
      </h1>
      {children}
    </div>
  );
}

/** Shows the element with class `screen-holder` on the whole screen. */
export function FullScreenButton() {
  if (!document.fullscreenEnabled) return null;
  return (
    <button
      type="button"
      class="icon-button"
      aria-label="Full screen"
      title="Full screen"
      onClick={() => void document.querySelector(".screen-holder")?.requestFullscreen()}
    >
      <Icon name="expand" />
    </button>
  );
}

/** When there is no such source: it may still come. */
export function NoSource() {
  return (
    <div class="empty">
      <h2>This camera is not here</h2>
      <p>It may have been removed, or nobody has sent it since.</p>
      <a class="button" href="#live">All cameras</a>
    </div>
  );
}
