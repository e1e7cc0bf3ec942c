/** What the part of the address behind `#` asks for. Pure. */

/** What the page shows. */
export type Place =
  /** Nothing was asked for: live sources if there are any, else clips. */
  | { readonly name: "start" }
  | { readonly name: "live" }
  | { readonly name: "clips"; readonly clipId: string | null }
  | { readonly name: "source"; readonly ids: readonly [number] }
  | { readonly name: "pair"; readonly ids: readonly [number, number] };

/** Reads `location.hash`; what it does not know is taken for the id of a clip, as `send` prints it. */
export function placeOf(hash: string): Place {
  const text = hash.replace(/^#/, "");
  if (text === "live") return { name: "live" };
  if (text === "clips") return { name: "clips", clipId: null };
  const source = /^source=(\d{1,15})$/.exec(text);
  if (source !== null) return { name: "source", ids: [Number(source[1])] };
  const pair = /^pair=(\d{1,15}),(\d{1,15})$/.exec(text);
  if (pair !== null) return { name: "pair", ids: [Number(pair[1]), Number(pair[2])] };
  return /^[\w-]{1,64}$/.test(text) ? { name: "clips", clipId: text } : { name: "start" };
}

/** The address of a source at full size. */
export function sourceAddress(id: number): string {
  return `#source=${id}`;
}

/** The address of two sources side by side. */
export function pairAddress(first: number, second: number): string {
  return `#pair=${first},${second}`;
}
