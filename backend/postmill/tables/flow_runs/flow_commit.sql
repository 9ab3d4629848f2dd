-- The commits that most flows consist of, with plain values: a flow begins with one script (stored already, or here) or
-- with many turns of a loop, those or a script follow another, children end side by side, the last script ends the flow.
-- What they do is what `commit` in flow_run.sql does for all cases at once; reading JSON, and parts that have nothing to
-- do, would cost these two or three times as much.

-- part: job_that_follows
-- $1 to $29, child of the flow $31 inside the outermost flow $32; $30 is the worker that has it in its hands already
-- (null: anyone may claim it).
added AS (
    INSERT INTO job (
        id, workspace_id, kind, created_at, created_by, permissioned_as, email, tag, args, language, path, script_hash,
        raw_code, raw_lock, entrypoint, priority, scheduled_for, parent_job, root_job, trigger_kind, trigger,
        timeout_seconds, max_attempts, cache_ttl_seconds, cache_key, warm, delete_after_seconds, visible_to_owner,
        scopes, end_user_email, flow_step_id, flow_attempt, flow_index
    )
    VALUES (
        $1, $2, $3, clock_timestamp(), $4, $5, $6, $7, $8::json, $9, $10, $11,
        $12, $13, $14, $15, clock_timestamp(), $31, $32, $16, $17,
        $18, $19, $20, $21, $22, $23, $24,
        $25, $26, $27, $28, $29
    )
), children AS (
    INSERT INTO flow_child (flow_job, step_id, attempt, index, job_id) VALUES ($31, $27, $28, $29, $1)
), queued AS (
    INSERT INTO queue (
        job_id, workspace_id, tag, priority, state, scheduled_for, attempt, worker, started_at, heartbeat_at,
        max_attempts
    )
    VALUES (
        $1, $2, $7, $15, CASE WHEN $30::text IS NULL THEN 'ready' ELSE 'running' END, clock_timestamp(),
        CASE WHEN $30::text IS NULL THEN 0 ELSE 1 END, $30::text,
        CASE WHEN $30::text IS NOT NULL THEN clock_timestamp() END,
        CASE WHEN $30::text IS NOT NULL THEN clock_timestamp() END, $19
    )
)

-- part: turns_that_follow
-- The same for many that differ in their ids $1, arguments $8 and numbers $29 alone, each a list; the worker $30 has the first
-- of them in its hands.
turn AS MATERIALIZED (
    SELECT turn.id, turn.args, turn.index, CASE WHEN turn.place = 1 THEN $30::text END AS worker
    FROM unnest($1::uuid[], $8::text[], $29::integer[]) WITH ORDINALITY AS turn (id, args, index, place)
), added AS (
    INSERT INTO job (
        id, workspace_id, kind, created_at, created_by, permissioned_as, email, tag, args, language, path, script_hash,
        raw_code, raw_lock, entrypoint, priority, scheduled_for, parent_job, root_job, trigger_kind, trigger,
        timeout_seconds, max_attempts, cache_ttl_seconds, cache_key, warm, delete_after_seconds, visible_to_owner,
        scopes, end_user_email, flow_step_id, flow_attempt, flow_index
    )
    SELECT id, $2::text, $3::text, clock_timestamp(), $4::text, $5::text, $6::text, $7::text, args::json, $9::text,
           $10::text, $11::bigint, $12::text, $13::text, $14::text, $15::smallint, clock_timestamp(), $31::uuid,
           $32::uuid, $16::text, $17::text, $18::integer, $19::smallint, $20::integer, $21::text, $22::boolean,
           $23::integer, $24::boolean, $25::text[], $26::text, $27::text, $28::integer, index
    FROM turn
), children AS (
    INSERT INTO flow_child (flow_job, step_id, attempt, index, job_id)
    SELECT $31, $27, $28, index, id FROM turn
), queued AS (
    INSERT INTO queue (
        job_id, workspace_id, tag, priority, state, scheduled_for, attempt, worker, started_at, heartbeat_at,
        max_attempts
    )
    SELECT id, $2, $7, $15, CASE WHEN worker IS NULL THEN 'ready' ELSE 'running' END, clock_timestamp(),
           CASE WHEN worker IS NULL THEN 0 ELSE 1 END, worker,
           CASE WHEN worker IS NOT NULL THEN clock_timestamp() END,
           CASE WHEN worker IS NOT NULL THEN clock_timestamp() END, $19
    FROM turn
)

-- part: flow_that_begins
-- One that this worker holds ($33 is its attempt): $34 its workspace, $35 its state, $36 its origin.
held AS (
    UPDATE queue
    SET state = CASE WHEN poked OR canceled_by IS NOT NULL THEN 'ready' ELSE 'suspended' END, poked = false,
        worker = NULL, heartbeat_at = NULL, lost_attempts = 0, awaited = 0, suspend_until = NULL
    WHERE job_id = $31 AND attempt = $33 AND (state || '') = 'running'
    RETURNING tag, state
), begun AS (
    INSERT INTO flow_state (job_id, workspace_id, state, origin) VALUES ($31, $34, $35, $36)
)

-- part: script_that_ended
-- $33 to $44. $45 and $46 are the flow's version and new state, $47 to $49 the step that is done: its id, the flow in
-- whose scope it lies, its outcome.
mine AS (
    DELETE FROM queue WHERE job_id = $33 AND attempt = $34 AND (state || '') = 'running'
    RETURNING workspace_id, started_at, worker, retries
), stated AS (
    UPDATE flow_state SET version = version + 1, state = $46 WHERE job_id = $31 AND version = $45
    RETURNING job_id
), recorded AS (
    INSERT INTO completed_job (
        job_id, workspace_id, status, result, duration_ms, memory_peak_kb, labels, canceled_by, canceled_reason,
        isolation, started_at, completed_at, worker, attempt, retries
    )
    SELECT $33, workspace_id, $35::text, $36::json, $37::bigint, $38::integer, $39::text[], $42::text, $43::text,
           $44::text, started_at, clock_timestamp(), worker, $34, retries
    FROM mine
), logged AS (
    INSERT INTO job_log (job_id, start_at, content)
    SELECT $33, $40::bigint, $41::text FROM mine WHERE $41::text <> ''
    ON CONFLICT DO NOTHING
), stepped AS (
    INSERT INTO flow_step (flow_job, step_id, scope_flow, outcome) VALUES ($31, $47, $48, $49)
    ON CONFLICT (flow_job, step_id) DO UPDATE SET outcome = excluded.outcome
)

-- name: begin
-- A flow begins with one script.
WITH /* part: flow_that_begins */, /* part: job_that_follows */
SELECT CASE WHEN NOT EXISTS (SELECT FROM held) THEN flow_conflict('unheld') ELSE true END AS done,
       (SELECT count(pg_notify('job_update', job_id::text)) FROM job_watcher WHERE job_id IN ($31, $32)) AS notified,
       (SELECT pg_notify('queue', tag)::text FROM held WHERE state = 'ready') AS called_again,
       CASE WHEN $30::text IS NULL THEN pg_notify('queue', $7)::text END AS called,
       clock_timestamp() AS now;

-- name: begin_with_turns
-- A flow begins with a loop whose turns run side by side; $37 are the pieces of what it goes over.
WITH /* part: flow_that_begins */, /* part: turns_that_follow */, listed AS (
    INSERT INTO flow_items (flow_job, step_id, attempt, piece, items)
    SELECT $31, $27, $28, listed.place - 1, listed.items
    FROM unnest($37::text[]) WITH ORDINALITY AS listed (items, place)
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM held) THEN flow_conflict('unheld') ELSE true END AS done,
       (SELECT count(pg_notify('job_update', job_id::text)) FROM job_watcher WHERE job_id IN ($31, $32)) AS notified,
       (SELECT pg_notify('queue', tag)::text FROM held WHERE state = 'ready') AS called_again,
       pg_notify('queue', $7)::text AS called,
       clock_timestamp() AS now;

-- name: launch
-- The flow $31, which is stored here ($33 to $54), begins with one script; $55 is its state, $56 its origin.
WITH launched AS (
    INSERT INTO job (
        id, workspace_id, kind, created_by, permissioned_as, email, tag, args, path, script_hash, raw_code, raw_lock,
        priority, scheduled_for, parent_job, root_job, trigger_kind, trigger, max_attempts, delete_after_seconds,
        visible_to_owner, scopes, end_user_email
    )
    VALUES (
        $31, $33, $34, $35, $36, $37, $38, $39::json, $40, $41, $42, $43,
        $44, now(), $45, $46, $47, $48, $49, $50,
        $51, $52, $53
    )
), suspended AS (
    INSERT INTO queue (job_id, workspace_id, tag, priority, state, attempt, started_at, max_attempts, reply_channel)
    VALUES ($31, $33, $38, $44, 'suspended', 1, now(), $49, $54)
), begun AS (
    INSERT INTO flow_state (job_id, workspace_id, state, origin) VALUES ($31, $33, $55, $56)
), /* part: job_that_follows */
SELECT CASE WHEN $30::text IS NULL THEN pg_notify('queue', $7)::text END AS called, now() AS born;

-- name: go_on
-- A script has ended and another follows.
WITH /* part: script_that_ended */, /* part: job_that_follows */
SELECT CASE WHEN NOT EXISTS (SELECT FROM mine) THEN flow_conflict('late')
            WHEN NOT EXISTS (SELECT FROM stated) THEN flow_conflict('stale')
            ELSE true END AS done,
       (SELECT count(pg_notify('job_update', job_id::text)) FROM job_watcher WHERE job_id IN ($33, $31, $32)) AS notified,
       CASE WHEN $30::text IS NULL THEN pg_notify('queue', $7)::text END AS called,
       clock_timestamp() AS now;

-- name: go_on_with_turns
-- A script has ended and a loop follows whose turns run side by side; $50 are the pieces of what it goes over.
WITH /* part: script_that_ended */, /* part: turns_that_follow */, listed AS (
    INSERT INTO flow_items (flow_job, step_id, attempt, piece, items)
    SELECT $31, $27, $28, listed.place - 1, listed.items
    FROM unnest($50::text[]) WITH ORDINALITY AS listed (items, place)
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM mine) THEN flow_conflict('late')
            WHEN NOT EXISTS (SELECT FROM stated) THEN flow_conflict('stale')
            ELSE true END AS done,
       (SELECT count(pg_notify('job_update', job_id::text)) FROM job_watcher WHERE job_id IN ($33, $31, $32)) AS notified,
       pg_notify('queue', $7)::text AS called,
       clock_timestamp() AS now;

-- name: hear
-- The children $4 of the flow $1 (inside the outermost flow $5) have ended beside others, and nothing follows on that
-- yet: $2 and $3 are the flow's version and new state.
WITH stated AS (
    UPDATE flow_state SET version = version + 1, state = $3 WHERE job_id = $1 AND version = $2
    RETURNING job_id
), received AS (
    DELETE FROM flow_inbox WHERE flow_job = $1 AND child_job = ANY($4::uuid[])
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM stated) THEN flow_conflict('stale') ELSE true END AS done,
       (SELECT count(pg_notify('job_update', job_id::text)) FROM job_watcher WHERE job_id IN ($1, $5)) AS notified,
       clock_timestamp() AS now;

-- name: end_with
-- A script has ended ($1 to $12) and with it the flow $13, which is the outermost one: $14 and $15 its version and last
-- state, $16 to $18 the step that is done, $19 and $20 status and result; with $21 the worker tells the server that waits.
WITH mine AS (
    DELETE FROM queue WHERE job_id = $1 AND attempt = $2 AND (state || '') = 'running'
    RETURNING workspace_id, started_at, worker, retries
), stated AS (
    UPDATE flow_state SET version = version + 1, state = $15 WHERE job_id = $13 AND version = $14
    RETURNING job_id
), held AS (
    DELETE FROM queue WHERE job_id = $13
    RETURNING workspace_id, started_at, worker, attempt, retries, reply_channel
), recorded AS (
    INSERT INTO completed_job (
        job_id, workspace_id, status, result, duration_ms, memory_peak_kb, labels, canceled_by, canceled_reason,
        isolation, started_at, completed_at, worker, attempt, retries
    )
    SELECT $1, workspace_id, $3::text, $4::json, $5::bigint, $6::integer, $7::text[], $10::text, $11::text, $12::text,
           started_at, clock_timestamp(), worker, $2, retries
    FROM mine
    UNION ALL
    SELECT $13, workspace_id, $19::text, $20::json,
           coalesce(extract(epoch FROM clock_timestamp() - started_at) * 1000, 0)::bigint, 0, NULL, NULL, NULL, NULL,
           coalesce(started_at, clock_timestamp()), clock_timestamp(), worker, attempt, retries
    FROM held
), logged AS (
    INSERT INTO job_log (job_id, start_at, content)
    SELECT $1, $8::bigint, $9::text FROM mine WHERE $9::text <> ''
    ON CONFLICT DO NOTHING
), stepped AS (
    INSERT INTO flow_step (flow_job, step_id, scope_flow, outcome) VALUES ($13, $16, $17, $18)
    ON CONFLICT (flow_job, step_id) DO UPDATE SET outcome = excluded.outcome
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM mine) THEN flow_conflict('late')
            WHEN NOT EXISTS (SELECT FROM stated) THEN flow_conflict('stale')
            WHEN NOT EXISTS (SELECT FROM held) THEN flow_conflict('unheld')
            ELSE true END AS done,
       (SELECT count(pg_notify('job_update', job_id::text)) FROM job_watcher WHERE job_id IN ($1, $13)) AS notified,
       (SELECT pg_notify(
            reply_channel,
            $13::text || ' ' || $19 || ' ' || CASE WHEN octet_length($20::text) < 4000 THEN $20::text ELSE '' END
        )::text FROM held WHERE reply_channel IS NOT NULL AND NOT $21::boolean) AS answered,
       clock_timestamp() AS now;
