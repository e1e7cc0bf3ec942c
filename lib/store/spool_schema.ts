/** Tables of the spool. */

/** One step a version; never changed once released, only added to. */
export const SPOOL_MIGRATIONS = [
  `CREATE TABLE feed (
     id INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     run TEXT NOT NULL,
     last INTEGER NOT NULL,
     mark TEXT
   ) STRICT;
   CREATE TABLE pack (
     id INTEGER PRIMARY KEY,
     feed INTEGER NOT NULL REFERENCES feed (id),
     first INTEGER NOT NULL,
     last INTEGER NOT NULL,
     from_ms REAL NOT NULL,
     to_ms REAL NOT NULL,
     -- By the wall clock of the box; 0 while that is nonsense.
     kept_ms REAL NOT NULL,
     events BLOB NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX pack_by_number ON pack (feed, first);
   CREATE TABLE dropped (
     feed INTEGER NOT NULL REFERENCES feed (id),
     reason TEXT NOT NULL,
     events INTEGER NOT NULL,
     from_ms REAL NOT NULL,
     to_ms REAL NOT NULL,
     PRIMARY KEY (feed, reason)
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE source (
     id INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     kind TEXT NOT NULL,
     run TEXT NOT NULL,
     -- No number up to this one is given to another picture, whatever happened to those that had them.
     reserved INTEGER NOT NULL
   ) STRICT;
   -- A file of pictures, one after the other.
   CREATE TABLE segment (
     id INTEGER PRIMARY KEY,
     source INTEGER NOT NULL REFERENCES source (id),
     bytes INTEGER NOT NULL,
     -- Of its last picture, by the wall clock of the box; 0 while that is nonsense.
     kept_ms REAL NOT NULL
   ) STRICT;
   CREATE TABLE picture (
     source INTEGER NOT NULL REFERENCES source (id),
     sequence INTEGER NOT NULL,
     segment INTEGER NOT NULL REFERENCES segment (id),
     position INTEGER NOT NULL,
     bytes INTEGER NOT NULL,
     crc32 INTEGER NOT NULL,
     captured_ms REAL NOT NULL,
     PRIMARY KEY (source, sequence)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX picture_by_segment ON picture (segment);
   -- Pictures that will never be sent, until the server and the feed of the box know of them.
   CREATE TABLE dropped_picture (
     id INTEGER PRIMARY KEY,
     source INTEGER NOT NULL REFERENCES source (id),
     first INTEGER NOT NULL,
     pictures INTEGER NOT NULL,
     -- What the server is told.
     reason TEXT NOT NULL,
     -- What the feed of the box is told.
     cause TEXT NOT NULL,
     from_ms REAL NOT NULL,
     to_ms REAL NOT NULL,
     untold INTEGER NOT NULL,
     is_known INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE clip (
     folder TEXT NOT NULL,
     name TEXT NOT NULL,
     bytes INTEGER NOT NULL,
     modified_ms REAL NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('waiting', 'stored')),
     PRIMARY KEY (folder, name)
   ) STRICT, WITHOUT ROWID;`,
];
