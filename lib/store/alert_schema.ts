/** The table of alerts: a step of the catalog's migrations, never changed once released. */
export const ALERT_SCHEMA = `
  CREATE TABLE alert (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rule TEXT NOT NULL,
    condition TEXT NOT NULL,
    device TEXT NOT NULL,
    feed TEXT NOT NULL,
    sensor INTEGER,
    measure TEXT NOT NULL,
    value REAL NOT NULL,
    since_ms REAL NOT NULL,
    raised_ms REAL NOT NULL,
    ended_ms REAL,
    webhook TEXT,
    raised_post TEXT NOT NULL,
    ended_post TEXT NOT NULL
  ) STRICT;
  CREATE INDEX alert_open ON alert (id) WHERE ended_ms IS NULL;
  CREATE INDEX alert_waiting ON alert (id) WHERE raised_post = 'waiting' OR ended_post = 'waiting';`;
