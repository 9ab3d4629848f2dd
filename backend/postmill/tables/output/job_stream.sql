-- name: append
-- Adds pieces of result streams of attempts that still belong to their worker, and tells who watches.
WITH piece AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::bigint[], $4::text[]) AS piece (job_id, attempt, start_at, content)
), mine AS (
    SELECT piece.* FROM piece JOIN queue ON queue.job_id = piece.job_id
    WHERE queue.attempt = piece.attempt AND queue.state = 'running'
), added AS (
    INSERT INTO job_stream (job_id, start_at, content)
    SELECT job_id, start_at, content FROM mine
    ON CONFLICT DO NOTHING
)
SELECT mine.job_id, pg_notify('job_update', job_watcher.job_id::text)::text AS announced
FROM mine LEFT JOIN job_watcher ON job_watcher.job_id = mine.job_id;

-- name: forget
-- Removes what an earlier attempt streamed, before a new one starts.
DELETE FROM job_stream WHERE job_id = $1;

-- name: read_from
-- The stream from an offset in characters.
SELECT start_at, content FROM job_stream
WHERE job_id = $1 AND start_at + length(content) > $2
ORDER BY start_at;
