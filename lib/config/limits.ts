/**
 * Every bound of the program, with its unit and its reason, in one place. README.md promises the memory they add up to.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

export const LIMITS = {
  /** Largest message before Welcome: Hello is a few hundred bytes, and a stranger gets no memory. */
  helloBytesMax: 16 * KIB,
  /** Largest message after Welcome: room for the largest picture and its head. */
  messageBytesMax: 5 * MIB,
  /** Largest chunk of a clip: at the rate from which pacing uses it (10 MB/s) a reading waits for 50 ms at most. */
  chunkBytesMax: 512 * KIB,
  /** Smallest chunk that pacing goes down to on a slow link; the head is 30 bytes, so overhead stays under 1 %. */
  chunkBytesMin: 4 * KIB,
  /** Unstored bytes of one stream on their way: what a kill makes one send again, at most. */
  windowBytes: 32 * MIB,
  /** Streams at once on a connection: many small files hide the sync's latency; more would only cost memory. */
  streamsPerConnectionMax: 32,
  /** Connections at once; each costs about 0.6 MiB while a clip arrives. */
  connectionsMax: 4096,
  /** Connections which have not said Hello yet; the oldest is cut to make room. */
  strangersMax: 256,
  /** Small messages waiting to be written on a connection; a peer that does not read its acks is cut here. */
  controlQueueBytesMax: 1 * MIB,
  /** Hello and Welcome have this long, together. */
  handshakeTimeoutMs: 10_000,
  /** Heartbeat; a peer which is silent for two of them is dead. */
  pingIntervalMs: 5_000,
  /** Pings of the peer which are answered in a heartbeat: each costs an answer, and one is of use. */
  pingsPerIntervalMax: 100,
  /** A message must arrive at this rate at least, after the grace time: ends one-byte-a-second senders. */
  messageRateMinBytesPerSecond: 1 * KIB,
  /** Grace before the minimum rate counts; a link may stall for a moment. */
  messageRateGraceMs: 10_000,
  /** A single write which makes no progress for this long means that the peer reads nothing. */
  writeTimeoutMs: 30_000,
  /** Unsynced bytes of a clip after which a sync starts: with 1 GB/s and 30 ms a sync, half a window. */
  syncAfterBytes: 16 * MIB,
  /** The oldest unsynced byte waits this long at most: what a kill on a slow link costs. */
  syncAfterMs: 500,
  /** A received ack goes out after this many bytes, or after `ackAfterMs`. */
  ackAfterBytes: 1 * MIB,
  /** Timer of a received ack: below the shortest wide-area round trip, so that it does not blur the measurement. */
  ackAfterMs: 5,
  /** Damaged chunks in a row on one stream before the connection is given up. */
  badChunksMax: 8,
  /** An end which is not answered for this long is sent again: two heartbeats, so that only a lost one is. */
  endAgainMs: 10_000,
  /** Separate ranges held of one clip: head, tail and a few repairs. More is not a sender of good will. */
  rangesPerClipMax: 64,
  /** Unfinished clips of one device; a folder of any size has but a few at once. */
  unfinishedPerDeviceMax: 1_000,
  /** Largest picture: a JPEG of 4K at high quality is half of it. */
  frameBytesMax: 4 * MIB,
  /** Frames of a source on their way, or waiting to be stored (and, if none may be lost, to be analysed). */
  frameWindowFrames: 64,
  /** Unacked bytes of a source which the box sends, whatever the window is: 64 frames of 500 KB. */
  frameWindowBytes: 32 * MIB,
  /** Pictures of one connection which wait for disk or analysis; beyond it nothing is read from the box. Two windows. */
  framesHeldBytesMax: 64 * MIB,
  /** Pictures of one offer: one round trip each, and an answer of a few KiB. */
  framesPerOfferMax: 256,
  /** Pictures of all sources which wait to be analysed; beyond it they are skipped, fairly, and counted. */
  analysisQueueBytesMax: 64 * MIB,
  /** One picture is analysed within this time, or its analyser is taken for stuck. */
  analysisTimeoutMs: 10_000,
  /** An analyser answers for the first time within this time: it may have a model to load. */
  analysisStartTimeoutMs: 60_000,
  /** Largest picture that is decoded: 8K has 33 million; each costs 8 bytes of a worker while it is measured. */
  analysisPixelsMax: 36_000_000,
  /** Scans of a picture: progressive ones have about ten. A worker in the decoder cannot be stopped, so it must end soon. */
  analysisScansMax: 64,
  /** JSON of one result. */
  resultBytesMax: 64 * KIB,
  /** A segment of recorded frames ends at this size: what one sees in a player, and what retention removes at once. */
  segmentBytesMax: 64 * MIB,
  /** ... or after this time. */
  segmentMs: 10 * 60_000,
  /** Pictures of one source which gather for a write past the page cache: a window of 45 KB ones. */
  directBytes: 4 * MIB,
  /** Portions of pictures that gather, or are being written so, at once; other sources write as usual. */
  directPortionsMax: 8,
  /** Streams of MJPEG and results over HTTP at once; each holds one frame. */
  liveRequestsMax: 256,
  /** A viewer of a live stream which takes nothing for this long is cut. */
  liveStallMs: 10_000,
  /** Exports of each format at once: each reads as fast as it can. */
  exportsMax: 2,
  /** Videos which are kept, and failures which are remembered: the longest unused goes first. More than are running. */
  exportsKeptMax: 16,
  /** A video that was made is kept for so long after it was asked for last. */
  exportKeepMs: 3_600_000,
  /** A source without a new frame for this long is shown as stale, unless its own rate is slower than that. */
  sourceStaleMs: 3_000,
  /** A camera which was opened gives its first picture within this time: RTSP waits for a key frame. */
  cameraOpenMs: 20_000,
  /** A camera without a picture for this long has stalled, and is opened again. */
  cameraStallMs: 10_000,
  /** ffmpeg has this long to end when it is asked to, and again when it is killed. */
  cameraStopMs: 2_000,
  /** UTF-8 bytes of the name of a source. */
  sourceNameBytesMax: 128,
  /** Sources of one device that are remembered. */
  sourcesPerDeviceMax: 256,
  /** Runs of one source without frames that are remembered, so that nothing is sent twice: a start of a box makes one. */
  runsPerSourceMax: 1_000,
  /** Gaps of one source that are remembered: a link that comes and goes every minute makes that many a week. */
  gapsPerSourceMax: 10_000,
  /** Events of one batch: a commit of so many takes milliseconds. */
  eventsPerBatchMax: 1_000,
  /** One event, with its picture if it has one. */
  eventBytesMax: 1 * MIB,
  /** One batch; a single event may be as large. */
  eventBatchBytesMax: 1 * MIB,
  /** Events of a stream on their way without being acked as stored. */
  eventWindowEvents: 20_000,
  /** Bytes of their batches: what the server holds of a stream in memory. */
  eventWindowBytes: 4 * MIB,
  /** Batches of one connection which wait for the disk; beyond it nothing is read from the box. Eight windows. */
  eventsHeldBytesMax: 32 * MIB,
  /** Ranges of sequence numbers held of a run: what is between them was dropped by the box, or is on its way. */
  eventRangesMax: 1_000,
  /** Runs of one feed without events that are remembered, so that nothing is stored twice: a start of a box makes one. */
  runsPerFeedMax: 1_000,
  /** Events of one feed which wait in the memory of the box: beyond it whoever makes them waits. */
  feedMemoryBytesMax: 8 * MIB,
  /** A picture that may not be lost is in the memory of the box for this long at most; then it is written to the spool. */
  spoolPictureMs: 500,
  /** Pictures of one source which wait for the disk of the box; beyond it the oldest of them are dropped, and told. */
  spoolPictureBytesMax: 16 * MIB,
  /** Space of the box's disk which is never given to the spool: SQLite must be able to commit. */
  spoolReserveBytes: 32 * MIB,
  /** UTF-8 bytes of the name of a feed. */
  feedNameBytesMax: 128,
  /** Feeds of one device that are remembered. */
  feedsPerDeviceMax: 256,
  /** Measures (numbers of free objects) of one feed that are charted; more are stored, but not charted. */
  measuresPerFeedMax: 64,
  /** Alerts of one device which hold at once: what it has more is raised when one of them ends. */
  alertsHoldingPerDeviceMax: 256,
  /** The same of all devices together. */
  alertsHoldingMax: 4_096,
  /** Alerts which a device may raise in a minute; more are raised later, if their rule still holds. */
  alertsPerMinuteMax: 300,
  /** Alerts that are remembered: those which are over longest go first. */
  alertsKeptMax: 10_000,
  /** Alerts which wait for their commit: of more than that, those which are over are not kept, which is logged. */
  alertsWaitingMax: 1_000,
  /** UTF-8 bytes of a device name. */
  deviceNameBytesMax: 128,
  /** UTF-8 bytes of a clip's label, which may hold a path. */
  clipNameBytesMax: 1024,
  /** Largest clip: 2^53 - 1 is what a number holds exactly; 16 TiB is ext4's largest file. */
  clipBytesMax: 16 * 1024 * 1024 * MIB,
  /** Unfinished clips told in a Welcome. */
  unfinishedInWelcomeMax: 100,
  /** Space which is never given to clips: SQLite and its log must be able to commit. */
  diskReserveBytes: 256 * MIB,
  /** Bytes of a connection after which free space is looked at again: 32 connections stay within half the reserve. */
  spaceCheckBytes: 4 * MIB,
  /** Piece in which files are read for hashing and for range requests. */
  readPieceBytes: 256 * KIB,
  /** Viewers' WebSockets at once. */
  viewersMax: 256,
  /** Bytes queued for one viewer before updates to it are skipped; it gets a fresh snapshot when it has drained. */
  viewerQueueBytesMax: 1 * MIB,
  /** A viewer which takes nothing for this long is cut. */
  viewerStallMs: 10_000,
  /** Largest message a viewer may send: the list of the 256 sources that it watches has 10 KiB. */
  viewerMessageBytesMax: 16 * KIB,
  /** Sources which one page watches at once. */
  viewerSourcesMax: 256,
  /**
   * Bytes queued for one viewer above which it gets no picture: on a slow link they are what the picture is late by.
   * Eight cameras of 45 KB which come at once miss some on loopback with half of it.
   */
  viewerPictureQueueBytesMax: 256 * KIB,
  /** Range requests at once, over all viewers; each holds one piece. */
  contentRequestsMax: 256,
  /** A range request which waits for bytes that do not come ends after this long. */
  contentWaitMs: 120_000,
  /** A viewer who takes nothing of a clip for this long (a paused player) gives its place to others; it may ask again. */
  contentStallMs: 600_000,
  /** Rows that one answer of the JSON API holds. */
  apiRowsMax: 1000,
} as const;

/** What direct writes may have. */
export const DIRECT_MEMORY = { bytes: LIMITS.directBytes, count: LIMITS.directPortionsMax } as const;
