/** The page as a whole. */
import { Banner } from "./banner.tsx";
import { ClipCard } from "./clip_card.tsx";
import { CopyButton } from "./copy_button.tsx";
import { Devices, Header } from "./header.tsx";
import { loadOlder, olderState } from "./older.ts";
import { announcement, clipCounts, filterDevice, filterText, link, more, shownClips } from "./state.ts";
import { Toolbar } from "./toolbar.tsx";

const SEND_COMMAND = "deno task send --file clip.mp4";

/** Header, banner, filter, cards. */
export function App() {
  return (
    <>
      <div class="sticky">
        <Header />
        <Banner />
      </div>
      <main data-link={link.value}>
        <h1 class="off-screen">Clips</h1>
        <Devices />
        {clipCounts.value.all > 0 && <Toolbar />}
        <Clips />
      </main>
      <p class="off-screen" aria-live="polite">{announcement.value}</p>
    </>
  );
}

function Clips() {
  const clips = shownClips.value;
  if (clips.length === 0) return <Nothing />;
  return (
    <>
      <ul class="grid" data-few={clips.length <= 2 || undefined}>
        {clips.map((clip) => <ClipCard key={clip.peek().id} clip={clip} />)}
      </ul>
      {more.value && <Older />}
    </>
  );
}

function Older() {
  const words = { idle: "Show older clips", loading: "Loading…", failed: "That did not work; try again" };
  return (
    <div class="older">
      <button type="button" class="button" disabled={olderState.value === "loading"} onClick={() => void loadOlder()}>
        {words[olderState.value]}
      </button>
    </div>
  );
}

function Nothing() {
  if (clipCounts.value.all > 0) {
    return (
      <div class="empty">
        <h2>No clip fits this filter</h2>
        <button type="button" class="button" onClick={clearFilter}>Show all clips</button>
        {more.value && <Older />}
      </div>
    );
  }
  if (link.value === "connecting") return <div class="empty" aria-busy />;
  if (link.value === "lost") {
    return (
      <div class="empty">
        <p>There is nothing to show until the server is back.</p>
      </div>
    );
  }
  return (
    <div class="empty">
      <img src="/favicon.svg" alt="" width={56} height={56} />
      <h2>No clips yet</h2>
      <p>Send one from any machine that reaches this server. It shows up here at once, and plays while it arrives:</p>
      <div class="command">
        <code>{SEND_COMMAND}</code>
        <CopyButton text={SEND_COMMAND} label="Copy the command" />
      </div>
      <p class="hint">
        From another machine, add <code>--server HOST:PORT</code> with the address this server printed when it started.
      </p>
    </div>
  );
}

function clearFilter(): void {
  filterText.value = "";
  filterDevice.value = null;
}
