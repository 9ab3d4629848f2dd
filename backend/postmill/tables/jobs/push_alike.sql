-- Pushes of jobs that differ in their ids and arguments alone, as those of one script do that arrive together, and every
-- lone one: with plain values. What they write is what `push` in queue.sql writes for any jobs; reading forty
-- columns of JSON for each row costs half as much again.

-- part: store_alike
-- The jobs of `given`, as far as their ids are free: `added`. $3 to $31 are what they have in common.
added AS (
    INSERT INTO job (
        id, args, scheduled_for, workspace_id, kind, created_by, permissioned_as, email, tag, language, path,
        script_hash, raw_code, raw_lock, entrypoint, priority, parent_job, root_job, trigger_kind, trigger,
        timeout_seconds, max_attempts, cache_ttl_seconds, cache_key, warm, preprocess, delete_after_seconds,
        visible_to_owner, scopes, end_user_email, restart_unless_canceled
    )
    SELECT id, args::json, now(), $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::text,
           $11::bigint, $12::text, $13::text, $14::text, $15::smallint, $16::uuid, $17::uuid, $18::text, $19::text,
           $20::integer, $21::smallint, $22::integer, $23::text, $24::boolean, $25::boolean, $26::integer,
           $27::boolean, $28::text[], $29::text, $30::boolean
    FROM given
    ON CONFLICT (id) DO NOTHING
    RETURNING id
)

-- name: push
-- Stores and queues jobs with the ids $1 and the arguments $2. Ids that are taken are left out of `added`.
WITH given AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::text[]) AS given (id, args)
), /* part: store_alike */, queued AS (
    INSERT INTO queue (job_id, workspace_id, tag, priority, state, scheduled_for, max_attempts, reply_channel)
    SELECT id, $3, $8, $15, 'ready', now(), $21, $31::text FROM added
    RETURNING job_id
)
SELECT ARRAY(SELECT id FROM added) AS added,
       (SELECT pg_notify('queue', CASE WHEN length($8) < 1500 THEN $8 ELSE '' END)::text
        WHERE EXISTS (SELECT FROM queued)) AS announced;

-- name: push_running
-- Stores the job $1, queued and claimed at once by the worker $32, which waits for it; no row when its id is taken.
WITH given AS (
    SELECT $1::uuid AS id, $2::text AS args
), /* part: store_alike */, queued AS (
    INSERT INTO queue (
        job_id, workspace_id, tag, priority, state, worker, attempt, started_at, heartbeat_at, max_attempts,
        reply_channel
    )
    SELECT id, $3, $8, $15, 'running', $32::text, 1, clock_timestamp(), clock_timestamp(), $21, $31::text FROM added
    RETURNING scheduled_for, started_at
)
SELECT scheduled_for, started_at FROM queued;
