-- name: insert
INSERT INTO workspace (id, name, owner, color) VALUES ($1, $2, $3, $4)

-- name: get
SELECT id, name, owner, color, archived, settings, created_at FROM workspace WHERE id = $1

-- name: exists
SELECT EXISTS (SELECT FROM workspace WHERE id = $1)

-- name: list_of
-- The workspaces that an account is a member of; $2: only this one, when a token is bound to it.
SELECT w.id, w.name, w.owner, w.color, w.archived, w.settings, w.created_at, m.username, m.disabled, m.is_admin, m.is_operator
FROM workspace AS w JOIN workspace_member AS m ON m.workspace_id = w.id
WHERE m.email = $1 AND NOT w.archived AND ($2::text IS NULL OR w.id = $2)
ORDER BY w.id

-- name: list_all
SELECT id, name, owner, color, archived, settings, created_at FROM workspace ORDER BY id LIMIT $1 OFFSET $2

-- name: set_archived
UPDATE workspace SET archived = $2 WHERE id = $1 RETURNING id

-- name: set_name
UPDATE workspace SET name = $2 WHERE id = $1

-- name: set_color
UPDATE workspace SET color = $2 WHERE id = $1

-- name: merge_settings
-- Members of the object that are null are removed.
UPDATE workspace SET settings = jsonb_strip_nulls(settings || $2::jsonb) WHERE id = $1

-- name: delete
DELETE FROM workspace WHERE id = $1 RETURNING id
