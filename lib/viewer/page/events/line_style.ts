/** Colour and dashes of the lines: each pair is another one, so that a line is known without its colour too. Pure. */

/** How a line looks; the colour is the custom property `--line-<colour>`. */
export interface LineStyle {
  readonly colour: number;
  /** Lengths of line and room in pixels; empty for a whole line. */
  readonly dash: readonly number[];
}

/** Colours in `styles/events.css`. */
export const COLOURS = 8;
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

/** The style of the line with this index, from 0; the first 32 all differ. */
export function lineStyle(index: number): LineStyle {
  const round = Math.floor(index / COLOURS);
  return { colour: index % COLOURS, dash: DASHES[(index + round) % DASHES.length]! };
}
