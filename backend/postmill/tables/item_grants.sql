-- name: lock_variable
SELECT extra_perms FROM variable WHERE workspace_id = $1 AND path = $2 FOR UPDATE

-- name: lock_resource
SELECT extra_perms FROM resource WHERE workspace_id = $1 AND path = $2 FOR UPDATE

-- name: lock_script
-- The newest version speaks for all of them.
SELECT extra_perms FROM script
WHERE workspace_id = $1 AND path = $2 AND NOT deleted ORDER BY version DESC LIMIT 1 FOR UPDATE

-- name: set_variable
UPDATE variable SET extra_perms = $3::jsonb WHERE workspace_id = $1 AND path = $2

-- name: set_resource
UPDATE resource SET extra_perms = $3::jsonb WHERE workspace_id = $1 AND path = $2

-- name: set_script
-- Every version, because old versions and their runs are seen by the same rule.
UPDATE script SET extra_perms = $3::jsonb WHERE workspace_id = $1 AND path = $2

-- name: announce_script
SELECT pg_notify('script_changed', $1 || ':' || $2)

-- name: lock_flow
SELECT extra_perms FROM flow WHERE workspace_id = $1 AND path = $2 FOR UPDATE

-- name: set_flow
UPDATE flow SET extra_perms = $3::jsonb WHERE workspace_id = $1 AND path = $2

-- name: announce_flow
SELECT pg_notify('flow_changed', $1 || ':' || $2)
