/** A viewers' hub over made-up libraries, and pages whose sockets take everything, or nothing. */
import { assert } from "@std/assert";
import { LiveHub } from "../../lib/live/live_hub.ts";
import type { ServerSocket, SocketEvents } from "../../lib/platform/http.ts";
import type { DeviceView } from "../../lib/viewer/clip_library.ts";
import type { PageMessage, PictureHeader, WatchMessage } from "../../lib/viewer/page_messages.ts";
import { ViewerHub } from "../../lib/viewer/viewer_hub.ts";
import { MadeUpClock } from "./made_up_clock.ts";
import { MadeUpEventLibrary } from "./made_up_event_library.ts";
import { MadeUpFrameLibrary } from "./made_up_frame_library.ts";
import { MadeUpLibrary } from "./made_up_library.ts";

/** A socket whose peer takes everything, or nothing. */
export class MadeUpSocket implements ServerSocket {
  readonly texts: string[] = [];
  readonly pictures: ReturnType<typeof readPicture>[] = [];
  buffered = 0;
  /** How often its queue was looked at. */
  looks = 0;
  stuck = false;
  closed: number | undefined;
  events: SocketEvents | undefined;

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (typeof message === "string") this.texts.push(message);
    else this.pictures.push(readPicture(message));
    if (this.stuck) this.buffered += message.length;
  }
  bufferedBytes(): number {
    this.looks++;
    return this.buffered;
  }
  close(code: number): void {
    this.closed ??= code;
  }
  /** The page says which sources it watches. */
  watch(...sources: WatchMessage["sources"]): void {
    this.events?.received(JSON.stringify({ type: "watch", sources } satisfies WatchMessage));
  }
  /** The messages since the last call. */
  take(): PageMessage[] {
    return this.texts.splice(0).map((text) => JSON.parse(text) as PageMessage);
  }
}

/** The header of a picture, and its JPEG. */
export function readPicture(message: Uint8Array<ArrayBuffer>): PictureHeader & { jpeg: Uint8Array } {
  const length = new DataView(message.buffer, message.byteOffset).getUint32(0);
  const header = JSON.parse(new TextDecoder().decode(message.subarray(4, 4 + length))) as PictureHeader;
  return { ...header, jpeg: message.subarray(4 + length) };
}

/** See above. */
export class ViewerHubSetting {
  readonly library = new MadeUpLibrary();
  readonly clock = new MadeUpClock();
  readonly live = new LiveHub({ clock: this.clock });
  readonly frames = new MadeUpFrameLibrary(this.live);
  readonly events = new MadeUpEventLibrary();
  devices: DeviceView[] = [];
  readonly hub = new ViewerHub({
    library: this.library,
    frames: this.frames,
    events: this.events,
    hub: this.live,
    server: () => ({ software: "s", startedMs: 0, devices: this.devices, freeBytes: 5 }),
    clock: this.clock,
    serverId: "server-1",
    pageHash: "hash-1",
    log: () => {},
  });

  async join(): Promise<MadeUpSocket> {
    const socket = new MadeUpSocket();
    const response = this.hub.join((events) => {
      socket.events = events;
      return { response: new Response(), socket };
    });
    assert(response !== undefined);
    socket.events?.opened();
    await settle();
    return socket;
  }
}

/** Lets every promise which is settled already run on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
