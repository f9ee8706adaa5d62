-- What the window needs: the order of batches and which are held, preferences, and counts that
-- cost the same for ten files as for a hundred thousand.

ALTER TABLE batch ADD COLUMN place REAL NOT NULL DEFAULT 0; -- in the line, smallest first
ALTER TABLE batch ADD COLUMN held INTEGER NOT NULL DEFAULT 0; -- paused by the person
UPDATE batch SET place = created_at;

CREATE TABLE preference (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL -- JSON
) STRICT, WITHOUT ROWID;

-- Kept by the triggers below in the same transaction as the files, so it cannot drift.
CREATE TABLE tally (
    batch TEXT NOT NULL REFERENCES batch ON DELETE CASCADE,
    state TEXT NOT NULL,
    files INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (batch, state)
) STRICT, WITHOUT ROWID;

INSERT INTO tally SELECT batch, state, count(*), sum(size) FROM file GROUP BY batch, state;

CREATE TRIGGER tally_added AFTER INSERT ON file BEGIN
    INSERT INTO tally VALUES (new.batch, new.state, 1, new.size)
        ON CONFLICT DO UPDATE SET files = files + 1, bytes = bytes + new.size;
END;

CREATE TRIGGER tally_changed AFTER UPDATE OF state, size ON file
WHEN old.state <> new.state OR old.size <> new.size BEGIN
    UPDATE tally SET files = files - 1, bytes = bytes - old.size
        WHERE batch = old.batch AND state = old.state;
    INSERT INTO tally VALUES (new.batch, new.state, 1, new.size)
        ON CONFLICT DO UPDATE SET files = files + 1, bytes = bytes + new.size;
END;

CREATE TRIGGER tally_removed AFTER DELETE ON file BEGIN
    UPDATE tally SET files = files - 1, bytes = bytes - old.size
        WHERE batch = old.batch AND state = old.state;
END;

-- With the row's id in it, as every index has: lists are read in pieces in the order of the scan.
CREATE INDEX file_by_batch ON file (batch);
