/** Width and height of a JPEG, read from its head: nothing is decoded before its size is known. */

/** Pixels of a picture. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Markers which no length follows: TEM, RST0 to RST7, SOI. */
function standsAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/** SOF0 to SOF15, without DHT, JPG and DAC, which lie among them. */
function startsFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/**
 * The size which the frame header tells; null when there is none before the picture's data.
 *
 * Source: ISO/IEC 10918-1, B.1.1.3, B.2.2.
 */
export function jpegSize(jpeg: Uint8Array): PictureSize | null {
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) return null;
  for (let at = 2; at + 9 <= jpeg.length;) {
    if (jpeg[at] !== 0xff) return null;
    const marker = jpeg[at + 1]!;
    // Any number of fill bytes may stand in front of a marker.
    if (marker === 0xff) at += 1;
    else if (standsAlone(marker)) at += 2;
    else if (marker === 0xda || marker === 0xd9) return null;
    else if (startsFrame(marker)) {
      return { height: jpeg[at + 5]! << 8 | jpeg[at + 6]!, width: jpeg[at + 7]! << 8 | jpeg[at + 8]! };
    } else at += 2 + (jpeg[at + 2]! << 8 | jpeg[at + 3]!);
  }
  return null;
}
