/** What must not be overlooked: that the page is not current. */
import { reconnectNow } from "./connection.ts";
import { formatTime } from "./format.ts";
import { Icon } from "./icons.tsx";
import { link, lostSinceMs, pageIsOld } from "./state.ts";

/** Shown while there is no connection, and when the server has a newer page. */
export function Banner() {
  if (link.value === "lost") {
    return (
      <div class="banner" role="alert">
        <Icon name="unplug" />
        <p>
          <strong>Not connected to the server since {formatTime(lostSinceMs.value, Date.now(), true)}.</strong>{" "}
          <span>What you see may be old. Trying again…</span>
        </p>
        <button type="button" class="button" onClick={reconnectNow}>Try now</button>
      </div>
    );
  }
  if (!pageIsOld.value) return null;
  return (
    <div class="banner banner-news" role="status">
      <p>The server has a newer version of this page.</p>
      <button type="button" class="button" onClick={() => location.reload()}>Load it</button>
    </div>
  );
}
