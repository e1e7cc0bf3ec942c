import { FaultProxy } from "./fault_proxy.ts";
import { Subprocess } from "./subprocess.ts";

/** How a {@linkcode SlowLink} behaves. */
export interface SlowLinkOptions {
  /** Kilobits (1000) a second, each way. */
  readonly rateKbit: number;
  /** Bytes which the link holds, each way, before it drops packets; default 100 ms at the rate, at least 16 KiB. */
  readonly bufferBytes?: number;
  /** "proxy" asks for the fault proxy also where namespaces can be made. */
  readonly kind?: "proxy";
}

/** A slow link between a box and a server; `await using` takes it down. */
export interface SlowLink extends AsyncDisposable {
  /** "namespace": a link of its own in the kernel; "proxy": a fault proxy, whose rate is less true for the first MiB. */
  readonly kind: "namespace" | "proxy";
  /** The host on which the server must listen. */
  readonly serverHost: string;
  /** Put in front of a program, it runs on the box's side. */
  readonly prefix: readonly string[];
  /** The address under which the box reaches a server which listens on `listen` (HOST:PORT, host `serverHost`). */
  addressOf(listen: string): Promise<string>;
  /** Starts a program on the box's side. */
  exec(command: string, args: readonly string[]): Subprocess;
  /** The box loses its network; nobody tells the server. */
  down(): Promise<void>;
  /** The network is back. */
  up(): Promise<void>;
}

/** Largest packet and its header; a token bucket must hold one. */
const PACKET_BYTES = 1514;
/** Blocks of four addresses in 198.18.0.0/15, which is set aside for tests of networks (RFC 2544). */
const BLOCKS = 32_768;

let linkCount = 0;

/**
 * Makes a slow link: with root, `ip` and `tc` a network namespace for the box, and a fault proxy otherwise.
 *
 * @example
 * ```ts
 * await using link = await slowLink({ rateKbit: 2000 });
 * await using server = await startServer({ host: link.serverHost });
 * await runSend(["--server", await link.addressOf(server.listen), "--file", path], { prefix: link.prefix });
 * ```
 */
export async function slowLink(options: SlowLinkOptions): Promise<SlowLink> {
  if (options.kind === "proxy" || Deno.build.os !== "linux" || Deno.uid() !== 0) return proxyLink(options);
  const number = linkCount++;
  const name = `fw${Deno.pid}x${number}`;
  const takeDown = async () => {
    // Its end of the pair goes with the namespace, and the other end with it; but only once nobody is in there.
    await tryRun("ip", "link", "delete", `${name}h`);
    await tryRun("ip", "netns", "delete", name);
  };
  try {
    return await namespaceLink(name, number, options, takeDown);
  } catch {
    await takeDown();
    return proxyLink(options);
  }
}

async function namespaceLink(
  name: string,
  number: number,
  options: SlowLinkOptions,
  takeDown: () => Promise<void>,
): Promise<SlowLink> {
  const block = (Deno.pid * 8 + number) % BLOCKS;
  const host = addressIn(block, 1);
  const [near, far] = [`${name}h`, `${name}b`];
  const inside = ["ip", "netns", "exec", name];
  await run("ip", "netns", "add", name);
  await run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", name);
  await run("ip", "address", "add", `${host}/30`, "dev", near);
  await run("ip", "link", "set", near, "up");
  await run("ip", "-n", name, "address", "add", `${addressIn(block, 2)}/30`, "dev", far);
  await run("ip", "-n", name, "link", "set", "lo", "up");
  await run("ip", "-n", name, "link", "set", far, "up");
  const shape = shapeOf(options);
  await run("tc", "qdisc", "add", "dev", near, "root", ...shape);
  await run(...inside, "tc", "qdisc", "add", "dev", far, "root", ...shape);
  return {
    kind: "namespace",
    serverHost: host,
    prefix: inside,
    addressOf: (listen) => Promise.resolve(listen),
    exec: (command, args) => Subprocess.start({ command: [...inside, command, ...args] }),
    down: () => run("ip", "-n", name, "link", "set", far, "down"),
    up: () => run("ip", "-n", name, "link", "set", far, "up"),
    [Symbol.asyncDispose]: takeDown,
  };
}

/** Arguments of `tc` for the rate: bursts of 10 ms at most, so that the flow is smooth. */
function shapeOf({ rateKbit, bufferBytes }: SlowLinkOptions): string[] {
  const bytesPerSecond = rateKbit * 1000 / 8;
  const burst = Math.ceil(Math.max(2 * PACKET_BYTES, bytesPerSecond / 100));
  const limit = bufferBytes ?? Math.ceil(Math.max(16 * 1024, bytesPerSecond / 10));
  return ["tbf", "rate", `${rateKbit}kbit`, "burst", `${burst}`, "limit", `${limit}`];
}

function addressIn(block: number, host: number): string {
  const number = block * 4 + host;
  return `198.${18 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}

/** The same with a fault proxy, where there are no namespaces. */
function proxyLink({ rateKbit }: SlowLinkOptions): SlowLink {
  const bytesPerSecond = rateKbit * 1000 / 8;
  const rate = { bytesPerSecond };
  const proxies: FaultProxy[] = [];
  return {
    kind: "proxy",
    serverHost: "127.0.0.1",
    prefix: [],
    async addressOf(listen) {
      const proxy = await FaultProxy.start(listen, { up: rate, down: rate });
      proxies.push(proxy);
      return proxy.address;
    },
    exec: (command, args) => Subprocess.start({ command: [command, ...args] }),
    down() {
      for (const proxy of proxies) proxy.blackHole();
      return Promise.resolve();
    },
    up() {
      for (const proxy of proxies) [proxy.up, proxy.down] = [rate, rate];
      return Promise.resolve();
    },
    async [Symbol.asyncDispose]() {
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
    },
  };
}

async function run(...command: string[]): Promise<void> {
  const [program = "", ...args] = command;
  const { success, stderr } = await new Deno.Command(program, { args, stdout: "null" }).output();
  if (!success) throw new Error(`Cannot run ${command.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

async function tryRun(...command: string[]): Promise<void> {
  try {
    await run(...command);
  } catch {
    // It was never made, or is gone already.
  }
}
