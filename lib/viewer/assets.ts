/** The files of the page itself, which are inside the program. */
import { ASSETS } from "../../gen/page/assets.ts";
import { answer, textAnswer } from "./answers.ts";
import { etagMatches } from "./range.ts";

/** Answers for `path`. Browsers keep a copy, and ask each time whether it is still right. */
export function assetAnswer(path: string, request: Headers): Response {
  const asset = ASSETS[path];
  if (asset === undefined) return textAnswer(404, "There is nothing here\n");
  const headers = { "content-type": asset.type, "cache-control": "no-cache", "etag": asset.etag };
  if (etagMatches(request.get("if-none-match"), asset.etag)) return answer(304, null, headers);
  return answer(200, asset.text, headers);
}
