/** A viewer's server on a free port over a made-up library. */
import { LiveHub } from "../../lib/live/live_hub.ts";
import { systemClock } from "../../lib/platform/clock.ts";
import { systemRandom } from "../../lib/platform/random.ts";
import type { DeviceView, ServerView } from "../../lib/viewer/clip_library.ts";
import { ViewerServer, type ViewerServerOptions } from "../../lib/viewer/viewer_server.ts";
import { MadeUpEventLibrary } from "./made_up_event_library.ts";
import { MadeUpFrameLibrary } from "./made_up_frame_library.ts";
import { MadeUpLibrary } from "./made_up_library.ts";

/** A device as the page shows it. */
export function madeUpDevice(device: string, patch: Partial<DeviceView> = {}): DeviceView {
  const sinceMs = Date.now();
  return {
    device,
    connections: 1,
    address: "192.0.2.7:51022",
    software: "framewire 0.1.0",
    sinceMs,
    lastSeenMs: sinceMs,
    clockOffsetMs: null,
    backlog: null,
    droppedFrames: 0,
    dropped: 0,
    disk: null,
    troubles: [],
    ...patch,
  };
}

/** A running server and what is behind it. */
export class ViewerFixture {
  readonly library = new MadeUpLibrary();
  readonly hub: LiveHub;
  readonly frames: MadeUpFrameLibrary;
  readonly events = new MadeUpEventLibrary();
  devices: DeviceView[] = [];
  freeBytes: number | null = 412_000_000_000;
  readonly logged: string[] = [];
  url = "";
  #server: ViewerServer | undefined;

  constructor(readonly options: Partial<ViewerServerOptions> = {}) {
    this.hub = new LiveHub({ clock: options.clock ?? systemClock });
    this.frames = new MadeUpFrameLibrary(this.hub);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Starts on a free port; anew on the same one. */
  async start(): Promise<this> {
    const startedMs = Date.now();
    this.#server = new ViewerServer({
      library: this.library,
      frames: this.frames,
      events: this.events,
      hub: this.hub,
      server: (): ServerView => ({
        software: "framewire 0.1.0",
        startedMs,
        devices: this.devices,
        freeBytes: this.freeBytes,
      }),
      clock: systemClock,
      random: systemRandom,
      log: (text) => this.logged.push(text),
      hostname: "127.0.0.1",
      port: this.url === "" ? 0 : this.port,
      allowedHosts: [],
      ready: () => true,
      ...this.options,
    });
    this.url = (await this.#server.start()).url;
    return this;
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }
}

/** Runs `test` with a server, and stops it whatever happens. */
export async function withViewer(
  test: (fixture: ViewerFixture) => Promise<void>,
  options: Partial<ViewerServerOptions> = {},
): Promise<void> {
  const fixture = await new ViewerFixture(options).start();
  try {
    await test(fixture);
  } finally {
    await fixture.stop();
  }
}
