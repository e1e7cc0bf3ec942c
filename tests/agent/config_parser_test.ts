import { assertEquals } from "@std/assert";
import { CONFIG_EXAMPLE } from "../../lib/agent/config_example.ts";
import { parseConfig } from "../../lib/agent/config_parser.ts";

/** A config around some of its sections. */
function within(sections: string): string {
  return `{ "server": "10.0.0.5:12345",\n${sections}\n}`;
}

function mistakesOf(text: string): string[] {
  return parseConfig(text, "/etc/fw").mistakes.map(({ line, text }) => `${line}: ${text}`);
}

Deno.test("config parser: everything has its default", () => {
  assertEquals(parseConfig(within('"device": "line-1"'), "/etc/fw").config, {
    uplink: {
      server: { hostname: "10.0.0.5", port: 12345 },
      device: "line-1",
      tokenFile: null,
      tls: false,
      tlsCa: null,
    },
    spool: { folder: "/etc/fw/spool", bytesMax: 2_000_000_000, keepMs: 7 * 86_400_000 },
    sources: [],
    clips: [],
    feeds: [],
  });
});

Deno.test("config parser: paths are seen from the file", () => {
  const { config, mistakes } = parseConfig(
    within(`"token-file": "token", "tls-ca": "/ca.pem", "spool": { "dir": "s" },
      "sources": [{ "source": "a", "frames": "pictures" }, { "source": "b", "camera": "film.mp4", "quality": 50 }],
      "clips": [{ "folder": "../clips", "then": "move", "to": "sent" }],
      "feeds": [{ "feed": "log", "file": "log.ndjson" }]`),
    "/etc/fw",
  );
  assertEquals(mistakes, []);
  const { uplink, spool, sources, clips, feeds } = config!;
  assertEquals([uplink.tokenFile, uplink.tls, uplink.tlsCa], ["/etc/fw/token", true, "/ca.pem"]);
  assertEquals(spool.folder, "/etc/fw/s");
  assertEquals(sources.map(({ from }) => "folder" in from ? from.folder.path : from.camera.input), [
    "/etc/fw/pictures",
    "/etc/fw/film.mp4",
  ]);
  assertEquals(clips, [{ folder: "/etc/clips", pattern: "*", end: "move", moveTo: "/etc/fw/sent", settledMs: 5_000 }]);
  assertEquals(feeds, [
    { feed: "log", from: { kind: "file", path: "/etc/fw/log.ndjson" }, source: null, whenFull: "drop-oldest" },
  ]);
});

Deno.test("config parser: all origins of feeds", () => {
  const { config, mistakes } = parseConfig(
    within(`"feeds": [
      { "feed": "a", "command": "python3 'my reader.py' --fast", "source": "left", "when-full": "refuse-new" },
      { "feed": "b", "command": "cat x", "interval": "10s" }, { "feed": "c", "stdin": true },
      { "feed": "d", "sensor": "demo" }, { "feed": "e", "http": "127.0.0.1:0" },
      { "feed": "f", "mqtt": "mqtts://u:p@hub", "topics": ["a/#", "b"], "tls-ca": "ca.pem" }]`),
    "/",
  );
  assertEquals(mistakes, []);
  assertEquals(config!.feeds.map(({ from }) => from), [
    { kind: "command", program: "python3", args: ["my reader.py", "--fast"], everyMs: null },
    { kind: "command", program: "cat", args: ["x"], everyMs: 10_000 },
    { kind: "stdin" },
    { kind: "demo", everyMs: 1_000 },
    { kind: "http", address: { hostname: "127.0.0.1", port: 0 } },
    {
      ...{ kind: "mqtt", address: { hostname: "hub", port: 8883 }, user: "u", password: "p" },
      ...{ topics: ["a/#", "b"], tls: true, tlsCa: "/ca.pem" },
    },
  ]);
  assertEquals([config!.feeds[0]!.source, config!.feeds[0]!.whenFull], ["left", "refuse-new"]);
});

Deno.test("config parser: the example has no mistakes", () => assertEquals(mistakesOf(CONFIG_EXAMPLE), []));

Deno.test("config parser: every part which the example shows as a comment has no mistakes", () => {
  const all = CONFIG_EXAMPLE.replaceAll(/^( *)\/\/ (?=\{ |"[\w-]+": )/gm, "$1");
  assertEquals(mistakesOf(all), []);
  assertEquals(parseConfig(all, "/").config!.feeds.length, 6);
});

const MISTAKES: readonly (readonly [text: string, ...mistakes: string[]])[] = [
  ["[]", "1: Cannot use the file as it must be an object: { … }: received an empty list"],
  ["{}", '1: Cannot use the file as it must have "server": HOST:PORT of the server'],
  ["{\n", '2: Cannot read JSON as there must be a key in quotes ("): received the end of the file'],
  [
    '{\n"server": "here",\n"servr": 1, "server": "a:1" }',
    '2: Cannot use server as it must be HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:12345: received "here"',
    "3: Cannot use server as line 2 has it already",
    '3: Cannot use servr as there is no such key: did you mean "server"?',
  ],
  [
    within(
      '"sources": [\n{ "source": "a", "camera": "test", "qualty": 70 },\n{ "camera": 7, "frames": "x", "zzzzzzzz": 1 }]',
    ),
    '3: Cannot use sources[0].qualty as there is no such key: did you mean "quality"?',
    '4: Cannot use sources[1] as it must have "source": Name of this source, unique on this box',
    "4: Cannot use sources[1] as it must have one of camera, frames: received camera and frames",
    '4: Cannot use sources[1].camera as it must be a text in quotes ("): received 7',
    "4: Cannot use sources[1].zzzzzzzz as there is no such key: the keys here are frames, camera, source, kind, policy, " +
    "fps, loop, follow, width, scale, quality",
  ],
  [
    within('"sources": [{ "source": "a", "camera": "test",\n"quality": 500,\n"kind": "warm", "follow": "yes" }]'),
    '3: Cannot use sources[0].quality as it must be a whole number from 1 to 100: received "500"',
    '4: Cannot use sources[0].kind as it must be one of visible, infrared, other: received "warm"',
    '4: Cannot use sources[0].follow as it must be true or false: received "yes"',
  ],
  [
    within('"sources": [{ "source": "a", "camera": "test" },\n{ "source": "a", "camera": "test", "follow": true }]'),
    '3: Cannot use "follow" for this source as it is an option of "frames"',
    '3: Cannot use sources[1].source as line 2 has it already: received "a"',
  ],
  [within('"sources": {}, "spool": []'), ...[
    "2: Cannot use sources as it must be a list of objects: [{ … }, …]: received an object",
    "2: Cannot use spool as it must be an object: { … }: received an empty list",
  ]],
  [
    within(
      '"clips": [{ "folder": "a", "then": "move" },\n{ "folder": "b", "then": "move", "to": "b/c" },\n{ "folder": "c", "pattern": "x/*" }]',
    ),
    '2: Cannot use clips[0] as "to" must be there if "then" is "move", and only then',
    "3: Cannot use clips[1].to as it must be outside of the folder: received /etc/fw/b/c",
    '4: Cannot use clips[2].pattern as it must be a file name with * and ?, without /: received "x/*"',
  ],
  [
    within(
      '"feeds": [{ "feed": "a" }, { "feed": "b", "file": "x", "interval": "1s" },\n{ "feed": "c", "sensor": "demo", "interval": "1" }]',
    ),
    "2: Cannot use feeds[0] as it must have one of command, file, stdin, sensor, http, mqtt: received none",
    "2: Cannot use feeds[1].interval as it is for a sensor or a command",
    '3: Cannot use feeds[2].interval as it must be a number and a unit of ms, s, m, h or d, such as 10m: received "1"',
  ],
  [
    within(
      '"feeds": [{ "feed": "a", "mqtt": "mqtt://me:secret@hub/a", "topics": [] },\n' +
        '{ "feed": "b", "mqtt": "mqtt://hub", "topics": ["a",\n"a#", 7] }, { "feed": "c", "stdin": true, "topics": ["a"] },\n' +
        '{ "feed": "d", "mqtt": "mqtt://hub" }, { "feed": "e", "mqtt": "mqtt://hub", "topics": ["a"], "tls-ca": "x" }]',
    ),
    "2: Cannot use feeds[0].mqtt as it must be mqtt:// or mqtts://, perhaps USER:PASSWORD@, and HOST or HOST:PORT: " +
    'received "mqtt://…@hub/a"',
    '2: Cannot use feeds[0].topics as it must be a list of texts: ["…", …]: received an empty list',
    "4: Cannot use feeds[1].topics[1] as it must be a topic, where + stands for one of its levels and # at its end for any " +
    'more: received "a#"',
    '4: Cannot use feeds[1].topics[2] as it must be a text in quotes ("): received 7',
    '4: Cannot use feeds[2].topics as it is for "mqtt"',
    '5: Cannot use feeds[3] as it must have "topics": ["sensors/#", …]',
    "5: Cannot use feeds[4].tls-ca as it is for a broker of mqtts://",
  ],
  [
    within(
      '"feeds": [{ "feed": "a", "stdin": true },\n{ "feed": "a", "stdin": true }, { "feed": "b", "command": "\'open" }]',
    ),
    '3: Cannot use feeds[1].feed as line 2 has it already: received "a"',
    "3: Cannot use feeds[1].stdin as standard input can be read once, and line 2 does",
    '3: Cannot use feeds[2].command as it must be a command whose quotes are closed: received "\'open"',
  ],
];

for (const [text, ...mistakes] of MISTAKES) {
  Deno.test(`config parser: mistakes of ${JSON.stringify(text).slice(0, 80)}`, () => {
    assertEquals(mistakesOf(text).sort(), [...mistakes].sort());
  });
}
