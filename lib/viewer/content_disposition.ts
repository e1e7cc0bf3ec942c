/** The `Content-Disposition` header for any name at all. Source: RFC 6266, RFC 8187. */

// deno-lint-ignore no-control-regex -- control and direction characters have no business in a file name
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The file name in a label which may hold a path of either kind; never empty. */
export function fileNameOf(label: string): string {
  const name = label.toWellFormed().replace(UNPRINTABLE, "").split(/[/\\]/).filter((part) => part !== "").at(-1) ?? "";
  return /^\.*$/.test(name) ? "clip" : name.slice(0, 255).toWellFormed();
}

/** The header's value: a plain form for old clients and the exact name. It is ASCII without CR or LF. */
export function contentDisposition(kind: "inline" | "attachment", label: string): string {
  const name = fileNameOf(label);
  const plain = name.replace(/[^\x20-\x7e]/g, "_").replace(/["\\%]/g, "_");
  const exact = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${plain}"; filename*=UTF-8''${exact}`;
}
