-- name: done_and_open
-- The steps of the workflow $1 in their order. A null status: its child has not ended.
SELECT step.key, step.kind, step.child_job, step.due_at <= clock_timestamp() AS is_due, step.result,
       extract(epoch FROM step.due_at - clock_timestamp())::double precision AS seconds_left,
       ended.status, ended.result AS child_result, ended.result_blob AS child_blob
FROM workflow_step AS step
LEFT JOIN completed_job AS ended ON ended.job_id = step.child_job
WHERE step.job_id = $1
ORDER BY step.seq;

-- name: shown
-- The same for people, and the tasks that scripts without a workflow started through the API.
SELECT step.key, step.kind, step.name, step.child_job, job.scheduled_for,
       coalesce(ended.started_at, queued.started_at, CASE WHEN step.child_job IS NULL THEN step.started_at END)
           AS started_at,
       coalesce(ended.duration_ms, step.duration_ms,
           CASE WHEN step.due_at <= clock_timestamp()
                THEN (extract(epoch FROM step.due_at - step.started_at) * 1000)::bigint END) AS duration_ms,
       coalesce(ended.status, CASE WHEN step.result::jsonb @> '{"__wmill_error": true}' THEN 'failure' END) AS status,
       step.seq
FROM workflow_step AS step
LEFT JOIN job ON job.id = step.child_job
LEFT JOIN queue AS queued ON queued.job_id = step.child_job
LEFT JOIN completed_job AS ended ON ended.job_id = step.child_job
WHERE step.job_id = $1
UNION ALL
SELECT NULL, 'task', job.entrypoint, job.id, job.scheduled_for, coalesce(ended.started_at, queued.started_at),
       ended.duration_ms, ended.status, NULL
FROM job
LEFT JOIN queue AS queued ON queued.job_id = job.id
LEFT JOIN completed_job AS ended ON ended.job_id = job.id
WHERE job.parent_job = $1 AND job.entrypoint IS NOT NULL AND job.flow_step_id IS NULL
ORDER BY seq NULLS FIRST, scheduled_for
LIMIT 2000;

-- name: add
-- A step that was begun; no row when the workflow has one of that key.
INSERT INTO workflow_step (job_id, key, kind, name, child_job, due_at, result, started_at, duration_ms)
VALUES ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6::double precision), $7::json,
        coalesce($8::timestamptz, clock_timestamp()), $9)
ON CONFLICT (job_id, key) DO NOTHING
RETURNING key;

-- name: pause
-- The workflow gives its slot away: at once claimable again ($3), or until it is woken, at the latest in $4 seconds.
-- $5: what a preprocessor made of its arguments. No row: the attempt was given to others.
WITH paused AS (
    UPDATE queue
    SET state = CASE WHEN $3::boolean THEN 'ready' ELSE 'suspended' END, worker = NULL, heartbeat_at = NULL,
        suspend_until = clock_timestamp() + make_interval(secs => $4::double precision)
    WHERE job_id = $1 AND attempt = $2 AND state = 'running'
    RETURNING job_id, tag, state, suspend_until
), preprocessed AS (
    UPDATE job SET args = $5::json, preprocessed = true
    FROM paused WHERE job.id = paused.job_id AND $5::text IS NOT NULL
)
SELECT job_id, CASE WHEN state = 'ready' THEN pg_notify('queue', tag)::text END AS announced,
       CASE WHEN suspend_until IS NOT NULL THEN pg_notify('scheduled', suspend_until::text)::text END AS due,
       (SELECT count(pg_notify('job_update', job_watcher.job_id::text))
        FROM job_watcher WHERE job_watcher.job_id = paused.job_id) AS watched
FROM paused;

-- name: wake
-- Lets the workflow $1 go on when every child that it waits for has ended.
WITH woken AS (
    UPDATE queue SET state = 'ready', suspend_until = NULL
    WHERE job_id = $1 AND state = 'suspended'
      AND EXISTS (SELECT FROM workflow_step WHERE job_id = $1 AND child_job IS NOT NULL)
      AND NOT EXISTS (
          SELECT FROM workflow_step AS step
          WHERE step.job_id = $1 AND step.child_job IS NOT NULL
            AND NOT EXISTS (SELECT FROM completed_job WHERE completed_job.job_id = step.child_job)
      )
    RETURNING tag
)
SELECT pg_notify('queue', tag)::text FROM woken;

-- name: forget_failed
-- Steps of the workflow $1 that have failed run again with it.
DELETE FROM workflow_step AS step
WHERE step.job_id = $1
  AND (step.result::jsonb @> '{"__wmill_error": true}'
       OR step.kind = 'task' AND EXISTS (
           SELECT FROM completed_job AS ended
           WHERE ended.job_id = step.child_job AND ended.status IN ('failure', 'canceled')
       ));

-- name: forget_messages
-- What children told the workflow $1: it is read from their ends.
DELETE FROM flow_inbox WHERE flow_job = $1;

-- name: approval_keys
-- The flows that ask for the approvals of the workflow $1.
SELECT key, child_job FROM workflow_step WHERE job_id = $1 AND kind = 'approval' ORDER BY seq;
