/** The tables of frames: a step of the catalog's migrations, never changed once released. */
export const FRAME_SCHEMA = `
  CREATE TABLE source (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    folder TEXT NOT NULL,
    folder_key TEXT NOT NULL UNIQUE,
    created_ms REAL NOT NULL,
    frames INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    UNIQUE (device, name)
  ) STRICT;
  CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    stored INTEGER NOT NULL,
    UNIQUE (source_id, name)
  ) STRICT;
  CREATE TABLE segment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id INTEGER NOT NULL,
    file TEXT NOT NULL,
    sealed INTEGER NOT NULL DEFAULT 0,
    frames INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    first_ms REAL,
    last_ms REAL,
    received_ms REAL
  ) STRICT;
  CREATE INDEX segment_by_source ON segment (source_id);
  CREATE INDEX segment_by_first ON segment (source_id, first_ms);
  CREATE INDEX segment_by_last ON segment (source_id, last_ms);
  CREATE INDEX segment_unsealed ON segment (id) WHERE sealed = 0;
  CREATE TABLE frame (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id INTEGER NOT NULL,
    segment_id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    captured_ms REAL NOT NULL,
    time_ms REAL NOT NULL,
    received_ms REAL NOT NULL,
    name TEXT,
    file TEXT,
    file_key TEXT,
    position INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    crc32 INTEGER NOT NULL,
    verdict TEXT,
    result TEXT
  ) STRICT;
  CREATE INDEX frame_by_time ON frame (source_id, time_ms);
  CREATE INDEX frame_by_segment ON frame (segment_id);
  CREATE INDEX frame_by_name ON frame (source_id, name) WHERE file IS NOT NULL;
  CREATE UNIQUE INDEX frame_by_file ON frame (source_id, file_key) WHERE file_key IS NOT NULL;
  CREATE INDEX frame_defect ON frame (id) WHERE verdict = 'defect';
  CREATE INDEX frame_not_analysed ON frame (id) WHERE verdict = 'not analysed';
  CREATE TABLE span (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id INTEGER NOT NULL,
    segment_id INTEGER NOT NULL,
    from_ms REAL NOT NULL,
    to_ms REAL NOT NULL,
    frames INTEGER NOT NULL,
    defects INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX span_by_time ON span (source_id, from_ms);
  CREATE INDEX span_by_segment ON span (segment_id);
  CREATE TABLE gap (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id INTEGER NOT NULL,
    from_ms REAL NOT NULL,
    to_ms REAL,
    frames INTEGER NOT NULL,
    reason TEXT NOT NULL
  ) STRICT;
  CREATE INDEX gap_by_time ON gap (source_id, from_ms);
  CREATE UNIQUE INDEX gap_open ON gap (source_id) WHERE to_ms IS NULL;
  CREATE TABLE trash (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    folder TEXT NOT NULL,
    file TEXT NOT NULL,
    file_key TEXT NOT NULL
  ) STRICT;`;

/** The next step: a camera may give all its pictures one name, and only what is in them tells these apart. */
export const FRAME_CONTENT_SCHEMA = `
  DROP INDEX IF EXISTS frame_by_name;
  CREATE INDEX IF NOT EXISTS frame_by_content ON frame (source_id, name, crc32) WHERE file IS NOT NULL;`;

/** How many frames are there of each run, and when it was opened last: those which nobody needs any more are forgotten. */
export const FRAME_RUN_SCHEMA = `
  ALTER TABLE run ADD COLUMN frames INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE run ADD COLUMN opened INTEGER NOT NULL DEFAULT 0;
  UPDATE run SET opened = id;
  UPDATE run SET frames = counted.frames
    FROM (SELECT run_id, count(*) AS frames FROM frame GROUP BY run_id) AS counted WHERE counted.run_id = run.id;
  CREATE INDEX run_by_opened ON run (source_id, opened);
  CREATE INDEX run_empty ON run (source_id, opened) WHERE frames = 0;`;
