-- Connections, batches with their files, grants, parts and jobs. Times are UTC seconds, paths are
-- the bytes the system gave (os.fsencode), states the words of domain/states.py. No secret here.

CREATE TABLE connection (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    service TEXT NOT NULL,
    url TEXT NOT NULL,
    options TEXT NOT NULL, -- JSON object of texts
    created_at REAL NOT NULL
) STRICT;

CREATE TABLE batch (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    connection TEXT NOT NULL,
    service TEXT NOT NULL,
    state TEXT NOT NULL,
    jobs_wanted TEXT NOT NULL, -- JSON list
    include TEXT NOT NULL, -- JSON list
    exclude TEXT NOT NULL, -- JSON list
    reason_code TEXT,
    reason_title TEXT,
    reason_hint TEXT,
    reason_details TEXT,
    created_at REAL NOT NULL,
    finished_at REAL
) STRICT;

CREATE TABLE root (
    batch TEXT NOT NULL REFERENCES batch ON DELETE CASCADE,
    number INTEGER NOT NULL,
    path BLOB NOT NULL,
    PRIMARY KEY (batch, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE grant_ (
    id INTEGER PRIMARY KEY,
    batch TEXT NOT NULL REFERENCES batch ON DELETE CASCADE,
    lane TEXT NOT NULL,
    group_ TEXT NOT NULL,
    prefix TEXT NOT NULL,
    memo TEXT NOT NULL,
    storage TEXT, -- JSON, or NULL where the service signs every address itself
    expires_at REAL
) STRICT;

CREATE INDEX grant_by_batch ON grant_ (batch, lane, id);

CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    batch TEXT NOT NULL REFERENCES batch ON DELETE CASCADE,
    root INTEGER NOT NULL,
    relative BLOB NOT NULL,
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    lane TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    state TEXT NOT NULL,
    md5 TEXT,
    quick TEXT,
    capture TEXT, -- JSON
    grant_ INTEGER REFERENCES grant_,
    object_key TEXT,
    etag TEXT,
    remote_id TEXT,
    asked INTEGER NOT NULL DEFAULT 0, -- a callback went out and its answer was not kept
    attempts INTEGER NOT NULL DEFAULT 0,
    fault_code TEXT,
    fault_title TEXT,
    fault_hint TEXT,
    fault_details TEXT,
    words TEXT NOT NULL DEFAULT '',
    changed_at REAL NOT NULL,
    UNIQUE (batch, path)
) STRICT;

CREATE INDEX file_by_state ON file (batch, state, id);

CREATE TABLE upload (
    file INTEGER PRIMARY KEY REFERENCES file ON DELETE CASCADE,
    upload_id TEXT NOT NULL,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    part_size INTEGER NOT NULL,
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE part (
    file INTEGER NOT NULL REFERENCES upload (file) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    md5 TEXT NOT NULL,
    PRIMARY KEY (file, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
    batch TEXT NOT NULL REFERENCES batch ON DELETE CASCADE,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    progress INTEGER NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (batch, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE note (
    id INTEGER PRIMARY KEY,
    batch TEXT NOT NULL REFERENCES batch ON DELETE CASCADE,
    at REAL NOT NULL,
    words TEXT NOT NULL
) STRICT;
