-- name: put
-- A second invitation takes the place of the first.
INSERT INTO workspace_invite (workspace_id, email, is_admin, is_operator, invited_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (workspace_id, email) DO UPDATE SET
    is_admin = excluded.is_admin, is_operator = excluded.is_operator, invited_by = excluded.invited_by, created_at = now()

-- name: list_of_workspace
SELECT workspace_id, email, is_admin, is_operator, invited_by, created_at FROM workspace_invite
WHERE workspace_id = $1 ORDER BY email

-- name: list_of_account
SELECT i.workspace_id, i.email, i.is_admin, i.is_operator, i.invited_by, i.created_at
FROM workspace_invite AS i JOIN workspace AS w ON w.id = i.workspace_id AND NOT w.archived
WHERE i.email = $1 ORDER BY i.workspace_id

-- name: take
-- Removes it and answers what it said; nothing where the workspace is archived.
DELETE FROM workspace_invite AS i USING workspace AS w
WHERE i.workspace_id = $1 AND i.email = $2 AND w.id = i.workspace_id AND NOT w.archived
RETURNING i.workspace_id, i.email, i.is_admin, i.is_operator, i.invited_by, i.created_at
