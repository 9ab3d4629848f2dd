-- name: of_jobs
-- The secret variables that jobs have opened over the API so far, by what the audit trail says.
SELECT DISTINCT job_id, workspace_id, resource AS path
FROM audit
WHERE job_id = ANY($1::uuid[]) AND action = 'variables.decrypt_secret' AND resource IS NOT NULL;
