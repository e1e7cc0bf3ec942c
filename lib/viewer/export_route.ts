/** `/api/export` and `/exports/{id}.mp4`: what they are asked for, checked. */
import { textAnswer } from "./answers.ts";
import type { Exports } from "./export/exports.ts";
import { BadParameter, nameOf, timesOf } from "./parameters.ts";
import { TIME_ALLOWED } from "./times.ts";

/** `/api/export`: a span as ZIP, or how far its MP4 is. @throws {BadParameter} */
export function exportAnswer(exports: Exports | undefined, query: URLSearchParams): Response {
  if (exports === undefined) return none();
  const [device, source] = [nameOf(query, "device"), nameOf(query, "source")];
  const { sinceMs, untilMs } = timesOf(query);
  if (sinceMs === undefined) throw new BadParameter("since", TIME_ALLOWED, "nothing");
  if (untilMs === undefined) throw new BadParameter("until", TIME_ALLOWED, "nothing");
  const format = query.get("format") ?? "zip";
  const span = { device, source, sinceMs, untilMs };
  if (format === "zip") return exports.zip(span);
  if (format === "mp4") return exports.video(span);
  throw new BadParameter("format", "zip or mp4", format);
}

/** `/exports/{id}.mp4`: a video which is ready. */
export function exportedAnswer(exports: Exports | undefined, id: string): Response | Promise<Response> {
  return exports === undefined ? none() : exports.download(id);
}

function none(): Response {
  return textAnswer(404, "This server exports nothing\n");
}
