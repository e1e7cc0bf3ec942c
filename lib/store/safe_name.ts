/**
 * File names from labels which a stranger chose. What comes out is one harmless path component on Linux, macOS and
 * Windows; it names a file for people, and is never what a clip is known by.
 * Source: Microsoft, "Naming Files, Paths, and Namespaces"; Unicode UAX #9 (bidirectional controls) and UAX #15 (NFC).
 */

/** Longest name, UTF-8 bytes: file systems take 255, and what is put behind it (`.part`) needs room. */
const NAME_BYTES_MAX = 200;
/** Longest extension kept when a name is cut, UTF-8 bytes with the dot: a longer one is a dot in a sentence. */
const EXTENSION_BYTES_MAX = 20;
/** The name from a label of which nothing is left. */
const NAMELESS = "unnamed";

/** Characters which show nothing, direction controls among them: they make `exe.4pm` look like `mp4.exe`. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\ufff9-\ufffb]+/gu;
/** Separators, controls, what Windows refuses, and line separators. */
const FORBIDDEN = /[/\\<>:"|?*\p{Cc}\p{Zl}\p{Zp}]+/gu;
/** A hidden file, an option of a command (`-rf`), or a space that nobody sees. */
const BAD_START = /^[-. ]+/;
/** Windows drops these silently, so that two names would be one. */
const BAD_END = /[. ]+$/;
/** Devices which Windows opens in every folder, whatever the extension. */
const RESERVED = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i;
const EXTENSION = /\.[^. ]+$/;

const encoder = new TextEncoder();

/** The file name under which a clip, or a device's folder, with this label is kept: at most 200 bytes of UTF-8, the
 * same for the same label, and unchanged when it goes through again. Two labels may give the same name. */
export function safeFileName(label: string): string {
  // NFC comes before the replacements, as it may turn a character into another one.
  const text = label.toWellFormed().replace(INVISIBLE, "").normalize("NFC");
  const path = text.split(/[/\\]+/).filter((part) => part !== "" && part !== "." && part !== "..").join("/");
  const flat = path.replace(FORBIDDEN, "_").replace(/\p{Zs}+/gu, " ");
  const trimmed = flat.replace(BAD_START, "").replace(BAD_END, "") || NAMELESS;
  const free = RESERVED.test(trimmed) ? `_${trimmed}` : trimmed;
  return cutStem(free, "");
}

/** `clip.mp4` → `clip (2).mp4`: the name for the `n`th clip which would be called `name`; `name` itself for the first.
 * Takes and gives what `safeFileName` gives. */
export function numberedName(name: string, n: number): string {
  return n < 2 ? name : cutStem(name, ` (${n})`);
}

/** What two names have in common if some file system takes them for the same: case is folded (`ß` and `SS`, too). */
export function nameKey(name: string): string {
  // By way of upper case: letters which differ in lower case only (ſ and s, ς and σ) meet there. Down before, as ẞ is there alone.
  return name.normalize("NFC").toLowerCase().toUpperCase().toLowerCase().normalize("NFC");
}

/** `name` with `suffix` before its extension, and the part before that cut so that all fits. */
function cutStem(name: string, suffix: string): string {
  const extension = extensionOf(name);
  const stem = name.slice(0, name.length - extension.length);
  const room = NAME_BYTES_MAX - byteLength(extension) - byteLength(suffix);
  if (suffix === "" && byteLength(stem) <= room) return name;
  return cutText(stem, room).replace(BAD_END, "") + suffix + extension;
}

/** The extension with its dot; empty if there is none, or none that is worth keeping. */
function extensionOf(name: string): string {
  const extension = EXTENSION.exec(name.slice(1))?.[0] ?? "";
  return byteLength(extension) <= EXTENSION_BYTES_MAX ? extension : "";
}

/** As many whole code points of `text` as fit into `bytesMax` bytes of UTF-8. */
function cutText(text: string, bytesMax: number): string {
  const { read } = encoder.encodeInto(text, new Uint8Array(bytesMax));
  return text.slice(0, read);
}

function byteLength(text: string): number {
  return encoder.encode(text).length;
}
