/** The options of `demo`, from one table. */
import type { CommandSpec } from "../config/options.ts";

export const DEMO_SPEC: CommandSpec = {
  name: "framewire-server demo",
  summary:
    "framewire demo: a server and made-up boxes in one go: two cameras, a sensor, and a clip that arrives over a slow link.",
  options: [
    {
      name: "listen",
      kind: "text",
      value: "HOST:PORT",
      help: "For boxes; another port if it is taken",
      default: "127.0.0.1:12345",
    },
    {
      name: "http",
      kind: "text",
      value: "HOST:PORT",
      help: "For the page; another port if it is taken",
      default: "127.0.0.1:8080",
    },
    {
      name: "link-rate",
      kind: "text",
      value: "BYTES",
      help: "What the link of the box carries a second",
      default: "30kB",
    },
    { name: "pause", kind: "text", value: "TIME", help: "Between one clip and the next", default: "5s" },
    { name: "json", kind: "flag", help: "Ready line as a JSON object" },
  ],
  examples: ["deno task demo", "deno task demo --link-rate 10kB --http 127.0.0.1:0"],
};
