-- name: find
-- The result of an earlier run that may be taken instead of running.
SELECT completed_job.result, completed_job.result_blob, completed_job.job_id
FROM cached_result JOIN completed_job ON completed_job.job_id = cached_result.job_id
WHERE cached_result.key = $1 AND cached_result.workspace_id = $2 AND cached_result.expires_at > now()
  AND completed_job.status = 'success' AND NOT completed_job.deleted;

-- name: forget_old
DELETE FROM cached_result WHERE expires_at < now();
