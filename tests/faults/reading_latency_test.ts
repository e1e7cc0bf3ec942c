/** Readings beside a large clip on a slow link: the clip must not make them late, nor they the clip slow. */
import { assert, assertLess } from "@std/assert";
import { randomFile } from "../helpers/clip_files.ts";
import { startSend, startServer } from "../helpers/programs.ts";
import { slowLink } from "../helpers/slow_link.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

const RATE_KBIT = 2_000;
/** How long readings are watched, without and with the clip, ms; and before that, until the pacer knows the link. */
const WATCHED_MS = Number(Deno.env.get("FRAMEWIRE_READING_SECONDS") ?? 8) * 1000;
const START_MS = 4_000;
const SENSOR = ["--device", "box", "--sensor", "demo", "--interval", "100ms"];

interface Event {
  readonly capturedAt: string;
  readonly receivedAt: string;
}

/** Time on the way of all readings which were taken between the two times, ms, shortest first. */
async function waysMs(http: string, sinceMs: number, untilMs: number): Promise<number[]> {
  const [since, until] = [sinceMs, untilMs].map((ms) => new Date(ms).toISOString());
  const answer = await fetch(`${http}/api/events?limit=1000&since=${since}&until=${until}`);
  const { events } = await answer.json() as { events: Event[] };
  const ways = events.map(({ capturedAt, receivedAt }) => Date.parse(receivedAt) - Date.parse(capturedAt));
  return ways.sort((a, b) => a - b);
}

const at = (sorted: readonly number[], share: number) => sorted[Math.floor(sorted.length * share)]!;

Deno.test("readings beside a large clip on 2 Mbit/s: hardly later than on the idle link, and the clip has the rest of it", async () => {
  await using link = await slowLink({ rateKbit: RATE_KBIT });
  await using server = await startServer({ host: link.serverHost });
  const address = await link.addressOf(server.listen);
  await using folder = await tempFolder();
  const file = folder.join("large.bin");
  const seconds = (START_MS + WATCHED_MS) / 1000;
  await randomFile(file, Math.round(RATE_KBIT * 1000 / 8 * seconds * 1.5), 1);

  const pass = (ms: number) => {
    const untilMs = Date.now() + ms;
    return waitFor(() => Date.now() >= untilMs, { what: "time to pass", deadlineMs: 2 * ms + 10_000 });
  };
  const heldBytes = async () =>
    (await fetch(`${server.http}/api/clips`).then((answer) => answer.json())).clips[0]?.heldBytes ?? 0;

  const idle = await (async () => {
    await using send = startSend(["--server", address, ...SENSOR], { prefix: link.prefix });
    await waitFor(async () => (await waysMs(server.http, 0, Date.now())).length > 0, { what: "the first reading" });
    const sinceMs = Date.now();
    await pass(WATCHED_MS);
    await send.kill("SIGINT");
    return await waysMs(server.http, sinceMs, sinceMs + WATCHED_MS);
  })();

  await using _send = startSend(["--server", address, ...SENSOR, "--file", file], { prefix: link.prefix });
  await waitFor(async () => await heldBytes() > 0, { what: "the clip to begin", deadlineMs: 30_000 });
  await pass(START_MS);
  const [sinceMs, before] = [Date.now(), await heldBytes()];
  await pass(WATCHED_MS);
  const share = (await heldBytes() - before) * 8 / (RATE_KBIT * (Date.now() - sinceMs));
  const busy = await waysMs(server.http, sinceMs, sinceMs + WATCHED_MS);

  const figures = [idle, busy].map((ways) =>
    `${ways.length} readings, p50 ${at(ways, 0.5)} ms, p99 ${at(ways, 0.99)} ms`
  );
  const text = `idle: ${figures[0]}; beside the clip: ${figures[1]}; the clip has ${
    Math.round(share * 100)
  } % of the link`;
  if (Deno.env.has("FRAMEWIRE_READING_SECONDS")) await Deno.stderr.write(new TextEncoder().encode(`${text}\n`));
  assert(idle.length > WATCHED_MS / 200 && busy.length > WATCHED_MS / 200, text);
  // The aim is 250 ms for 99 of 100, and 90 % of the link; a machine which is busy itself gets some room.
  assertLess(at(busy, 0.95), at(idle, 0.95) + 250, text);
  assert(share > 0.8, text);
});
