-- name: set
-- Records the latest value of a figure of a job and tells who watches; no row for an unknown job.
WITH recorded AS (
    INSERT INTO job_metric (job_id, workspace_id, name, value)
    SELECT id, workspace_id, $3, $4 FROM job WHERE id = $2 AND workspace_id = $1
    ON CONFLICT (job_id, name) DO UPDATE SET value = excluded.value, recorded_at = now()
    RETURNING job_id
)
SELECT recorded.job_id, pg_notify('job_update', job_watcher.job_id::text)::text AS announced
FROM recorded LEFT JOIN job_watcher ON job_watcher.job_id = recorded.job_id;

-- name: get
SELECT value FROM job_metric WHERE workspace_id = $1 AND job_id = $2 AND name = $3;
