/** Lines of a CSV file. Source: RFC 4180; for what begins a formula: OWASP, CSV injection. */

/** What a cell may hold. */
export type Cell = string | number | boolean | null;

/** One line with its end. A text which a spreadsheet would take for a formula gets a `'` in front. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(cellText).join(",")}\r\n`;
}

function cellText(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell !== "string") return String(cell);
  const isFormula = /^[=+\-@\t\r]/.test(cell) && !/^[+-]?\d+(\.\d+)?$/.test(cell);
  const text = (isFormula ? `'${cell}` : cell).toWellFormed();
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
