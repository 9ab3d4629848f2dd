-- name: lock_key
-- Launches under one key come one after the other until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('debounce:' || $1::text, 0));

-- name: waiting
-- The run that waits under a key and has not begun; its row stays locked until the transaction ends.
SELECT debounce.job_id, debounce.replaced, extract(epoch FROM clock_timestamp() - debounce.first_at)::float8 AS seconds,
       job.args
FROM debounce JOIN queue ON queue.job_id = debounce.job_id JOIN job ON job.id = debounce.job_id
WHERE debounce.key = $1 AND queue.state = 'scheduled'
FOR UPDATE OF queue;

-- name: begin
-- A run $2 waits under the key from now on, and does for no other.
INSERT INTO debounce (key, job_id) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET job_id = excluded.job_id, first_at = clock_timestamp(), replaced = 0;

-- name: replace
-- The run $2 takes the place of the one that waits under the key.
UPDATE debounce SET job_id = $2, replaced = replaced + 1 WHERE key = $1;

-- name: forget_old
-- Keys under which nothing waits any more.
DELETE FROM debounce WHERE NOT EXISTS (SELECT FROM queue WHERE queue.job_id = debounce.job_id);
