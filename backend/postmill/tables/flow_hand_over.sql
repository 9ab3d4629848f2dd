-- name: commit
-- A step of a flow has ended and one script follows, which is what most commits of flows are: as `commit` in
-- flow_run.sql, with plain values. Reading them from JSON, and parts for what is not there, would cost a third more.
--
-- $1 to $12 the attempt that ended. $13 to $16 the flow: its row, version, new state, and the outermost flow. $17 to
-- $19 the step that is done: its id, the flow in whose scope it lies, its outcome. $20 to $48 the job that follows, and
-- $49 the worker that has it in its hands already (null: anyone may claim it).
WITH mine AS (
    DELETE FROM queue WHERE job_id = $1 AND attempt = $2 AND (state || '') = 'running'
    RETURNING workspace_id, started_at, worker, retries, reply_channel
), stated AS (
    UPDATE flow_state SET version = version + 1, state = $15 WHERE job_id = $13 AND version = $14
    RETURNING job_id
), recorded AS (
    INSERT INTO completed_job (
        job_id, workspace_id, status, result, duration_ms, memory_peak_kb, labels, canceled_by, canceled_reason,
        isolation, started_at, completed_at, worker, attempt, retries
    )
    SELECT $1, workspace_id, $3::text, $4::json, $5::bigint, $6::integer, $7::text[], $10::text, $11::text, $12::text,
           started_at, clock_timestamp(), worker, $2, retries
    FROM mine
), logged AS (
    INSERT INTO job_log (job_id, start_at, content)
    SELECT $1, $8::bigint, $9::text FROM mine WHERE $9::text <> ''
    ON CONFLICT DO NOTHING
), stepped AS (
    INSERT INTO flow_step (flow_job, step_id, scope_flow, outcome) VALUES ($13, $17, $18, $19)
    ON CONFLICT (flow_job, step_id) DO UPDATE SET outcome = excluded.outcome
), added AS (
    INSERT INTO job (
        id, workspace_id, kind, created_at, created_by, permissioned_as, email, tag, args, language, path, script_hash,
        raw_code, raw_lock, entrypoint, priority, scheduled_for, parent_job, root_job, trigger_kind, trigger,
        timeout_seconds, max_attempts, cache_ttl_seconds, cache_key, warm, delete_after_seconds, visible_to_owner,
        scopes, end_user_email, flow_step_id, flow_attempt, flow_index
    )
    VALUES (
        $20, $21, $22, clock_timestamp(), $23, $24, $25, $26, $27::json, $28, $29, $30,
        $31, $32, $33, $34, clock_timestamp(), $13, $16, $35, $36,
        $37, $38, $39, $40, $41, $42, $43,
        $44, $45, $46, $47, $48
    )
), children AS (
    INSERT INTO flow_child (flow_job, step_id, attempt, index, job_id) VALUES ($13, $46, $47, $48, $20)
), queued AS (
    INSERT INTO queue (
        job_id, workspace_id, tag, priority, state, scheduled_for, attempt, worker, started_at, heartbeat_at,
        max_attempts
    )
    VALUES (
        $20, $21, $26, $34, CASE WHEN $49::text IS NULL THEN 'ready' ELSE 'running' END, clock_timestamp(),
        CASE WHEN $49::text IS NULL THEN 0 ELSE 1 END, $49::text,
        CASE WHEN $49::text IS NOT NULL THEN clock_timestamp() END,
        CASE WHEN $49::text IS NOT NULL THEN clock_timestamp() END, $38
    )
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM mine) THEN flow_conflict('late')
            WHEN NOT EXISTS (SELECT FROM stated) THEN flow_conflict('stale')
            ELSE true END AS done,
       (SELECT count(pg_notify('job_update', job_id::text)) FROM job_watcher WHERE job_id IN ($1, $13, $16)) AS notified,
       CASE WHEN $49::text IS NULL THEN pg_notify('queue', $26)::text END AS called,
       clock_timestamp() AS now;
