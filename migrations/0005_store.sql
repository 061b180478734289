-- Which database this is, and what tells a copy without its -wal from a whole one.

-- One row.
CREATE TABLE store (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- Random, in lower-case hexadecimal. A copy has the original's.
    store_id TEXT NOT NULL,
    -- How far time had certainly come at the last look for what is older than the retention; NULL before the first.
    reached_at INTEGER
) STRICT;
INSERT INTO store (id, store_id) VALUES (1, lower(hex(randomblob(16))));

-- When the process had written its last record; NULL while it may write more, and after a crash until the next start.
ALTER TABLE instance ADD COLUMN closed_at INTEGER;
UPDATE instance SET closed_at = last_flush_at;
