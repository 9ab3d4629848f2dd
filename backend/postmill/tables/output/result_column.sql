-- name: put
INSERT INTO result_column (job_id, names) VALUES ($1, $2) ON CONFLICT (job_id) DO NOTHING;

-- name: names_of
-- No row: the result tells its columns itself.
SELECT names FROM result_column WHERE job_id = $1;
