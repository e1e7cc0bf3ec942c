/** TLS over TCP, as a network like any other. */
import { FramewireError, messageOf } from "../errors.ts";
import { type Connection, type Network, systemNetwork, wrapConnection, wrapListener } from "./network.ts";

/** A network whose connections are encrypted, to servers whose certificate is signed by `caCert` (PEM), or by those everybody trusts. */
export function tlsClientNetwork({ caCert }: { caCert: string | null }): Network {
  return {
    ...systemNetwork,
    async connect({ hostname, port }, { signal } = {}) {
      const tcp = await dial(hostname, port, signal);
      try {
        return await greet(await encrypt(tcp, hostname, caCert), signal);
      } catch (cause) {
        throw tlsError(`${hostname}:${port}`, cause);
      }
    },
  };
}

/** A network whose listeners have this certificate and private key (PEM). */
export function tlsServerNetwork({ cert, key }: { cert: string; key: string }): Network {
  return {
    ...systemNetwork,
    listen: (address) => wrapListener(Deno.listenTls({ ...address, cert, key }), wrapTls),
  };
}

async function dial(hostname: string, port: number, signal: AbortSignal | undefined): Promise<Deno.TcpConn> {
  try {
    const tcp = await Deno.connect({ hostname, port, ...(signal === undefined ? {} : { signal }) });
    tcp.setNoDelay(true);
    return tcp;
  } catch (cause) {
    throw new FramewireError("CONNECTION_LOST", `Cannot connect to ${hostname}:${port}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

async function encrypt(tcp: Deno.TcpConn, hostname: string, caCert: string | null): Promise<Deno.TlsConn> {
  try {
    return await Deno.startTls(tcp, { hostname, ...(caCert === null ? {} : { caCerts: [caCert] }) });
  } catch (error) {
    try {
      tcp.close();
    } catch {
      // TLS had taken it, and has closed it.
    }
    throw error;
  }
}

/** The handshake has no time limit of its own: closing the connection ends it. */
async function greet(conn: Deno.TlsConn, signal: AbortSignal | undefined): Promise<Connection> {
  const connection = wrapTls(conn);
  const give = () => connection.close();
  signal?.addEventListener("abort", give);
  try {
    if (signal?.aborted) give();
    await conn.handshake();
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    signal?.removeEventListener("abort", give);
  }
}

/** The first read of a server's connection does the handshake. */
function wrapTls(conn: Deno.TlsConn): Connection {
  const connection = wrapConnection(conn);
  const told = (cause: unknown): never => {
    throw tlsError(connection.remote, cause);
  };
  return {
    ...connection,
    read: (into) => connection.read(into).catch(told),
    write: (bytes) => connection.write(bytes).catch(told),
  };
}

/** What the TLS library says, and what that means for a person. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/InvalidContentType|InvalidMessage/, "the other side does not speak TLS"],
  [/UnknownIssuer|UnknownCA/, "its certificate is signed by nobody whom this box trusts (--tls-ca names an authority)"],
  [/NotValidForName/, "its certificate is for another name"],
  [/NotValidYet/, "its certificate is not valid yet; is the clock of this box right?"],
  [/Expired/, "its certificate is not valid any more; is the clock of this box right?"],
];

/** What TLS itself does not like; everything else is an error of the connection. */
function tlsError(peer: string, cause: unknown): unknown {
  if (!(cause instanceof Deno.errors.InvalidData)) return cause;
  const said = messageOf(cause);
  const words = WORDS.find(([pattern]) => pattern.test(said))?.[1];
  const text = words === undefined ? said : `${words} (${said})`;
  return new FramewireError("TLS_FAILED", `Cannot speak TLS with ${peer}: ${text}`, { cause });
}
