-- How far each file's safety is known (Level in domain/model.py), and what was deleted later on.

ALTER TABLE file ADD COLUMN sha256 TEXT; -- of the same bytes as md5
ALTER TABLE file ADD COLUMN proof TEXT; -- what showed that the storage holds the bytes sent
ALTER TABLE file ADD COLUMN sized INTEGER NOT NULL DEFAULT 0; -- their number is proved
ALTER TABLE file ADD COLUMN reread_at REAL; -- the card was read again and had the same bytes

-- Of files stored earlier only this much is known: the etag was kept, and may be the MD5.
UPDATE file SET proof = 'etag', sized = 1 WHERE md5 <> '' AND lower(etag) = md5;

ALTER TABLE batch ADD COLUMN deleted_at REAL; -- the person had it deleted at the service
UPDATE batch SET deleted_at = (
    SELECT max(at) FROM note WHERE note.batch = batch.id AND words = 'Deleted at the service.'
);
