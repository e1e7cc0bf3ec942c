/** How often a JPEG goes over its pixels: what a decoder takes so long for, whatever its size is. */

const SOS = 0xda;
const EOI = 0xd9;

/** TEM, RST0 to RST7 and SOI have no length, and a zero behind an FF in the data is no marker at all. */
function hasLength(marker: number): boolean {
  return marker !== 0 && marker !== 0x01 && !(marker >= 0xd0 && marker <= 0xd8);
}

/**
 * Scans up to its end, or up to `max` and one more. A progressive picture has about ten of them; but one of 100 KB may have
 * ten thousand, each of which costs what a whole picture does.
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
