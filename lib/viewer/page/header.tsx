/** The top of the page: what this is, whether it is current, which boxes there are. */
import { formatAge, formatBytes, visibleName } from "./format.ts";
import { activeAlerts, feeds } from "./events/event_state.ts";
import { sourceCount } from "./live/source_state.ts";
import { clipCounts, devices, filterDevice, freeBytes, link, more, serverNowMs, software } from "./state.ts";
import type { DeviceView } from "../clip_library.ts";

const LINK_WORDS = { connecting: "Connecting…", live: "Live", lost: "Not connected" } as const;

/** The kinds of content. */
export type Section = "live" | "readings" | "clips" | "boxes" | "alerts";

/** Name, connection, sections and free space. */
export function Header({ section }: { section: Section }) {
  const isLive = link.value === "live";
  return (
    <header class="top">
      <div class="top-inner">
        <a class="brand" href="#" aria-label="Framewire, start" title={software.value}>
          <img src="/favicon.svg" alt="" width={28} height={28} />Framewire
        </a>
        <span class="link" data-link={link.value}>
          <span class="dot" />
          {LINK_WORDS[link.value]}
        </span>
        {(sourceCount.value > 0 || feeds.value.length > 0 || devices.value.length > 0) && (
          <Sections
            section={section}
          />
        )}
        {freeBytes.value !== null && (
          <span class="free" data-stale={!isLive || undefined}>
            <strong>{formatBytes(freeBytes.value)}</strong> free
          </span>
        )}
      </div>
    </header>
  );
}

function Sections({ section }: { section: Section }) {
  const clips = `${clipCounts.value.all}${more.value ? "+" : ""}`;
  const link = (name: Section, words: string, count: string | number) => (
    <a href={`#${name}`} aria-current={section === name ? "page" : undefined}>
      {words} <span class="section-count">{count}</span>
    </a>
  );
  return (
    <nav class="sections" aria-label="Sections">
      {link("live", "Cameras", sourceCount.value)}
      {link("readings", "Readings", feeds.value.length)}
      {link("clips", "Clips", clips)}
      {link("boxes", "Boxes", devices.value.length)}
      {link("alerts", "Alerts", activeAlerts.value.length)}
    </nav>
  );
}

/** The boxes as buttons: each shows the clips of that one alone. */
export function Devices() {
  if (devices.value.length === 0) return null;
  const sorted = [...devices.value].sort((a, b) => a.device.localeCompare(b.device));
  return (
    <section class="devices" aria-label="Boxes">
      {sorted.map((device) => <DeviceChip key={device.device} device={device} />)}
    </section>
  );
}

function DeviceChip({ device }: { device: DeviceView }) {
  const isLive = link.value === "live";
  const online = device.connections > 0;
  const isChosen = filterDevice.value === device.device;
  const words = !isLive ? "unknown" : online ? "online" : `seen ${formatAge(device.lastSeenMs, serverNowMs.value)}`;
  return (
    <button
      type="button"
      class="chip"
      aria-pressed={isChosen}
      title={`${device.address}, ${device.software}`}
      onClick={() => filterDevice.value = isChosen ? null : device.device}
    >
      <span class="dot" data-online={isLive ? String(online) : "unknown"} />
      <span class="chip-name">{visibleName(device.device)}</span>
      <span class="chip-words">{words}</span>
    </button>
  );
}
