-- How many requests at once got the most through, by network and server: where the next run starts.

CREATE TABLE network (
    name TEXT PRIMARY KEY,
    files INTEGER NOT NULL, -- 0: not known
    parts INTEGER NOT NULL,
    learned_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
