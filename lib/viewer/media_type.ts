/** Which content may be shown inside the browser. Everything that a box sends is a stranger's. */

const INLINE_IMAGES = new Set(["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"]);

/**
 * The media type to answer with, and whether it may be shown in the page. Only pictures without script, sound and video
 * are; HTML, SVG, PDF and the rest would run as part of this site.
 */
export function inlinePolicy(mediaType: string): { readonly type: string; readonly inline: boolean } {
  const type = mediaType.toLowerCase();
  if (/^(video|audio)\/[a-z0-9][a-z0-9.+-]{0,60}$/.test(type) || INLINE_IMAGES.has(type)) {
    return { type, inline: true };
  }
  return { type: "application/octet-stream", inline: false };
}
