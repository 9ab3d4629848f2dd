-- name: get
SELECT config FROM worker_group WHERE name = $1;

-- name: list_all
SELECT name, config FROM worker_group ORDER BY name;

-- name: put
-- Creates or replaces the config of a group and tells its workers.
WITH stored AS (
    INSERT INTO worker_group (name, config) VALUES ($1, $2::json)
    ON CONFLICT (name) DO UPDATE SET config = excluded.config, updated_at = now()
    RETURNING name
)
SELECT pg_notify('worker_group_changed', name)::text FROM stored;

-- name: remove
WITH gone AS (DELETE FROM worker_group WHERE name = $1 RETURNING name)
SELECT name, pg_notify('worker_group_changed', name)::text AS announced FROM gone;
