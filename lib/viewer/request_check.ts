/** What every request has to fulfil, whatever it asks for. */
import { textAnswer } from "./answers.ts";

/** The refusal of a request, or null when it may go on. `hostAllowed`: see `hostCheck`. */
export function refusalOf(request: Request, url: URL, hostAllowed: (host: string | null) => boolean): Response | null {
  const host = request.headers.get("host") ?? url.host;
  // Both: an absolute request line names a host of its own.
  if (!hostAllowed(host) || !hostAllowed(url.host)) return wrongHost(host);
  if (request.method !== "GET" && request.method !== "HEAD") {
    return textAnswer(405, `Cannot answer ${request.method} as only GET and HEAD are served\n`, { allow: "GET, HEAD" });
  }
  const announced = request.headers.get("content-length") ?? "0";
  if (announced !== "0" || request.headers.has("transfer-encoding")) {
    return textAnswer(413, "Cannot take a request with a body as nothing here expects one\n", { connection: "close" });
  }
  return null;
}

function wrongHost(host: string): Response {
  const name = host.replace(/:\d+$/, "").replace(/[^A-Za-z0-9.:[\]_-]/g, "?").slice(0, 255);
  const text = `Cannot serve this page under the name "${name}" as it is not on the list of allowed hosts.\n\n` +
    `If this name is meant to work, start the server with --allow-host ${name}\n`;
  return textAnswer(403, text);
}
