-- How long both sides took over the requests that both judged, agreed or not, by minute.
CREATE TABLE duration (
    minute INTEGER NOT NULL,
    -- control or candidate.
    side TEXT NOT NULL,
    -- The bucket of LatencyHistogram: sixteen an octave, from 512 ns to 68 s.
    bucket INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (minute, side, bucket)
) STRICT, WITHOUT ROWID;

-- Those of the requests that control allowed and the candidate limits; the others are the reverse. NULL in rows from before
-- this column.
ALTER TABLE volume ADD COLUMN newly_limited INTEGER;

-- Alerts that an instance began to raise.
CREATE TABLE alert (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    name TEXT NOT NULL,
    instance TEXT NOT NULL
) STRICT;
CREATE INDEX alert_time ON alert (time);
