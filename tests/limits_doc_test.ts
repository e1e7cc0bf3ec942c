import { assertEquals } from "@std/assert";
import { LIMITS } from "../lib/config/limits.ts";
import { type LimitName, limitText } from "./helpers/limit_text.ts";

const NAMES = Object.keys(LIMITS) as LimitName[];

function read(page: string): Promise<string> {
  return Deno.readTextFile(new URL(`../docs/${page}`, import.meta.url));
}

Deno.test("docs/LIMITS.md has every limit once, with its value and a reason", async () => {
  const rows = [...(await read("LIMITS.md")).matchAll(/^\| `(\w+)` +\| +(\S.*?) +\| +(\S.*?) +\|$/gm)];
  const written = rows.map(([, name, value]) => `${name} ${value}`).sort();
  assertEquals(written, NAMES.map((name) => `${name} ${limitText(name)}`).sort());
});

Deno.test("docs/PROTOCOL.md names the limits of the wire with their values", async () => {
  const section = (await read("PROTOCOL.md")).split("\n## Limits and deadlines\n")[1]?.split("\n## ")[0] ?? "";
  const rows = [...section.matchAll(/^\| ([^|]+?) +\| ([^|]+?) +\| /gm)].map(([, limit, value]) => [limit, value]);
  const silence = `2 × \`ping_interval_ms\`, ${LIMITS.pingIntervalMs * 2 / 1000} s`;
  const rate = `${limitText("messageRateGraceMs")}, then ${limitText("messageRateMinBytesPerSecond")} on the average`;
  const names = `${LIMITS.deviceNameBytesMax} and ${LIMITS.clipNameBytesMax} bytes of UTF-8`;
  assertEquals(rows.slice(2), [
    ["message before `Welcome`", limitText("helloBytesMax")],
    ["message after it", `\`message_bytes_max\`, ${limitText("messageBytesMax")}; a box takes as much`],
    ["chunk", `\`chunk_bytes_max\`, ${limitText("chunkBytesMax")}`],
    ["window of a stream", `\`window_bytes\`, ${limitText("windowBytes")}`],
    ["open streams", `\`streams_max\`, ${limitText("streamsPerConnectionMax")}`],
    ["`Hello` and `Welcome`", `${limitText("handshakeTimeoutMs")} together`],
    ["silence", silence],
    ["a message on its way", rate],
    ["a write without progress", limitText("writeTimeoutMs")],
    ["last words after an `Error`", "2 s"],
    ["separate ranges of a clip", limitText("rangesPerClipMax")],
    ["damaged chunks in a row", limitText("badChunksMax")],
    ["device name, clip name", names],
    ["size of a clip", limitText("clipBytesMax")],
  ]);
});

Deno.test("a limit is written with the unit that its name has", () => {
  assertEquals(limitText("clipBytesMax"), "16 TiB");
  assertEquals(limitText("deviceNameBytesMax"), "128 bytes");
  assertEquals(limitText("messageRateMinBytesPerSecond"), "1 KiB/s");
  assertEquals([limitText("syncAfterMs"), limitText("pingIntervalMs"), limitText("viewersMax")], [
    "500 ms",
    "5 s",
    "256",
  ]);
});
