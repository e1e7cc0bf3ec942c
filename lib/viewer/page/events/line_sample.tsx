/** A piece of a line, as the charts draw it. */
import { lineStyle } from "./line_style.ts";

/** For legends and chips. */
export function LineSample({ index }: { index: number }) {
  const { colour, dash } = lineStyle(index);
  return (
    <svg class="line-sample" data-colour={colour} viewBox="0 0 28 10" width={28} height={10} aria-hidden="true">
      <line x1="1" y1="5" x2="27" y2="5" stroke-dasharray={dash.join(" ") || undefined} />
    </svg>
  );
}
