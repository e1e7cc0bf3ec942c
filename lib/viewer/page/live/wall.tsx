/** All sources at once, by device. */
import { visibleName } from "../format.ts";
import { Icon } from "../icons.tsx";
import { devices, link } from "../state.ts";
import { pairAddress } from "./address.ts";
import { SourceCard } from "./source_card.tsx";
import { pairOfGroup, sourceCount, type SourceGroup, sourceGroups } from "./source_state.ts";

/** A card for each source. */
export function Wall() {
  return (
    <>
      <h1 class="off-screen">Cameras</h1>
      {sourceGroups.value.map((group) => <Group key={group.device} group={group} />)}
    </>
  );
}

function Group({ group }: { group: SourceGroup }) {
  const pair = pairOfGroup(group);
  const device = devices.value.find((one) => one.device === group.device);
  const isOnline = (device?.connections ?? 0) > 0;
  const online = link.value === "live" ? String(isOnline) : "unknown";
  const name = visibleName(group.device);
  return (
    <section class="group" aria-label={`Cameras of ${name}`}>
      <div class="group-head">
        <span class="dot" data-online={online} />
        <h2 title={name}>{name}</h2>
        <span class="group-words">{{ true: "online", false: "offline", unknown: "unknown" }[online]}</span>
        {pair !== null && (
          <a
            class="button"
            href={pairAddress(pair[0].id, pair[1].id)}
            aria-label={`Visible and infrared of ${name} side by side`}
          >
            <Icon name="pair" />Side by side
          </a>
        )}
      </div>
      <ul class="grid" data-few={sourceCount.value <= 2 || undefined}>
        {group.sources.map((source) => <SourceCard key={source.peek().id} source={source} />)}
      </ul>
    </section>
  );
}
