/** Parameters of queries about events, checked. */
import type { AlertFilter, EventFilter, EventView } from "./event_library.ts";
import { BadParameter, timesOf } from "./parameters.ts";

const KINDS: readonly EventView["kind"][] = ["temp", "text", "json"];
/** Characters of a search. */
const SEARCH_LENGTH_MAX = 1_000;
/** Time and id of an event. */
const CURSOR = /^\d{1,15}(\.\d{1,9})?-\d{1,15}$/;
/** Parts of a series when nothing else is asked for, and at most. */
const BUCKETS_DEFAULT = 500;
const BUCKETS_MAX = 2_000;

/** Which events are wanted. @throws {BadParameter} */
export function eventFilterOf(query: URLSearchParams): EventFilter {
  return given({
    device: query.get("device") ?? undefined,
    feed: query.get("feed") ?? undefined,
    ...timesOf(query),
    kind: kindOf(query),
    search: searchOf(query),
    hasPicture: pictureOf(query),
  });
}

/** Which alerts are wanted, and where to go on. @throws {BadParameter} */
export function alertFilterOf(query: URLSearchParams): AlertFilter & { readonly cursor?: number } {
  const state = query.get("state");
  if (state !== null && state !== "holds" && state !== "ended") {
    throw new BadParameter("state", "holds or ended", state);
  }
  const cursor = query.get("cursor");
  if (cursor !== null && !/^\d{1,15}$/.test(cursor)) {
    throw new BadParameter("cursor", "the `next` of an answer", cursor);
  }
  return given({
    device: query.get("device") ?? undefined,
    ...timesOf(query),
    holds: state === null ? undefined : state === "holds",
    cursor: cursor === null ? undefined : Number(cursor),
  });
}

/** Where to go on; undefined when it is not given. @throws {BadParameter} */
export function eventCursorOf(query: URLSearchParams): string | undefined {
  const text = query.get("cursor") ?? undefined;
  if (text === undefined || CURSOR.test(text)) return text;
  throw new BadParameter("cursor", "the `next` of an answer", text);
}

/** How many parts. @throws {BadParameter} */
export function bucketsOf(query: URLSearchParams): number {
  const text = query.get("buckets") ?? String(BUCKETS_DEFAULT);
  const buckets = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (buckets >= 2 && buckets <= BUCKETS_MAX) return buckets;
  throw new BadParameter("buckets", `a whole number from 2 to ${BUCKETS_MAX}`, text);
}

function kindOf(query: URLSearchParams): EventView["kind"] | undefined {
  const text = query.get("kind");
  if (text === null) return undefined;
  const kind = KINDS.find((one) => one === text);
  if (kind === undefined) throw new BadParameter("kind", KINDS.join(", "), text);
  return kind;
}

function pictureOf(query: URLSearchParams): boolean | undefined {
  const text = query.get("picture");
  if (text === null || text === "true" || text === "false") return text === null ? undefined : text === "true";
  throw new BadParameter("picture", "true or false", text);
}

function searchOf(query: URLSearchParams): string | undefined {
  const text = query.get("search") ?? "";
  if (text.length <= SEARCH_LENGTH_MAX) return text === "" ? undefined : text;
  throw new BadParameter("search", `a text of at most ${SEARCH_LENGTH_MAX} characters`, text);
}

/** What is undefined is left out: that is what the library takes. */
function given<T extends object>(wanted: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)) as T;
}
