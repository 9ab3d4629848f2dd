-- name: get
SELECT path, is_flow, extra_args::text AS extra_args, muted_on_cancel, muted_on_user_path, permissioned_as, email
FROM workspace_handler WHERE workspace_id = $1 AND kind = $2

-- name: put
-- A new or other handler deals with the runs that end from now on.
INSERT INTO workspace_handler
    (workspace_id, kind, path, is_flow, extra_args, muted_on_cancel, muted_on_user_path, permissioned_as, email)
VALUES ($1, $2, $3, $4, $5::json, $6, $7, $8, $9)
ON CONFLICT (workspace_id, kind) DO UPDATE SET
    path = excluded.path, is_flow = excluded.is_flow, extra_args = excluded.extra_args,
    muted_on_cancel = excluded.muted_on_cancel, muted_on_user_path = excluded.muted_on_user_path,
    permissioned_as = excluded.permissioned_as, email = excluded.email

-- name: delete
DELETE FROM workspace_handler WHERE workspace_id = $1 AND kind = $2

-- name: all_due
SELECT h.workspace_id, h.kind, h.path, h.is_flow, h.extra_args::text AS extra_args, h.muted_on_cancel,
       h.muted_on_user_path, h.permissioned_as, h.email, h.seen_until
FROM workspace_handler AS h JOIN workspace AS w ON w.id = h.workspace_id AND NOT w.archived
ORDER BY h.workspace_id, h.kind

-- name: ended_after
-- Runs of deployed scripts and flows that ended after the moment $2 (then, after the job $3) with one of the statuses,
-- the oldest first; not steps of flows, and not what a handler started. $5: how many at most.
SELECT j.id, j.path, j.kind = 'flow' AS is_flow, j.email,
       CASE WHEN j.trigger_kind = 'schedule' THEN j.trigger END AS schedule_path,
       c.status = 'canceled' AS is_canceled,
       coalesce((s.settings ->> 'ws_error_handler_muted')::boolean, (f.settings ->> 'ws_error_handler_muted')::boolean, false) AS is_muted,
       c.started_at, c.completed_at
FROM completed_job AS c
JOIN job AS j ON j.id = c.job_id
LEFT JOIN script AS s ON j.kind = 'script' AND s.workspace_id = j.workspace_id AND s.hash = j.script_hash
LEFT JOIN flow_version AS f ON j.kind = 'flow' AND f.id = j.script_hash
WHERE c.workspace_id = $1 AND (c.completed_at, c.job_id) > ($2, $3) AND c.status = ANY($4::text[])
  AND j.kind IN ('script', 'flow') AND j.flow_step_id IS NULL
  AND j.trigger IS DISTINCT FROM 'error_handler' AND j.trigger IS DISTINCT FROM 'success_handler'
ORDER BY c.completed_at, c.job_id LIMIT $5

-- name: seen
-- Everything that ended before $3 is dealt with; it only moves on.
UPDATE workspace_handler SET seen_until = greatest(seen_until, $3) WHERE workspace_id = $1 AND kind = $2

-- name: clock
SELECT clock_timestamp()
