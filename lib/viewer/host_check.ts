/**
 * Which `Host` and `Origin` are served. A page of a stranger can point its own name at this server's address (DNS
 * rebinding), and any page can open a WebSocket to it: neither may read what is here.
 */

const ALWAYS = ["localhost", "127.0.0.1", "[::1]"];
const EVERY_ADDRESS = ["0.0.0.0", "::", "[::]"];

/** The host of `host` or `host:port`, in lower case and without a final dot; null when it is malformed. */
export function hostWithoutPort(text: string): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::\d{1,5})?$/.exec(text.toLowerCase());
  return match?.[1]?.replace(/\.$/, "") ?? null;
}

/** Makes the check for a server listening on `hostname`, which besides is reached by `allowedHosts` (no ports). */
export function hostCheck(hostname: string, allowedHosts: readonly string[]): (host: string | null) => boolean {
  const listening = hostname.includes(":") && !hostname.startsWith("[") ? `[${hostname}]` : hostname;
  const names = [...ALWAYS, listening, ...allowedHosts].map((name) => hostWithoutPort(name) ?? name.toLowerCase());
  const allowed = new Set(names);
  // A name can be rebound, an address cannot: whoever typed it means this machine.
  const anyAddress = EVERY_ADDRESS.includes(hostname);
  return (text) => {
    const host = hostWithoutPort(text ?? "");
    return host !== null && (allowed.has(host) || (anyAddress && isAddress(host)));
  };
}

function isAddress(host: string): boolean {
  return host.startsWith("[") || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether a WebSocket may be opened: by a page of this very host and port. A browser always says its origin; a program
 * that says none has no user's browser to abuse.
 */
export function originAllowed(origin: string | null, host: string): boolean {
  if (origin === null) return true;
  const match = /^https?:\/\/(.+)$/.exec(origin);
  return match !== null && match[1]?.toLowerCase() === host.toLowerCase();
}
