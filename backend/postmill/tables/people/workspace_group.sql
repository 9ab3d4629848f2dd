-- name: insert
INSERT INTO workspace_group (workspace_id, name, summary, extra_perms) VALUES ($1, $2, $3, $4::jsonb)

-- name: list_groups
SELECT g.name, g.summary, g.extra_perms,
       ARRAY(SELECT m.username FROM workspace_group_member AS m
             WHERE m.workspace_id = g.workspace_id AND m.group_name = g.name ORDER BY 1) AS members
FROM workspace_group AS g
WHERE g.workspace_id = $1 AND ($2::text IS NULL OR g.name = $2)
ORDER BY g.name LIMIT $3 OFFSET $4

-- name: names
SELECT name FROM workspace_group WHERE workspace_id = $1 ORDER BY name

-- name: set_summary
UPDATE workspace_group SET summary = $3 WHERE workspace_id = $1 AND name = $2

-- name: set_extra_perms
UPDATE workspace_group SET extra_perms = $3::jsonb WHERE workspace_id = $1 AND name = $2

-- name: lock
SELECT name, summary, extra_perms FROM workspace_group WHERE workspace_id = $1 AND name = $2 FOR UPDATE

-- name: delete
DELETE FROM workspace_group WHERE workspace_id = $1 AND name = $2

-- name: add_member
INSERT INTO workspace_group_member (workspace_id, group_name, username) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING

-- name: remove_member
DELETE FROM workspace_group_member WHERE workspace_id = $1 AND group_name = $2 AND username = $3 RETURNING username

-- name: exists
SELECT EXISTS (SELECT FROM workspace_group WHERE workspace_id = $1 AND name = $2)
