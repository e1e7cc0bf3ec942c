/** The tables of events: a step of the catalog's migrations, never changed once released. */
export const EVENT_SCHEMA = `
  CREATE TABLE feed (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL,
    name TEXT NOT NULL,
    created_ms REAL NOT NULL,
    events INTEGER NOT NULL DEFAULT 0,
    UNIQUE (device, name)
  ) STRICT;
  CREATE TABLE feed_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    feed_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    held TEXT NOT NULL,
    UNIQUE (feed_id, name)
  ) STRICT;
  CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    feed_id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    captured_ms REAL NOT NULL,
    time_ms REAL NOT NULL,
    received_ms REAL NOT NULL,
    late INTEGER NOT NULL,
    kind TEXT NOT NULL,
    device_id INTEGER,
    event_id INTEGER,
    humidity REAL,
    temp_cel REAL,
    source TEXT,
    text TEXT,
    json TEXT,
    picture BLOB
  ) STRICT;
  CREATE INDEX event_by_time ON event (feed_id, time_ms);
  CREATE INDEX event_with_picture ON event (feed_id, time_ms) WHERE picture IS NOT NULL;
  CREATE TABLE measure (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    feed_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    reading TEXT,
    device_id INTEGER,
    json INTEGER NOT NULL,
    UNIQUE (feed_id, name)
  ) STRICT;
  CREATE TABLE rollup (
    measure_id INTEGER NOT NULL,
    step_ms INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    count INTEGER NOT NULL,
    sum REAL NOT NULL,
    min REAL NOT NULL,
    max REAL NOT NULL,
    PRIMARY KEY (measure_id, step_ms, time_ms)
  ) STRICT, WITHOUT ROWID;`;

/** The next step: how many of the values were late. What was summed up before has none. */
export const EVENT_LATE_SCHEMA = "ALTER TABLE rollup ADD COLUMN late INTEGER NOT NULL DEFAULT 0;";

/** The next: how many events are there of each run, and when it was opened last: those which nobody needs are forgotten. */
export const EVENT_RUN_SCHEMA = `
  ALTER TABLE feed_run ADD COLUMN events INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE feed_run ADD COLUMN opened INTEGER NOT NULL DEFAULT 0;
  UPDATE feed_run SET opened = id;
  UPDATE feed_run SET events = counted.events
    FROM (SELECT run_id, count(*) AS events FROM event GROUP BY run_id) AS counted WHERE counted.run_id = feed_run.id;
  CREATE INDEX feed_run_by_opened ON feed_run (feed_id, opened);
  CREATE INDEX feed_run_empty ON feed_run (feed_id, opened) WHERE events = 0;`;
