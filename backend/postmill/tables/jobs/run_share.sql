-- name: add
-- $7: days for which the link is good; null: until it is revoked.
INSERT INTO run_share (id, workspace_id, job_id, shows_args, shows_logs, created_by, created_by_email, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $8, clock_timestamp() + make_interval(days => $7::integer))
RETURNING id, workspace_id, job_id, shows_args, shows_logs, created_by, created_by_email, created_at, expires_at;

-- name: of_run
-- The links to a run that are good, the newest first.
SELECT id, workspace_id, job_id, shows_args, shows_logs, created_by, created_by_email, created_at, expires_at
  FROM run_share
 WHERE workspace_id = $1 AND job_id = $2 AND (expires_at IS NULL OR expires_at > clock_timestamp())
 ORDER BY created_at DESC, id;

-- name: one
-- A link of a workspace, if it is good.
SELECT id, workspace_id, job_id, shows_args, shows_logs, created_by, created_by_email, created_at, expires_at
  FROM run_share
 WHERE id = $1 AND workspace_id = $2 AND (expires_at IS NULL OR expires_at > clock_timestamp());

-- name: remove
DELETE FROM run_share WHERE id = $1 AND workspace_id = $2;

-- name: forget_old
-- Those that have expired, and those to runs that are gone.
DELETE FROM run_share AS s
 WHERE s.expires_at < clock_timestamp() OR NOT EXISTS (SELECT FROM job AS j WHERE j.id = s.job_id);
