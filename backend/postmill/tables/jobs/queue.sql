-- part: store_jobs
-- The jobs of $1, a JSON array of NewJob records, as far as their ids are free: `added`.
given AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS given (
        id uuid, workspace_id text, kind text, created_by text, permissioned_as text, email text, tag text, args text,
        language text, path text, script_hash bigint, raw_code text, raw_lock text, entrypoint text, priority smallint,
        scheduled_for timestamptz, parent_job uuid, root_job uuid, trigger_kind text, trigger text,
        timeout_seconds integer, max_attempts smallint, retry text, cache_ttl_seconds integer, cache_key text,
        concurrency_key text, concurrency_limit integer, concurrency_window_seconds integer, warm boolean,
        preprocess boolean, delete_after_seconds integer, visible_to_owner boolean, scopes json, end_user_email text,
        restart_unless_canceled boolean, reply_channel text, flow_step_id text, flow_attempt integer, flow_index integer
    )
), added AS (
    INSERT INTO job (
        id, workspace_id, kind, created_by, permissioned_as, email, tag, args, language, path, script_hash, raw_code,
        raw_lock, entrypoint, priority, scheduled_for, parent_job, root_job, trigger_kind, trigger, timeout_seconds,
        max_attempts, retry, cache_ttl_seconds, cache_key, concurrency_key, concurrency_limit,
        concurrency_window_seconds, warm, preprocess, delete_after_seconds, visible_to_owner, scopes, end_user_email,
        restart_unless_canceled, flow_step_id, flow_attempt, flow_index
    )
    SELECT id, workspace_id, kind, created_by, permissioned_as, email, tag, coalesce(args, '{}')::json, language, path,
           script_hash, raw_code, raw_lock, entrypoint, coalesce(priority, 0::smallint), coalesce(scheduled_for, now()),
           parent_job, root_job, trigger_kind, trigger, timeout_seconds, coalesce(max_attempts, 3::smallint),
           retry::json, cache_ttl_seconds, cache_key, concurrency_key, concurrency_limit, concurrency_window_seconds,
           coalesce(warm, false), coalesce(preprocess, false), delete_after_seconds, coalesce(visible_to_owner, true),
           CASE WHEN scopes IS NULL THEN NULL ELSE ARRAY(SELECT json_array_elements_text(scopes)) END,
           end_user_email, coalesce(restart_unless_canceled, false), flow_step_id, flow_attempt, flow_index
    FROM given
    ON CONFLICT (id) DO NOTHING
    RETURNING id
)

-- name: push
-- Stores a batch of jobs and queues them; $1 is a JSON array of NewJob records. Ids that are taken are left out of `added`.
WITH /* part: store_jobs */, queued AS (
    INSERT INTO queue (
        job_id, workspace_id, tag, priority, state, scheduled_for, max_attempts, concurrency_key, concurrency_limit,
        concurrency_window_seconds, reply_channel
    )
    SELECT given.id, given.workspace_id, given.tag, coalesce(given.priority, 0::smallint),
           CASE
               WHEN given.scheduled_for > now() THEN 'scheduled'
               WHEN given.concurrency_key IS NOT NULL THEN 'parked'
               ELSE 'ready'
           END,
           coalesce(given.scheduled_for, now()), coalesce(given.max_attempts, 3::smallint), given.concurrency_key,
           given.concurrency_limit, given.concurrency_window_seconds, given.reply_channel
    FROM given JOIN added ON added.id = given.id
    RETURNING tag, state, scheduled_for
), ready_tags AS (
    SELECT string_agg(DISTINCT tag, ',') AS tags FROM queued WHERE state = 'ready'
), first_due AS (
    SELECT min(scheduled_for) AS due FROM queued WHERE state = 'scheduled'
)
SELECT ARRAY(SELECT id FROM added) AS added,
       (SELECT pg_notify('queue', CASE WHEN length(tags) < 1500 THEN tags ELSE '' END)::text
        FROM ready_tags WHERE tags IS NOT NULL) AS announced,
       (SELECT pg_notify('scheduled', due::text)::text FROM first_due WHERE due IS NOT NULL) AS scheduled;

-- name: is_stored
-- Whether the job $1 is the one that was sent, by what a sender decides about it.
SELECT EXISTS (
    SELECT FROM job
    WHERE id = $1 AND workspace_id = $2 AND kind = $3 AND created_by = $4 AND path IS NOT DISTINCT FROM $5
      AND args::text = $6
);

-- name: heartbeat
-- Says that the worker still runs these attempts; those that are not answered are not its own any more.
UPDATE queue SET heartbeat_at = clock_timestamp(), memory_peak_kb = greatest(queue.memory_peak_kb, mine.peak_kb)
FROM unnest($1::uuid[], $2::integer[], $3::integer[]) AS mine (job_id, attempt, peak_kb)
WHERE queue.job_id = mine.job_id AND queue.attempt = mine.attempt AND queue.state = 'running'
RETURNING queue.job_id, queue.canceled_by, queue.canceled_reason;

-- name: hand_back
-- Gives attempts back to the queue without counting them as lost.
WITH returned AS (
    UPDATE queue SET state = 'ready', worker = NULL, started_at = NULL, heartbeat_at = NULL
    FROM unnest($1::uuid[], $2::integer[]) AS mine (job_id, attempt)
    WHERE queue.job_id = mine.job_id AND queue.attempt = mine.attempt AND queue.state = 'running'
    RETURNING queue.job_id, queue.tag
)
SELECT ARRAY(SELECT job_id FROM returned) AS returned,
       (SELECT pg_notify('queue', string_agg(DISTINCT tag, ','))::text FROM returned) AS announced;

-- name: retry_later
-- A failed attempt runs again after $3 seconds: its permit is released, the queue row waits for its time.
WITH delayed AS (
    UPDATE queue
    SET state = 'scheduled', worker = NULL, started_at = NULL, heartbeat_at = NULL, retries = retries + 1,
        scheduled_for = clock_timestamp() + make_interval(secs => $3::double precision)
    WHERE job_id = $1 AND attempt = $2 AND state = 'running'
    RETURNING job_id, scheduled_for, concurrency_window_seconds
), released AS (
    UPDATE concurrency_permit
    SET counts_until = clock_timestamp() + make_interval(secs => coalesce(delayed.concurrency_window_seconds, 0))
    FROM delayed WHERE concurrency_permit.job_id = delayed.job_id AND counts_until IS NULL
)
SELECT job_id, pg_notify('scheduled', scheduled_for::text)::text AS announced FROM delayed;

-- name: end_from_outside
-- Ends a job that no worker ends: $2 lists the states it may be in, $3 the attempt it must be at, unless null.
-- A permit of a job that never ran counts no longer, that of a running one as long as the window says.
WITH removed AS (
    DELETE FROM queue
    WHERE job_id = $1 AND state = ANY($2::text[]) AND ($3::integer IS NULL OR attempt = $3)
    RETURNING *
), recorded AS (
    INSERT INTO completed_job (
        job_id, workspace_id, status, result, duration_ms, started_at, completed_at, worker, attempt, retries,
        canceled_by, canceled_reason, memory_peak_kb, delete_at
    )
    SELECT job_id, removed.workspace_id, $4, $5::json,
           coalesce(extract(epoch FROM clock_timestamp() - started_at) * 1000, 0), started_at, clock_timestamp(),
           worker, attempt, retries, coalesce($6, canceled_by), coalesce($7, canceled_reason), memory_peak_kb,
           clock_timestamp() + make_interval(secs => job.delete_after_seconds)
    FROM removed JOIN job ON job.id = removed.job_id
), told AS (
    INSERT INTO flow_inbox (flow_job, child_job)
    SELECT job.parent_job, job.id FROM removed JOIN job ON job.id = removed.job_id
    WHERE job.flow_step_id IS NOT NULL AND job.parent_job IS NOT NULL
    ON CONFLICT DO NOTHING
    RETURNING flow_job
), fenced AS (
    -- Whoever drives this flow now, if it is one, finds that it has ended.
    UPDATE flow_state SET version = flow_state.version + 1 FROM removed WHERE flow_state.job_id = removed.job_id
), released AS (
    UPDATE concurrency_permit
    SET counts_until = clock_timestamp() + make_interval(
        secs => CASE WHEN removed.state = 'running' THEN coalesce(removed.concurrency_window_seconds, 0) ELSE 0 END)
    FROM removed WHERE concurrency_permit.job_id = removed.job_id AND counts_until IS NULL
)
SELECT job_id, workspace_id, tag, state, attempt, concurrency_key, (SELECT flow_job FROM told) AS flow_job,
       CASE WHEN reply_channel IS NOT NULL THEN pg_notify(
           reply_channel,
           job_id || ' ' || $4 || ' ' || CASE WHEN octet_length($5::text) < 4000 THEN $5::text ELSE '' END
       )::text END AS answered,
       pg_notify('job_update', job_id::text)::text AS announced
FROM removed;

-- name: ask_to_cancel
-- Marks a running job and tells its worker.
UPDATE queue
SET canceled_by = $2, canceled_reason = $3, canceled_at = clock_timestamp()
WHERE job_id = $1 AND state = 'running'
RETURNING pg_notify('cancel', job_id::text)::text;

-- name: kin_of
-- What a job states about where it came from.
SELECT parent_job, root_job FROM job WHERE id = $1;

-- name: path_of
-- What a job runs, in whatever state it is.
SELECT path FROM job WHERE id = $1;

-- name: workspace_of
-- Where a job belongs, in whatever state it is.
SELECT workspace_id FROM job WHERE id = $1;

-- name: key_of
-- The concurrency key of a job that has not ended.
SELECT concurrency_key FROM queue WHERE job_id = $1;

-- name: lost
-- Attempts whose worker was not heard of for $1 seconds, the longest silent first.
SELECT queue.job_id, queue.attempt, queue.worker, queue.lost_attempts, queue.max_attempts, queue.canceled_by,
       queue.canceled_reason, queue.tag, queue.concurrency_key
FROM queue
WHERE queue.state = 'running'
  AND queue.heartbeat_at < clock_timestamp() - make_interval(secs => $1::double precision)
ORDER BY queue.heartbeat_at
LIMIT $2;

-- name: run_again
-- Puts a lost attempt back; nothing happens when its worker was heard of in the meantime.
WITH again AS (
    UPDATE queue
    SET state = 'ready', worker = NULL, started_at = NULL, heartbeat_at = NULL, lost_attempts = lost_attempts + 1
    WHERE job_id = $1 AND attempt = $2 AND state = 'running'
      AND heartbeat_at < clock_timestamp() - make_interval(secs => $3::double precision)
    RETURNING job_id, tag
)
SELECT job_id, pg_notify('queue', tag)::text AS announced FROM again;

-- name: is_silent
-- Whether the attempt runs on a worker that was not heard of for $3 seconds; locks the row.
SELECT job_id FROM queue
WHERE job_id = $1 AND attempt = $2 AND state = 'running'
  AND heartbeat_at < clock_timestamp() - make_interval(secs => $3::double precision)
FOR UPDATE;

-- name: start_now
-- Has the time of a scheduled job $2 of workspace $1 come, and tells whoever looks after those. The next tick of a
-- schedule is left alone: the schedule itself makes the one after it.
WITH moved AS (
    UPDATE queue SET scheduled_for = clock_timestamp()
    FROM job
    WHERE queue.job_id = $2 AND queue.workspace_id = $1 AND queue.state = 'scheduled' AND job.id = queue.job_id
      AND (job.trigger_kind IS DISTINCT FROM 'schedule' OR job.parent_job IS NOT NULL)
    RETURNING queue.job_id, queue.scheduled_for
), shown AS (
    UPDATE job SET scheduled_for = moved.scheduled_for FROM moved WHERE job.id = moved.job_id
)
SELECT job_id, pg_notify('scheduled', scheduled_for::text)::text AS announced FROM moved;

-- name: wake_due
-- Makes up to $1 scheduled jobs whose time has come ready, or parks them for a permit; and up to as many flows whose
-- answers did not come in time. The time is read once, in a query of its own: an index serves only what does not change
-- from row to row, and many may wait whose time has not come.
WITH due AS (
    SELECT job_id FROM queue
    WHERE state = 'scheduled' AND scheduled_for <= (SELECT clock_timestamp())
    ORDER BY scheduled_for LIMIT $1
    FOR UPDATE SKIP LOCKED
), overdue AS (
    SELECT job_id FROM queue
    WHERE state = 'suspended' AND suspend_until <= (SELECT clock_timestamp())
    ORDER BY suspend_until LIMIT $1
    FOR UPDATE SKIP LOCKED
), woken AS (
    UPDATE queue
    SET state = CASE WHEN concurrency_key IS NULL OR state = 'suspended' THEN 'ready' ELSE 'parked' END
    WHERE job_id = ANY(ARRAY(SELECT job_id FROM due UNION ALL SELECT job_id FROM overdue))
    RETURNING queue.tag, queue.state, queue.concurrency_key
), ready_tags AS (
    SELECT string_agg(DISTINCT tag, ',') AS tags FROM woken WHERE state = 'ready'
)
SELECT (SELECT count(*) FROM woken) AS woken,
       ARRAY(SELECT DISTINCT concurrency_key FROM woken WHERE state = 'parked') AS keys,
       (SELECT pg_notify('queue', CASE WHEN length(tags) < 1500 THEN tags ELSE '' END)::text
        FROM ready_tags WHERE tags IS NOT NULL) AS announced;

-- name: seconds_to_next_due
-- How long until the next scheduled job's time or the end of a flow's patience, never below 0; null without one
-- (greatest() alone takes null for 0).
SELECT CASE WHEN min(due) IS NOT NULL
            THEN greatest(0, extract(epoch FROM min(due) - clock_timestamp()))::double precision END
FROM (
    SELECT min(scheduled_for) AS due FROM queue WHERE state = 'scheduled'
    UNION ALL
    SELECT min(suspend_until) FROM queue WHERE state = 'suspended' AND suspend_until IS NOT NULL
) AS waiting;

-- name: count_waiting
-- How many jobs of a workspace wait; counting stops at $2.
SELECT count(*) FROM (
    SELECT FROM queue
    WHERE workspace_id = $1 AND state IN ('ready', 'scheduled', 'parked') LIMIT $2
) AS waiting;

-- name: running_job
-- Who a running job is; its token is checked against it.
SELECT queue.attempt, job.workspace_id, job.permissioned_as, job.email, job.scopes
FROM queue JOIN job ON job.id = queue.job_id
WHERE queue.job_id = $1 AND queue.state = 'running';

-- name: held_by
-- The attempts that a worker holds and has not been heard of about for $2 seconds.
SELECT job_id, attempt FROM queue
WHERE state = 'running' AND worker = $1
  AND heartbeat_at < clock_timestamp() - make_interval(secs => $2::double precision);

-- name: poke
-- Something happened to the flows $1: those that wait become claimable, those in a worker's hands are looked at again.
WITH poked AS (
    UPDATE queue
    SET poked = true, state = CASE WHEN state = 'suspended' THEN 'ready' ELSE state END
    WHERE job_id = ANY(
        SELECT flow.job_id FROM queue AS flow WHERE flow.job_id = ANY($1::uuid[]) ORDER BY flow.job_id FOR UPDATE
    )
    RETURNING tag, state
), tags AS (
    SELECT string_agg(DISTINCT tag, ',') AS tags FROM poked WHERE state = 'ready'
)
SELECT (SELECT count(*) FROM poked) AS poked,
       (SELECT pg_notify('queue', CASE WHEN length(tags) < 1500 THEN tags ELSE '' END)::text
        FROM tags WHERE tags IS NOT NULL) AS announced;

-- name: cancel_descendants
-- Cancels what the jobs $1 have started, at every depth: what waits ends with the result $4, running scripts are told,
-- and with $5 ended too. Flows end whether a worker looks at them or not. The jobs themselves are left alone.
WITH RECURSIVE tree AS (
    SELECT id, 0 AS depth FROM unnest($1::uuid[]) AS id
    UNION ALL
    SELECT job.id, tree.depth + 1
    FROM tree JOIN job ON job.parent_job = tree.id JOIN queue ON queue.job_id = job.id
    WHERE tree.depth < 200
), affected AS MATERIALIZED (
    SELECT queue.job_id FROM queue JOIN tree ON tree.id = queue.job_id
    WHERE tree.depth > 0
    ORDER BY queue.job_id
    FOR UPDATE OF queue
), removed AS (
    DELETE FROM queue
    USING job
    WHERE queue.job_id IN (SELECT job_id FROM affected) AND job.id = queue.job_id
      AND (queue.state <> 'running' OR job.kind IN ('flow', 'flowpreview') OR $5::boolean)
    RETURNING queue.*, job.delete_after_seconds
), asked AS (
    UPDATE queue SET canceled_by = $2, canceled_reason = $3, canceled_at = clock_timestamp()
    WHERE job_id IN (SELECT job_id FROM affected) AND job_id NOT IN (SELECT job_id FROM removed) AND state = 'running'
    RETURNING job_id
), recorded AS (
    INSERT INTO completed_job (
        job_id, workspace_id, status, result, duration_ms, started_at, completed_at, worker, attempt, retries,
        canceled_by, canceled_reason, memory_peak_kb, delete_at
    )
    SELECT job_id, workspace_id, 'canceled', $4::json,
           coalesce(extract(epoch FROM clock_timestamp() - started_at) * 1000, 0), started_at, clock_timestamp(),
           worker, attempt, retries, $2, $3, memory_peak_kb,
           clock_timestamp() + make_interval(secs => delete_after_seconds)
    FROM removed
), fenced AS (
    UPDATE flow_state SET version = flow_state.version + 1 FROM removed WHERE flow_state.job_id = removed.job_id
), released AS (
    UPDATE concurrency_permit
    SET counts_until = clock_timestamp() + make_interval(
        secs => CASE WHEN removed.state = 'running' THEN coalesce(removed.concurrency_window_seconds, 0) ELSE 0 END)
    FROM removed WHERE concurrency_permit.job_id = removed.job_id AND counts_until IS NULL
)
SELECT (SELECT count(*) FROM removed) AS removed,
       ARRAY(SELECT DISTINCT concurrency_key FROM removed WHERE concurrency_key IS NOT NULL) AS keys,
       (SELECT count(pg_notify('cancel', job_id::text)) FROM asked) AS asked,
       (SELECT count(pg_notify('cancel', job_id::text)) FROM removed WHERE state = 'running') AS told,
       (SELECT count(pg_notify('job_update', removed.job_id::text))
        FROM removed JOIN job_watcher ON job_watcher.job_id = removed.job_id) AS announced,
       (SELECT count(pg_notify(reply_channel, job_id || ' canceled ' || $4::text))
        FROM removed WHERE reply_channel IS NOT NULL AND octet_length($4::text) < 4000) AS answered;

-- name: topmost_queued
-- The outermost of the jobs around a job that have not ended; itself without one.
WITH RECURSIVE kin AS (
    SELECT id, parent_job, 0 AS depth FROM job WHERE id = $1
    UNION ALL
    SELECT job.id, job.parent_job, kin.depth + 1
    FROM kin JOIN job ON job.id = kin.parent_job JOIN queue ON queue.job_id = job.id
    WHERE kin.depth < 200
)
SELECT id FROM kin ORDER BY depth DESC LIMIT 1;
