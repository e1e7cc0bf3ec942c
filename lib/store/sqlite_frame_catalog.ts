/** Frames in SQLite: the calls of `FrameCatalog`, for the catalog's worker. */
import type { DirectWrite } from "../platform/direct_writes.ts";
import type { FrameBatch, FrameCatalog, FrameQuery, FrameRow } from "./frame_catalog.ts";
import { type FrameLook, isSearch } from "./frame_looks.ts";

/** Methods of the worker which are about frames begin with this. */
export const FRAME_CALL = "frames.";

/** Whether the call waits in the worker for pictures under way, with which it is in a hurry. */
export function waitsForPictures(method: string, args: readonly unknown[]): boolean {
  return method === `${FRAME_CALL}commitFrames` && (args[1] as readonly number[]).length > 0;
}

/** Has the worker run a method; resolves once what it changed is durable. */
export type CatalogCaller = <T>(method: string, ...args: readonly unknown[]) => Promise<T>;

type Call<Name extends keyof FrameCatalog> = ReturnType<FrameCatalog[Name]>;
type Args<Name extends keyof FrameCatalog> = Parameters<FrameCatalog[Name]>;

export class SqliteFrameCatalog implements FrameCatalog {
  readonly #call: <Name extends keyof FrameCatalog>(name: Name, args: Args<Name>) => Call<Name>;
  readonly #ask: CatalogCaller;

  constructor(call: CatalogCaller) {
    this.#ask = (name, ...args) => call(FRAME_CALL + name, ...args);
    this.#call = (name, args) => call(FRAME_CALL + name, ...args) as Call<typeof name>;
  }

  openSource(...args: Args<"openSource">): Call<"openSource"> {
    return this.#call("openSource", args);
  }

  addSegment(...args: Args<"addSegment">): Call<"addSegment"> {
    return this.#call("addSegment", args);
  }

  sealSegments(...args: Args<"sealSegments">): Call<"sealSegments"> {
    return this.#call("sealSegments", args);
  }

  commitFrames(batch: FrameBatch, underWay: readonly DirectWrite[] = []): Promise<number> {
    return this.#ask("commitFrames", batch, underWay.map(({ ticket }) => ticket));
  }

  dropFrames(...args: Args<"dropFrames">): Call<"dropFrames"> {
    return this.#call("dropFrames", args);
  }

  forgetTrash(...args: Args<"forgetTrash">): Call<"forgetTrash"> {
    return this.#call("forgetTrash", args);
  }

  openGaps(...args: Args<"openGaps">): Call<"openGaps"> {
    return this.#call("openGaps", args);
  }

  sources(...args: Args<"sources">): Call<"sources"> {
    return this.#call("sources", args);
  }

  async frames(query: FrameQuery): Call<"frames"> {
    if (!isSearch(query)) return await this.#call("frames", [query]);
    const rows: FrameRow[] = [];
    for (const look of await this.#ask<FrameLook[]>("looks", query)) {
      if (rows.length >= query.limit) break;
      rows.push(...await this.#ask<FrameRow[]>("frames", { ...query, limit: query.limit - rows.length }, look));
    }
    return rows;
  }

  frame(...args: Args<"frame">): Call<"frame"> {
    return this.#call("frame", args);
  }

  place(...args: Args<"place">): Call<"place"> {
    return this.#call("place", args);
  }

  nearest(...args: Args<"nearest">): Call<"nearest"> {
    return this.#call("nearest", args);
  }

  spans(...args: Args<"spans">): Call<"spans"> {
    return this.#call("spans", args);
  }

  gaps(...args: Args<"gaps">): Call<"gaps"> {
    return this.#call("gaps", args);
  }

  segments(...args: Args<"segments">): Call<"segments"> {
    return this.#call("segments", args);
  }

  samePictures(...args: Args<"samePictures">): Call<"samePictures"> {
    return this.#call("samePictures", args);
  }

  takenFiles(...args: Args<"takenFiles">): Call<"takenFiles"> {
    return this.#call("takenFiles", args);
  }

  trash(...args: Args<"trash">): Call<"trash"> {
    return this.#call("trash", args);
  }
}
