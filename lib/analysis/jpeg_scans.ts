/** How often a JPEG goes over its pixels: what a decoder takes so long for, whatever its size is. */

const SOF0 = 0xc0;
const RST0 = 0xd0;
const SOI = 0xd8;
const SOS = 0xda;
const EOI = 0xd9;

/**
 * RST0 to RST7 and SOI have no length, and a zero behind an FF in the data is no marker at all. Nor has anything below SOF0:
 * such a marker ends the decoder's work, but where a restart is due it steps over the two bytes and goes on.
 */
function hasLength(marker: number): boolean {
  return marker >= SOF0 && !(marker >= RST0 && marker <= SOI);
}

/**
 * Scans up to its end, or up to `max` and one more. A progressive picture has about ten of them; but one of 100 KB may have
 * ten thousand, each of which costs what a whole picture does. It goes from marker to marker as libjpeg does: whoever takes
 * another way misses scans.
 *
 * Source: ISO/IEC 10918-1, B.1.1, B.2.3.
 */
export function jpegScans(jpeg: Uint8Array, max: number): number {
  let scans = 0;
  for (let at = jpeg.indexOf(0xff); at >= 0 && scans <= max; at = jpeg.indexOf(0xff, at)) {
    const marker = jpeg[at + 1];
    if (marker === undefined || marker === EOI) break;
    if (marker === 0xff) at++;
    else if (!hasLength(marker)) at += 2;
    else {
      if (marker === SOS) scans++;
      at += 2 + Math.max(2, (jpeg[at + 2] ?? 0) << 8 | (jpeg[at + 3] ?? 0));
    }
  }
  return scans;
}
