/** The page as a whole. */
import { Banner } from "./banner.tsx";
import { ClipCard } from "./clip_card.tsx";
import { CopyButton } from "./copy_button.tsx";
import { Devices, Header, type Section } from "./header.tsx";
import { AlertBar } from "./events/alert_bar.tsx";
import { Alerts } from "./events/alerts.tsx";
import { Boxes } from "./events/boxes.tsx";
import { Empty } from "./events/empty.tsx";
import { feeds } from "./events/event_state.ts";
import { Readings } from "./events/readings.tsx";
import { PairView } from "./live/pair_view.tsx";
import { SourceView } from "./live/source_view.tsx";
import type { Place } from "./live/address.ts";
import { place, sourceCount } from "./live/source_state.ts";
import { Wall } from "./live/wall.tsx";
import { loadOlder, olderState } from "./older.ts";
import { announcement, clipCounts, devices, filterDevice, filterText, link, more, shownClips } from "./state.ts";
import { Toolbar } from "./toolbar.tsx";

const SEND_COMMANDS = [
  { command: "deno task send --file clip.mp4", words: "A clip", label: "Copy the command for a clip" },
  { command: "deno task send --camera test --source front", words: "A camera", label: "Copy the command for a camera" },
  { command: "deno task send --sensor demo", words: "A sensor", label: "Copy the command for a sensor" },
] as const;

/** Header, banner, and what the address asks for. */
export function App() {
  const section = sectionOf(place.value);
  return (
    <>
      <div class="sticky">
        <Header section={section} />
        <Banner />
        <AlertBar />
      </div>
      <main data-link={link.value}>{VIEWS[section]()}</main>
      <p class="off-screen" aria-live="polite">{announcement.value}</p>
    </>
  );
}

const VIEWS = {
  live: () => <Live />,
  readings: () => <Readings />,
  clips: () => <AllClips />,
  boxes: () => <Boxes />,
  alerts: () => <Alerts />,
} as const satisfies Record<Section, () => unknown>;

/** Without an address: live first, then readings, else clips. */
function sectionOf({ name }: Place): Section {
  if (name === "readings" || name === "clips" || name === "boxes" || name === "alerts") return name;
  if (name !== "start" || sourceCount.value > 0) return "live";
  return clipCounts.value.all === 0 && feeds.value.length > 0 ? "readings" : "clips";
}

/** Live first: what is watched comes before what is kept. */
function Live() {
  const { value } = place;
  if (value.name === "source") return <SourceView key={value.ids.join()} id={value.ids[0]} atMs={value.atMs} />;
  if (value.name === "pair") return <PairView key={value.ids.join()} ids={value.ids} />;
  if (sourceCount.value > 0) return <Wall />;
  return isEmpty() ? <Nothing /> : <Empty what="cameras" />;
}

function AllClips() {
  return (
    <>
      <h1 class="off-screen">Clips</h1>
      <Devices />
      {clipCounts.value.all > 0 && <Toolbar />}
      <Clips />
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
  if (!isEmpty()) return <Empty what="clips" />;
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
      <h2>Nothing here yet</h2>
      <p>Send something from any machine that reaches this server. It shows up here at once, while it arrives:</p>
      {SEND_COMMANDS.map(({ command, words, label }) => (
        <div class="command" key={command}>
          <span class="command-words">{words}</span>
          <code>{command}</code>
          <CopyButton text={command} label={label} />
        </div>
      ))}
      <p class="hint">
        From another machine, add <code>--server HOST:PORT</code> with the address this server printed when it started.
      </p>
    </div>
  );
}

/** Whether nobody has sent anything so far. */
function isEmpty(): boolean {
  return clipCounts.value.all + sourceCount.value + feeds.value.length + devices.value.length === 0;
}

function clearFilter(): void {
  filterText.value = "";
  filterDevice.value = null;
}
