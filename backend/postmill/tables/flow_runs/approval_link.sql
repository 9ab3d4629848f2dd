-- name: keep
-- Makes a link good for some days from now, or longer if it is.
INSERT INTO approval_link (job_id, resume_id, approver, workspace_id, created_by, expires_at)
VALUES ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(days => $6::integer))
ON CONFLICT (job_id, resume_id, approver) DO UPDATE SET expires_at = excluded.expires_at;

-- name: is_good
-- Whether the link was handed out in the workspace and has not expired.
SELECT expires_at > clock_timestamp() FROM approval_link
WHERE job_id = $1 AND resume_id = $2 AND approver = $3 AND workspace_id = $4;

-- name: forget_expired
DELETE FROM approval_link WHERE expires_at < clock_timestamp() - interval '30 days';
