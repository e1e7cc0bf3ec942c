/**
 * Draws what `deno task demo` shows live: parts on a conveyor belt, one of them with a crack, as a visible and as an
 * infrared camera see them at the same instants; a loop of four seconds. Run by hand, with ffmpeg for the JPEGs:
 * `deno run -A tools/make_demo_frames.ts`. The results are in `assets/`.
 */
const WIDTH = 320;
const HEIGHT = 240;
const FPS = 12;
const FRAMES = 48;
/** The belt moves by this much in the loop, pixels: the parts' distance times a whole number, so that it closes. */
const LOOP_PIXELS = 2 * WIDTH;
const PART_DISTANCE = WIDTH;
const PART_RADIUS = 52;
const BELT_TOP = 50;
const BELT_BOTTOM = 190;
/** Samples of a pixel in each direction. */
const SAMPLES = 3;

type Color = readonly [number, number, number];

const mix = (a: Color, b: Color, share: number): Color => {
  const at = Math.max(0, Math.min(1, share));
  return [a[0] + (b[0] - a[0]) * at, a[1] + (b[1] - a[1]) * at, a[2] + (b[2] - a[2]) * at];
};

/** Black, violet, orange, yellow, white: as thermal cameras colour heat. */
const HEAT: readonly Color[] = [[4, 3, 18], [60, 12, 105], [150, 35, 105], [225, 95, 40], [250, 190, 60], [
  255,
  250,
  220,
]];

function heatColor(heat: number): Color {
  const at = Math.max(0, Math.min(0.9999, heat)) * (HEAT.length - 1);
  return mix(HEAT[Math.floor(at)]!, HEAT[Math.floor(at) + 1]!, at % 1);
}

/** Where the point lies on its part: distance from the centre, angle, and which part it is (1 has the crack). */
function partAt(x: number, y: number, moved: number): { distance: number; angle: number; part: number } {
  const along = x - moved + PART_DISTANCE / 2;
  const part = Math.floor(along / PART_DISTANCE);
  const dx = along - part * PART_DISTANCE - PART_DISTANCE / 2;
  const dy = y - (BELT_TOP + BELT_BOTTOM) / 2;
  return { distance: Math.hypot(dx, dy), angle: Math.atan2(dy, dx), part: ((part % 2) + 2) % 2 };
}

/** Radius of a part in a direction: twelve teeth. */
const edgeAt = (angle: number) => PART_RADIUS + 5 * Math.max(-0.6, Math.min(0.6, Math.sin(angle * 12) * 1.6));

/** 0 to 1: how deep in the crack. */
function crackAt(distance: number, angle: number): number {
  const bend = 0.9 + 0.18 * Math.sin(distance / 6);
  const width = 0.02 + 0.09 * (distance / PART_RADIUS);
  const away = Math.abs(angle - bend);
  return distance > 16 && away < width ? 1 - away / width : 0;
}

function visibleAt(x: number, y: number, moved: number): Color {
  const light = 1 - 0.35 * Math.hypot((x - 120) / WIDTH, (y - 70) / HEIGHT);
  let color: Color = mix([52, 60, 72], [30, 35, 44], y / HEIGHT);
  if (y > BELT_TOP && y < BELT_BOTTOM) {
    const stripe = (((x - moved) % 40) + 40) % 40;
    color = stripe < 3 ? [34, 38, 44] : [46, 51, 59];
    const { distance, angle, part } = partAt(x, y, moved);
    const edge = edgeAt(angle);
    const shadow = partAt(x - 5, y - 6, moved);
    if (shadow.distance < edgeAt(shadow.angle)) color = mix(color, [10, 11, 13], 0.6);
    if (distance < edge) {
      const shine = 0.5 + 0.5 * Math.cos(angle * 2 - 1.2);
      color = mix([128, 136, 146], [206, 212, 218], shine * 0.8);
      if (distance > 34 && distance < 37) color = [98, 105, 114];
      if (distance < 15) color = [40, 45, 52];
      if (part === 1) color = mix(color, [38, 22, 18], crackAt(distance, angle) * 1.4);
    }
  } else if (Math.abs(y - BELT_TOP) < 5 || Math.abs(y - BELT_BOTTOM) < 5) color = [92, 99, 108];
  return [color[0] * light, color[1] * light, color[2] * light];
}

function infraredAt(x: number, y: number, moved: number): Color {
  let heat = 0.1 + 0.03 * Math.sin(x / 37) * Math.cos(y / 29);
  if (y > BELT_TOP && y < BELT_BOTTOM) {
    heat += 0.09;
    const { distance, angle, part } = partAt(x, y, moved);
    const edge = edgeAt(angle);
    heat += 0.22 * Math.exp(-Math.max(0, distance - edge) / 16);
    if (distance < edge) heat += 0.22 - 0.1 * (distance / edge) - (distance < 15 ? 0.22 : 0);
    // What rubs gets hot.
    if (part === 1) {
      const [hx, hy] = [Math.cos(0.95) * 36, Math.sin(0.95) * 36];
      const away = Math.hypot(distance * Math.cos(angle) - hx, distance * Math.sin(angle) - hy);
      heat += 0.62 * Math.exp(-((away / 17) ** 2));
    }
  }
  return heatColor(heat);
}

function picture(at: (x: number, y: number, moved: number) => Color, moved: number): Uint8Array {
  const rgb = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const sum = [0, 0, 0];
      for (let sample = 0; sample < SAMPLES ** 2; sample++) {
        const color = at(
          x + (sample % SAMPLES + 0.5) / SAMPLES,
          y + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES,
          moved,
        );
        for (let channel = 0; channel < 3; channel++) sum[channel]! += color[channel]!;
      }
      for (let channel = 0; channel < 3; channel++) {
        rgb[(y * WIDTH + x) * 3 + channel] = Math.round(Math.max(0, Math.min(255, sum[channel]! / SAMPLES ** 2)));
      }
    }
  }
  return rgb;
}

async function render(name: string, at: (x: number, y: number, moved: number) => Color): Promise<void> {
  const ffmpeg = new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-y", "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", `${WIDTH}x${HEIGHT}`],
      ...[
        "-framerate",
        String(FPS),
        "-i",
        "-",
        "-c:v",
        "mjpeg",
        "-q:v",
        "7",
        "-pix_fmt",
        "yuvj420p",
        "-huffman",
        "optimal",
      ],
      ...["-flags", "+bitexact", "-f", "image2pipe", `assets/${name}.mjpeg`],
    ],
    stdin: "piped",
  }).spawn();
  const writer = ffmpeg.stdin.getWriter();
  for (let frame = 0; frame < FRAMES; frame++) {
    await writer.write(picture(at, frame * LOOP_PIXELS / FRAMES) as Uint8Array<ArrayBuffer>);
  }
  await writer.close();
  await ffmpeg.status;
}

await render("demo_visible", visibleAt);
await render("demo_infrared", infraredAt);
