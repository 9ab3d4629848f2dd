-- name: resolve
-- Marks those of the jobs $2 of workspace $1 that failed or were canceled as dealt with by $3, with a note and the run
-- that came in their place; a later word replaces an earlier one.
INSERT INTO job_resolution (job_id, workspace_id, resolved_by, note, superseded_by)
SELECT job_id, workspace_id, $3, $4, $5 FROM completed_job
WHERE workspace_id = $1 AND job_id = ANY ($2::uuid[]) AND status IN ('failure', 'canceled')
ON CONFLICT (job_id) DO UPDATE SET resolved_by = excluded.resolved_by, resolved_at = excluded.resolved_at,
    note = excluded.note, superseded_by = excluded.superseded_by
RETURNING job_id;

-- name: unresolve
DELETE FROM job_resolution WHERE workspace_id = $1 AND job_id = ANY ($2::uuid[]) RETURNING job_id;
