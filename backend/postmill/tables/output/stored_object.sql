-- name: head
SELECT size_bytes, content_type, modified_at, blob_id FROM stored_object WHERE key = $1;

-- name: put
-- Answers the blob whose place the new one takes.
WITH earlier AS (SELECT blob_id FROM stored_object WHERE key = $1 FOR UPDATE),
written AS (
    INSERT INTO stored_object (key, blob_id, size_bytes, content_type) VALUES ($1, $2, $3, $4)
    ON CONFLICT (key) DO UPDATE
    SET blob_id = excluded.blob_id, size_bytes = excluded.size_bytes, content_type = excluded.content_type,
        modified_at = now()
)
SELECT blob_id FROM earlier;

-- name: under
SELECT key, size_bytes, content_type, modified_at FROM stored_object
WHERE starts_with(key, $1) AND key > $2 AND key >= $1 ORDER BY key LIMIT $3;

-- name: folders
-- The folders directly below a prefix.
SELECT DISTINCT $1 || split_part(substr(key, length($1) + 1), '/', 1) || '/' AS folder FROM stored_object
WHERE starts_with(key, $1) AND key >= $1 AND strpos(substr(key, length($1) + 1), '/') > 0
ORDER BY folder;

-- name: files
-- The objects directly below a prefix.
SELECT key, size_bytes, content_type, modified_at FROM stored_object
WHERE starts_with(key, $1) AND key >= $1 AND strpos(substr(key, length($1) + 1), '/') = 0
ORDER BY key;

-- name: delete
DELETE FROM stored_object WHERE key = ANY($1::text[]) RETURNING blob_id;

-- name: move
UPDATE stored_object SET key = $2, modified_at = now() WHERE key = $1;

-- name: add_chunk
INSERT INTO blob_chunk (blob_id, position, content) VALUES ($1, $2, $3);

-- name: add_blob
INSERT INTO blob (id, size_bytes) VALUES ($1, $2);

-- name: chunk
SELECT content FROM blob_chunk WHERE blob_id = $1 AND position = $2;
