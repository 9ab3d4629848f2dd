-- name: begin
INSERT INTO stored_rows (id, job_id, object_key) VALUES ($1, $2, $3);

-- name: complete
UPDATE stored_rows SET row_count = $2, size_bytes = $3 WHERE id = $1;

-- name: find
-- The rows of a job by their id: a reference in the result of another job leads nowhere.
SELECT object_key, row_count, size_bytes FROM stored_rows WHERE id = $1 AND job_id = $2 AND row_count IS NOT NULL;

-- name: owner
SELECT job_id FROM stored_rows WHERE id = $1 AND row_count IS NOT NULL;

-- name: adopt
-- The rows of one job become those of another as well, which took its result from the cache.
INSERT INTO stored_rows (id, job_id, object_key, row_count, size_bytes)
SELECT $1, $2, object_key, row_count, size_bytes FROM stored_rows WHERE id = $3 AND row_count IS NOT NULL;

-- name: forget
-- Answers the objects that nothing refers to any more.
WITH gone AS (DELETE FROM stored_rows WHERE id = ANY($1::uuid[]) RETURNING object_key)
SELECT DISTINCT object_key FROM gone
WHERE NOT EXISTS (
    SELECT FROM stored_rows WHERE stored_rows.object_key = gone.object_key AND NOT stored_rows.id = ANY($1::uuid[])
);

-- name: orphans
-- Rows of jobs that are gone, or whose result was deleted.
SELECT id FROM stored_rows
WHERE NOT EXISTS (SELECT FROM job WHERE job.id = stored_rows.job_id)
   OR EXISTS (SELECT FROM completed_job WHERE completed_job.job_id = stored_rows.job_id AND completed_job.deleted)
LIMIT $1;
