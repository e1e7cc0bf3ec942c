/** Answers with the headers that every one of them has. */

/**
 * No `cross-origin-opener-policy`: the page opens no windows and shares no memory, so nothing needs it, and over plain HTTP a
 * browser warns of it wherever the page is opened by its address.
 */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "media-src 'self'",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
};

/** Answers whose bodies are made while they are read. */
const streamed = new WeakSet<Response>();

/** An answer with the security headers; `headers` are added. */
export function answer(status: number, body: BodyInit | null, headers: Readonly<Record<string, string>>): Response {
  const all = { "cache-control": "no-store", ...SECURITY_HEADERS, ...headers };
  const response = new Response(body, { status, headers: all });
  if (body instanceof ReadableStream) streamed.add(response);
  return response;
}

/** Plain text for a person or a probe. */
export function textAnswer(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Response {
  return answer(status, text, { "content-type": "text/plain; charset=utf-8", ...headers });
}

/** JSON for a program. */
export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return answer(status, JSON.stringify(value), { "content-type": "application/json; charset=utf-8", ...headers });
}

/** The same answer to HEAD: its headers, and the length its body would have unless that would have to be made. */
export async function withoutBody(response: Response): Promise<Response> {
  if (response.body === null) return response;
  const headers = new Headers(response.headers);
  if (!headers.has("content-length") && !streamed.has(response)) {
    headers.set("content-length", String((await response.arrayBuffer()).byteLength));
  } else {
    await response.body.cancel();
  }
  return new Response(null, { status: response.status, headers });
}
