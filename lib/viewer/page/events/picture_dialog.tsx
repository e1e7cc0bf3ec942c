/// <reference lib="dom" />
/** The picture that came with a reading, at full size with its reading. */
import { useEffect, useRef } from "preact/hooks";
import type { ShownEvent } from "./event_words.ts";
import { visibleName } from "../format.ts";
import { Icon } from "../icons.tsx";
import { formatInstant } from "../live/words.ts";
import { dayOf } from "./chart_legend.tsx";
import { readingWords } from "./event_words.ts";
import { momentAddress } from "./moment.ts";

/** Over the page; Escape closes it, the arrows lead to the pictures before and after it. `pictures`: in any order. */
export function PictureDialog({ event, pictures, onShow }: {
  event: ShownEvent;
  pictures: readonly ShownEvent[];
  onShow: (event: ShownEvent | null) => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const inOrder = [...pictures].sort((a, b) => a.timeMs - b.timeMs || a.id - b.id);
  const at = inOrder.findIndex(({ id }) => id === event.id);
  const step = (by: number) => {
    const next = inOrder[at + by];
    if (at >= 0 && next !== undefined) onShow(next);
  };
  const moment = momentAddress(event);
  return (
    <dialog
      class="picture-dialog"
      ref={dialog}
      aria-label="Picture of a reading"
      onClose={() => onShow(null)}
      onClick={({ target, currentTarget }) => target === currentTarget && currentTarget.close()}
      onKeyDown={({ key }) => key === "ArrowLeft" ? step(-1) : key === "ArrowRight" ? step(1) : undefined}
    >
      <div class="picture-frame">
        <img src={event.picture ?? ""} alt={`Picture with ${readingWords(event)}`} />
      </div>
      <div class="picture-foot">
        <p>
          <strong>{readingWords(event)}</strong>
          <span>{visibleName(event.device)}, {visibleName(event.feed)}</span>
          <span>
            {dayOf(event.timeMs)}
            {formatInstant(event.timeMs)} {event.late && <span class="late-mark">late</span>}
          </span>
        </p>
        <div class="steps">
          {moment !== null && (
            <a class="button" href={moment}>
              <Icon name="camera" />Camera
            </a>
          )}
          <Step icon="back" label="Picture before" isOff={at <= 0} onClick={() => step(-1)} />
          <Step
            icon="forward"
            label="Next picture"
            isOff={at < 0 || at >= inOrder.length - 1}
            onClick={() => step(1)}
          />
          <Step icon="close" label="Close" isOff={false} onClick={() => dialog.current?.close()} />
        </div>
      </div>
    </dialog>
  );
}

function Step({ icon, label, isOff, onClick }: {
  icon: "back" | "forward" | "close";
  label: string;
  isOff: boolean;
  onClick: () => void;
}) {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} disabled={isOff} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
