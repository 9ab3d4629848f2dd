-- name: add
INSERT INTO blob (id, size_bytes) VALUES ($1, $2);

-- name: add_chunks
INSERT INTO blob_chunk (blob_id, position, content)
SELECT $1, $3::integer + position - 1, content FROM unnest($2::bytea[]) WITH ORDINALITY AS chunk (content, position);

-- name: chunks
SELECT content FROM blob_chunk WHERE blob_id = $1 ORDER BY position;

-- name: some_chunks
SELECT content FROM blob_chunk WHERE blob_id = $1 AND position >= $2 AND position < $3 ORDER BY position;

-- name: size_of
SELECT size_bytes FROM blob WHERE id = $1;

-- name: remove
WITH gone AS (DELETE FROM blob_chunk WHERE blob_id = ANY($1::uuid[]))
DELETE FROM blob WHERE id = ANY($1::uuid[]);
