import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { parseWatch } from "../../lib/viewer/watch_message.ts";

const list = (count: number) => Array.from({ length: count }, (_, id) => ({ id, fpsMax: null }));
const watch = (sources: unknown) => JSON.stringify({ type: "watch", sources });

Deno.test("parseWatch reads what a page says, also of the most sources, which fit into a message", () => {
  for (const sources of [[], [{ id: 3, fpsMax: null }, { id: 4, fpsMax: 0.5 }], list(LIMITS.viewerSourcesMax)]) {
    assertEquals(parseWatch(watch(sources)), { type: "watch", sources });
  }
  const longest = Array.from({ length: LIMITS.viewerSourcesMax }, (_, i) => ({ id: 999_999_999 - i, fpsMax: 29.97 }));
  assert(watch(longest).length <= LIMITS.viewerMessageBytesMax);
});

Deno.test("parseWatch refuses anything else in words that fit into the end of a WebSocket", () => {
  const source = { id: 1, fpsMax: null };
  const wrong: (string | ArrayBuffer)[] = [
    new ArrayBuffer(2),
    "",
    "{",
    "null",
    "[]",
    "5",
    JSON.stringify({ type: "other", sources: [] }),
    JSON.stringify({ type: "watch" }),
    watch({}),
    watch([source, source]),
    watch([null]),
    watch([[]]),
    watch([{ id: 1 }]),
    watch([{ ...source, id: "1" }]),
    watch([{ ...source, id: 1.5 }]),
    watch([{ ...source, id: -1 }]),
    watch([{ ...source, id: 2 ** 53 }]),
    watch([{ ...source, fpsMax: 0 }]),
    watch([{ ...source, fpsMax: 1_001 }]),
    watch([{ ...source, fpsMax: "5" }]),
    watch(list(LIMITS.viewerSourcesMax + 1)),
  ];
  for (const message of wrong) {
    const reason = parseWatch(message);
    assert(typeof reason === "string" && reason.length > 0, String(message));
    assert(new TextEncoder().encode(reason).length <= 123, reason);
  }
});
