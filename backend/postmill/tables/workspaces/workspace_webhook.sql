-- name: get
SELECT sealed_url FROM workspace_webhook WHERE workspace_id = $1

-- name: put
INSERT INTO workspace_webhook (workspace_id, sealed_url) VALUES ($1, $2)
ON CONFLICT (workspace_id) DO UPDATE SET sealed_url = excluded.sealed_url

-- name: delete
DELETE FROM workspace_webhook WHERE workspace_id = $1

-- name: due
-- The oldest messages whose time has come, of workspaces that are not archived.
SELECT m.id, m.workspace_id, m.action, m.resource, m.parameters::text AS parameters, m.made_at, m.tries, h.sealed_url
FROM webhook_message AS m
JOIN workspace_webhook AS h ON h.workspace_id = m.workspace_id
JOIN workspace AS w ON w.id = m.workspace_id AND NOT w.archived
WHERE m.due_at <= now() ORDER BY m.due_at, m.id LIMIT $1

-- name: sent
DELETE FROM webhook_message WHERE id = $1

-- name: failed
UPDATE webhook_message SET tries = tries + 1, due_at = now() + make_interval(secs => $2::float) WHERE id = $1
