import type { Message, MessageKind } from "../../lib/protocol/message.ts";

const HASH = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const LARGE = 16 * 2 ** 40;

/** Messages of every kind that is sent: full ones, empty ones, and numbers at their ends. */
export const SAMPLE_MESSAGES: { readonly [K in Exclude<MessageKind, "unknown">]: readonly (Message & { kind: K })[] } =
  {
    hello: [
      {
        kind: "hello",
        protocolVersion: 1,
        device: "box-1",
        token: "s3cret",
        software: "framewire/1",
        unixMs: 1_790_000_000_000,
      },
      { kind: "hello", protocolVersion: 0, device: "", token: "", software: "", unixMs: -1 },
    ],
    welcome: [
      {
        kind: "welcome",
        protocolVersion: 1,
        software: "framewire/1",
        unixMs: 1,
        messageBytesMax: 2 ** 32 - 1,
        chunkBytesMax: 1,
        windowBytes: LARGE,
        pingIntervalMs: 5_000,
        streamsMax: 32,
        httpUrl: "http://[::1]:8080",
        unfinished: [
          { clipId: "a", name: "clip ü.mp4", bytes: LARGE, storedBytes: 5 },
          { clipId: "b", name: "", bytes: null, storedBytes: 0 },
          { clipId: "c", name: "empty", bytes: 0, storedBytes: 0 },
        ],
      },
    ],
    error: [
      { kind: "error", code: "NO_SPACE", text: "Full", retryable: true, retryAfterMs: 30_000, stream: 7 },
      { kind: "error", code: "A_CODE_OF_TOMORROW", text: "", retryable: false, retryAfterMs: 0, stream: 0 },
    ],
    ping: [{ kind: "ping", nonce: 0n }, { kind: "ping", nonce: 2n ** 64n - 1n }],
    pong: [{ kind: "pong", nonce: 1n, unixMs: 0 }],
    goodbye: [{ kind: "goodbye", reason: "All sent" }],
    openClip: [
      {
        kind: "openClip",
        stream: 2 ** 32 - 1,
        name: "ordner/clip.mp4",
        bytes: LARGE,
        sha256: HASH,
        modifiedMs: 1_700_000_000_123,
        resumeClipId: "id",
        fresh: true,
      },
      {
        kind: "openClip",
        stream: 1,
        name: "-",
        bytes: null,
        sha256: null,
        modifiedMs: null,
        resumeClipId: null,
        fresh: false,
      },
      {
        kind: "openClip",
        stream: 1,
        name: "empty",
        bytes: 0,
        sha256: null,
        modifiedMs: 0,
        resumeClipId: null,
        fresh: false,
      },
    ],
    clipOffer: [
      { kind: "clipOffer", stream: 1, wantSha256: true, clipId: null, held: [] },
      { kind: "clipOffer", stream: 1, wantSha256: false, clipId: "id", held: [{ start: 0, end: LARGE, sha256: HASH }] },
    ],
    clipAccepted: [
      { kind: "clipAccepted", stream: 1, clipId: "id", held: [], storedName: "clip.mp4" },
      {
        kind: "clipAccepted",
        stream: 1,
        clipId: "id",
        held: [{ start: 0, end: 1, sha256: null }, { start: 5, end: 9, sha256: null }],
        storedName: "clip (2).mp4",
      },
    ],
    videoData: [
      {
        kind: "videoData",
        stream: 3,
        offset: LARGE,
        crc32: 2 ** 32 - 1,
        chunk: Uint8Array.of(0, 255, 7),
        isEnd: false,
        sha256: null,
      },
      { kind: "videoData", stream: 3, offset: 0, crc32: 0, chunk: new Uint8Array(0), isEnd: true, sha256: HASH },
    ],
    ack: [
      { kind: "ack", stream: 1, received: 10, stored: 5, clipStored: null },
      {
        kind: "ack",
        stream: 1,
        received: LARGE,
        stored: LARGE,
        clipStored: { clipId: "id", storedName: "clip.mp4", alreadyThere: true, url: "http://a/#id" },
      },
    ],
    resend: [{ kind: "resend", stream: 1, offset: 0, bytes: LARGE }],
    closeStream: [{ kind: "closeStream", stream: 1, discard: true, reason: "" }],
    openSource: [
      {
        kind: "openSource",
        stream: 2 ** 32 - 1,
        source: "Süd/links",
        sourceKind: "infrared",
        policy: "latest",
        named: true,
        run: "a-1_B",
      },
      { kind: "openSource", stream: 1, source: "", sourceKind: "other", policy: "all", named: false, run: "" },
    ],
    sourceAccepted: [
      { kind: "sourceAccepted", stream: 1, stored: LARGE, credit: LARGE, frameBytesMax: 2 ** 32 - 1, holdsNamed: true },
    ],
    frameOffer: [
      { kind: "frameOffer", stream: 1, frames: [] },
      { kind: "frameOffer", stream: 1, frames: [{ sequence: LARGE, name: "10.jpg", bytes: 7, crc32: 2 ** 32 - 1 }] },
    ],
    framesHeld: [{ kind: "framesHeld", stream: 1, sequences: [1, LARGE] }],
    frameData: [
      {
        kind: "frameData",
        stream: 1,
        sequence: LARGE,
        capturedMs: 1_790_000_000_000.125,
        name: "10.jpg",
        crc32: 2 ** 32 - 1,
        jpeg: Uint8Array.of(0xff, 0xd8, 0xff),
      },
      { kind: "frameData", stream: 0, sequence: 0, capturedMs: -0.5, name: null, crc32: 0, jpeg: new Uint8Array(0) },
    ],
    framesDropped: [
      { kind: "framesDropped", stream: 1, firstSequence: 1, count: 0, reason: "camera", fromMs: -1, toMs: 0 },
      { kind: "framesDropped", stream: 1, firstSequence: LARGE, count: LARGE, reason: "link", fromMs: 0.001, toMs: 2 },
      { kind: "framesDropped", stream: 1, firstSequence: 9, count: 1, reason: "offline", fromMs: 1, toMs: 2 },
    ],
    frameAck: [
      { kind: "frameAck", stream: 1, received: 9, stored: LARGE, credit: 70, results: [] },
      { kind: "frameAck", stream: 1, received: 0, stored: 0, credit: 0, results: [{ sequence: 1, json: "{}" }] },
    ],
    endSource: [{ kind: "endSource", stream: 1, sequence: LARGE }],
    openFeed: [
      { kind: "openFeed", stream: 1, feed: "Süd", run: "a-1_B", floor: LARGE, late: true },
      { kind: "openFeed", stream: 1, feed: "", run: "", floor: 0, late: false },
    ],
    feedAccepted: [
      { kind: "feedAccepted", stream: 1, held: [], windowEvents: 0, windowBytes: 0 },
      {
        kind: "feedAccepted",
        stream: 1,
        held: [{ first: 1, last: 1 }, { first: 5, last: LARGE }],
        windowEvents: 2 ** 32 - 1,
        windowBytes: 7,
      },
    ],
    eventData: [{ kind: "eventData", stream: 1, crc32: 2 ** 32 - 1, batch: Uint8Array.of(1, 2, 3) }],
    eventAck: [{ kind: "eventAck", stream: 1, received: LARGE, stored: 5 }],
    endFeed: [{ kind: "endFeed", stream: 1, sequence: LARGE }],
    feedEnded: [{ kind: "feedEnded", stream: 1, storedEvents: LARGE }],
    boxStatus: [
      {
        kind: "boxStatus",
        spooledEvents: LARGE,
        spooledBytes: 1,
        oldestMs: 1_790_000_000_000.125,
        droppedEvents: 3,
        diskFreeBytes: LARGE,
        diskBytes: LARGE,
        troubles: ["camera left: unplugged"],
      },
      {
        kind: "boxStatus",
        spooledEvents: 0,
        spooledBytes: 0,
        oldestMs: null,
        droppedEvents: 0,
        diskFreeBytes: null,
        diskBytes: null,
        troubles: [],
      },
    ],
    sourceEnded: [{ kind: "sourceEnded", stream: 1, storedFrames: LARGE, analysedFrames: 0 }],
  };
