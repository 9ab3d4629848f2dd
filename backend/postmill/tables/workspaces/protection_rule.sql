-- name: list_all
SELECT name, rules, bypass_groups, bypass_users FROM protection_rule WHERE workspace_id = $1 ORDER BY name

-- name: insert
INSERT INTO protection_rule (workspace_id, name, rules, bypass_groups, bypass_users) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING RETURNING name

-- name: update
UPDATE protection_rule SET name = $3, rules = $4, bypass_groups = $5, bypass_users = $6
WHERE workspace_id = $1 AND name = $2 RETURNING name

-- name: delete
DELETE FROM protection_rule WHERE workspace_id = $1 AND name = $2 RETURNING name
