/// <reference lib="dom" />
/** What the analysis says of the last picture, and what never came. */
import { type Signal, useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { SourceView } from "../../frame_library.ts";
import { visibleName } from "../format.ts";
import { Icon } from "../icons.tsx";
import type { Figures } from "./figures.ts";
import type { Result } from "./result_book.ts";
import { formatCount, lostLines, VERDICT_WORDS } from "./words.ts";

/** Why, in a line; empty when there is no why. */
export function reasonsOf({ reasons, boxes }: Result): string {
  const labels = boxes.map(({ label }) => label).filter((label) => label !== "");
  return (reasons.length > 0 ? reasons : labels).join("; ");
}

/** The verdict in a word, with its reasons on hover and tap. */
export function VerdictChip({ figures }: { figures: Signal<Figures> }) {
  const { result } = figures.value;
  const isOpen = useSignal(false);
  const id = useId();
  if (result === null) return <span class="verdict" data-verdict="none">No verdict</span>;
  const reasons = reasonsOf(result);
  const face = (
    <>
      {result.result !== "not analysed" && <Icon name={result.result === "ok" ? "check" : "missing"} />}
      {VERDICT_WORDS[result.result]}
    </>
  );
  if (reasons === "") return <span class="verdict" data-verdict={result.result}>{face}</span>;
  return (
    <span class="verdict-holder" onMouseLeave={() => isOpen.value = false}>
      <button
        type="button"
        class="verdict"
        data-verdict={result.result}
        aria-expanded={isOpen.value}
        aria-describedby={id}
        onClick={() => isOpen.value = !isOpen.value}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || !isOpen.value) return;
          event.stopPropagation();
          isOpen.value = false;
        }}
        onBlur={() => isOpen.value = false}
      >
        {face}
      </button>
      <span class="reasons" role="tooltip" id={id} data-open={isOpen.value || undefined}>{visibleName(reasons)}</span>
    </span>
  );
}

/** How many pictures were lost; the reasons on hover, and for screen readers. */
export function LostCount({ view, missed }: { view: SourceView; missed: number }) {
  const lines = lostLines(view, missed);
  const dropped = view.dropped.link + view.dropped.offline + view.dropped.camera;
  if (lines.length === 0) return <span class="lost">No drops</span>;
  const words = lines.map(({ count, reason }) => `${formatCount(count)} ${reason}`).join("\n");
  const face = dropped > 0
    ? `${formatCount(dropped)} dropped`
    : missed > 0
    ? `${formatCount(missed)} not shown`
    : `${formatCount(view.skipped)} not analysed`;
  return (
    <span class="lost" data-any title={words}>
      <span aria-hidden="true">{face}</span>
      <span class="off-screen">{words}</span>
    </span>
  );
}
