/** The view of `#boxes`: each box with its state and what it sends. */
import { devices } from "../state.ts";
import { BoxCard } from "./box_card.tsx";
import { Empty } from "./empty.tsx";

/** A card for each box, or how to get one. */
export function Boxes() {
  if (devices.value.length === 0) return <Empty what="boxes" />;
  const sorted = [...devices.value].sort((a, b) => a.device.localeCompare(b.device, "en", { numeric: true }));
  return (
    <>
      <h1 class="off-screen">Boxes</h1>
      <ul class="grid" data-few={sorted.length <= 2 || undefined}>
        {sorted.map((device) => <BoxCard key={device.device} device={device} />)}
      </ul>
    </>
  );
}
