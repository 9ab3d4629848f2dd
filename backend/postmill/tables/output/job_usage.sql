-- name: put
-- Replaces the points of jobs; those of an attempt that was taken away do not replace those of a later one.
INSERT INTO job_usage (job_id, attempt, at, memory_kb, cpu_ms)
SELECT job_id, attempt, at, memory_kb, cpu_ms
FROM json_to_recordset($1::json) AS given (
    job_id uuid, attempt integer, at timestamptz[], memory_kb integer[], cpu_ms bigint[])
ON CONFLICT (job_id) DO UPDATE SET
    attempt = excluded.attempt, at = excluded.at, memory_kb = excluded.memory_kb, cpu_ms = excluded.cpu_ms
WHERE job_usage.attempt <= excluded.attempt;

-- name: get
SELECT at, memory_kb, cpu_ms FROM job_usage WHERE job_id = $1;
