-- name: newest
-- The key that new values are sealed with.
SELECT id, wrapped_key FROM workspace_key WHERE workspace_id = $1 ORDER BY id DESC LIMIT 1

-- name: by_id
-- A key that older values may still be sealed with.
SELECT id, wrapped_key FROM workspace_key WHERE workspace_id = $1 AND id = $2

-- name: insert
INSERT INTO workspace_key (workspace_id, id, wrapped_key) VALUES ($1, $2, $3)

-- name: export_key
SELECT sealed_key FROM workspace_export_key WHERE workspace_id = $1

-- name: put_export_key
INSERT INTO workspace_export_key (workspace_id, sealed_key) VALUES ($1, $2)
ON CONFLICT (workspace_id) DO UPDATE SET sealed_key = excluded.sealed_key
