-- Lists of jobs go by the time of the push: callers may choose job ids, which then say nothing about time.
-- On a table with many millions of jobs, build these indexes with CREATE INDEX CONCURRENTLY before the upgrade.

CREATE INDEX IF NOT EXISTS job_workspace_created ON job (workspace_id, created_at DESC);
CREATE INDEX IF NOT EXISTS job_path_created ON job (workspace_id, path, created_at DESC) WHERE path IS NOT NULL;
DROP INDEX IF EXISTS job_workspace;
DROP INDEX IF EXISTS job_path;

-- Which secrets a job has read over the API.
CREATE INDEX IF NOT EXISTS audit_job ON audit (job_id, id) WHERE job_id IS NOT NULL;
