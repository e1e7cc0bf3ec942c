/** A box that sends pictures as fast as they go, and what must be there of them afterwards. */
import { assert, assertEquals } from "@std/assert";
import { constants } from "node:fs";
import { runUplink } from "../../lib/client/uplink.ts";
import { SourceJob } from "../../lib/frames/source_job.ts";
import { systemClock } from "../../lib/platform/clock.ts";
import { systemNetwork } from "../../lib/platform/network.ts";
import { systemRandom } from "../../lib/platform/random.ts";
import { everyFrame } from "./recorded_frames.ts";
import { madeUpJpeg } from "./source_world.ts";

/** Of odd lengths, each different from its neighbours. */
const PICTURES = Array.from({ length: 97 }, (_, index) => madeUpJpeg(30_000 + 401 * index, index + 1));

/** Source `cam` of device `box`, policy all, numbered from 1. */
export class FrameFlood {
  readonly frames: number;
  readonly job: SourceJob;
  /** Sequence numbers that were told as stored. */
  readonly told: number[] = [];
  #taken = 0;

  constructor(frames: number) {
    this.frames = frames;
    const origin = {
      next: () => {
        if (this.#taken === frames) return Promise.resolve(null);
        return Promise.resolve({ jpeg: pictureOf(++this.#taken), capturedMs: 1, name: null });
      },
      close: () => Promise.resolve(),
    };
    this.job = new SourceJob(
      { name: "cam", kind: "visible", policy: "all", named: false },
      () => Promise.resolve(origin),
      {
        note: () => {},
        frame: (_, { sequence }) => void this.told.push(sequence),
        dropped: () => {},
        ended: () => {},
      },
      { clock: systemClock, random: systemRandom },
    );
  }

  /** Sends all of it to HOST:PORT, over as many connections as it takes. */
  async send(listen: string, signal: AbortSignal = new AbortController().signal): Promise<void> {
    const [hostname, port] = listen.split(":") as [string, string];
    await runUplink(
      {
        network: systemNetwork,
        clock: systemClock,
        random: systemRandom,
        address: { hostname, port: Number(port) },
        identity: { device: "box", token: "", software: "test" },
        retryForMs: 60_000,
        sources: [this.job],
        connected: () => {},
        interrupted: () => {},
      },
      [],
      signal,
    );
  }
}

/** Asserts that the server has the pictures from 1 on without a hole, each once, and the files nothing else; how many. */
export async function assertFlood(http: string, data: string): Promise<number> {
  const sequences = (await everyFrame(http)).map(({ sequence }) => sequence);
  assertEquals(sequences, sequences.map((_, index) => index + 1));
  const below = `${data}/frames/box/cam`;
  const numberOf = (name: string) => Number(/-(\d+)\.mjpeg$/.exec(name)![1]);
  const files = [...Deno.readDirSync(below)].map(({ name }) => name).sort((a, b) => numberOf(a) - numberOf(b));
  let next = 1;
  for (const file of files) {
    const content = await Deno.readFile(`${below}/${file}`);
    for (let at = 0; at < content.length; next++) {
      const picture = pictureOf(next);
      const isSame = picture.every((byte, index) => byte === content[at + index]);
      assert(isSame, `${file} at ${at} of ${content.length}: not picture ${next}`);
      at += picture.length;
    }
  }
  assertEquals(next - 1, sequences.length);
  return sequences.length;
}

/** Whether the process has a segment open for direct writes. */
export function writesDirectly(pid: number): boolean {
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    try {
      if (!Deno.readLinkSync(`/proc/${pid}/fd/${name}`).endsWith(".mjpeg")) continue;
      const [, flags] = /flags:\s*(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/fdinfo/${name}`))!;
      if ((parseInt(flags!, 8) & constants.O_DIRECT) !== 0) return true;
    } catch {
      // It was closed meanwhile.
    }
  }
  return false;
}

function pictureOf(sequence: number): Uint8Array<ArrayBuffer> {
  return PICTURES[(sequence - 1) % PICTURES.length]!;
}
