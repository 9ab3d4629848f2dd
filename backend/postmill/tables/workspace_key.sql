-- name: newest
-- The key that new values are sealed with.
SELECT id, wrapped_key FROM workspace_key WHERE workspace_id = $1 ORDER BY id DESC LIMIT 1

-- name: by_id
-- A key that older values may still be sealed with.
SELECT id, wrapped_key FROM workspace_key WHERE workspace_id = $1 AND id = $2

-- name: insert
INSERT INTO workspace_key (workspace_id, id, wrapped_key) VALUES ($1, $2, $3)
