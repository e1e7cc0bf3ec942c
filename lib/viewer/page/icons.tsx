/** The page's pictograms; decoration, so hidden from screen readers. */

const PATHS = {
  play: "M8 5.6v12.8a1 1 0 0 0 1.5.86l10.6-6.4a1 1 0 0 0 0-1.72L9.5 4.74A1 1 0 0 0 8 5.6z",
  download: "M12 4v10m0 0 4-4m-4 4-4-4M5 19h14",
  copy:
    "M9 9V5.5A1.5 1.5 0 0 1 10.5 4h8A1.5 1.5 0 0 1 20 5.5v8a1.5 1.5 0 0 1-1.5 1.5H15M5.5 9h8A1.5 1.5 0 0 1 15 10.5v8a1.5 1.5 0 0 1-1.5 1.5h-8A1.5 1.5 0 0 1 4 18.5v-8A1.5 1.5 0 0 1 5.5 9z",
  check: "m5 12.5 4.5 4.5L19 7.5",
  search: "m20 20-4.2-4.2M17.5 11a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0z",
  close: "M6 6l12 12M18 6 6 18",
  missing:
    "M12 8v5m0 3.2v.1M10.6 4.3 2.9 17.6A1.6 1.6 0 0 0 4.3 20h15.4a1.6 1.6 0 0 0 1.4-2.4L13.4 4.3a1.6 1.6 0 0 0-2.8 0z",
  unplug: "M9 3v5m6-5v5M6 8h12v3a6 6 0 0 1-3 5.2M12 17v4M4 4l16 16",
  picture:
    "M4 6.5A1.5 1.5 0 0 1 5.5 5h13A1.5 1.5 0 0 1 20 6.5v11a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5zM4 16l4.5-4.5 4 4 2.5-2.5 5 5M14.6 9.4v.1",
  back: "M15 5l-7 7 7 7",
  forward: "M9 5l7 7-7 7",
  expand: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  pair: "M4 5.5h7v13H4zM13 5.5h7v13h-7z",
  overlay: "M4 4h11v11H4zM9 9h11v11H9z",
  camera: "M3.5 7h4l1.6-2.2h5.8L16.5 7h4v12h-17zM15.5 13a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0z",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  chart: "M4 4v16h16M7.5 15l3.5-5 3.5 3 4.5-7",
  box: "M4 7.5 12 3l8 4.5v9L12 21l-8-4.5zM4 7.5l8 4.5 8-4.5M12 12v9",
} as const;

/** A pictogram of 24 units, drawn in the colour of the text around it. */
export function Icon({ name }: { name: keyof typeof PATHS }) {
  const filled = name === "play";
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false" data-filled={filled || undefined}>
      <path d={PATHS[name]} />
    </svg>
  );
}
