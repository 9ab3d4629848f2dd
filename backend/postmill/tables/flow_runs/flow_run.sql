-- name: load
-- A flow with what a driver needs of its job. Null state: it has never been driven.
SELECT job.id, job.workspace_id, job.kind, job.created_by, job.permissioned_as, job.email, job.tag, job.args, job.path,
       job.script_hash, job.priority, job.parent_job, job.root_job, job.trigger_kind, job.trigger, job.scopes,
       job.end_user_email, job.visible_to_owner, job.flow_step_id, job.flow_attempt, job.flow_index, job.preprocess,
       job.preprocessed, job.timeout_seconds, job.cache_key, job.cache_ttl_seconds, job.delete_after_seconds,
       job.scheduled_for, job.concurrency_key, job.concurrency_window_seconds,
       flow_state.version, flow_state.state, flow_state.origin,
       queue.state AS place, queue.suspend_until, queue.canceled_by, queue.canceled_reason,
       coalesce(queue.started_at, job.created_at) AS started_at,
       queue.suspend_until <= clock_timestamp() AS overdue,
       queue.started_at + make_interval(secs => job.timeout_seconds) <= clock_timestamp() AS expired
FROM job
LEFT JOIN flow_state ON flow_state.job_id = job.id
LEFT JOIN queue ON queue.job_id = job.id
WHERE job.id = $1;

-- name: document
-- The flow that a job was sent with.
SELECT raw_code FROM job WHERE id = $1;

-- name: inbox
-- Up to $2 children of the flow $1 that have ended and that it does not know of yet, in a stable order.
SELECT flow_inbox.child_job, job.flow_step_id, job.flow_attempt, job.flow_index, completed_job.status,
       completed_job.result, completed_job.result_blob, flow_state.state
FROM flow_inbox
JOIN job ON job.id = flow_inbox.child_job
JOIN completed_job ON completed_job.job_id = flow_inbox.child_job
LEFT JOIN flow_state ON flow_state.job_id = flow_inbox.child_job
WHERE flow_inbox.flow_job = $1
ORDER BY job.flow_attempt, job.flow_index
LIMIT $2;

-- name: child_results
-- The results of the children $4 (null: all up to $5) of an attempt at a step, in order.
SELECT flow_child.index, completed_job.result, completed_job.result_blob
FROM flow_child JOIN completed_job ON completed_job.job_id = flow_child.job_id
WHERE flow_child.flow_job = $1 AND flow_child.step_id = $2 AND flow_child.attempt = $3
  AND ($4::integer IS NULL OR flow_child.index = $4) AND flow_child.index < $5
ORDER BY flow_child.index;

-- name: child_args
-- The arguments of a child, and whether its preprocessor made them.
SELECT job.args, job.preprocessed FROM flow_child JOIN job ON job.id = flow_child.job_id
WHERE flow_child.flow_job = $1 AND flow_child.step_id = $2 AND flow_child.attempt = $3 AND flow_child.index = $4;

-- name: child_job
-- The last attempt at a child of a step; without an index the first of them.
SELECT job_id FROM flow_child
WHERE flow_job = $1 AND step_id = $2 AND index = $3
ORDER BY attempt DESC LIMIT 1;

-- name: item_piece
SELECT items FROM flow_items WHERE flow_job = $1 AND step_id = $2 AND attempt = $3 AND piece = $4;

-- name: outcome_in
-- What a step of a flow came to.
SELECT flow_job, outcome FROM flow_step WHERE flow_job = $1 AND step_id = $2;

-- name: outcome_within
-- What a step in a branch or turn inside a flow came to last.
SELECT flow_job, outcome FROM flow_step
WHERE scope_flow = $1 AND step_id = $2 AND flow_job <> scope_flow
ORDER BY seq DESC LIMIT 1;

-- name: outcome_below
-- What a step of the flow $1, or of any flow inside it, came to last.
WITH RECURSIVE tree AS (
    SELECT $1::uuid AS id
    UNION ALL
    SELECT flow_child.job_id FROM tree JOIN flow_child ON flow_child.flow_job = tree.id
)
SELECT flow_step.flow_job, flow_step.outcome
FROM tree JOIN flow_step ON flow_step.flow_job = tree.id AND flow_step.step_id = $2
ORDER BY flow_step.seq DESC LIMIT 1;

-- name: parent_of
-- The flow around a flow, where its results can be named, and the run it was restarted from.
SELECT origin FROM flow_state WHERE job_id = $1;

-- part: attempts_that_ended
-- Those of $1, as in queue.sql; `mine` are the ones that the worker still owns.
ended AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS ended (
        id uuid, attempt integer, status text, result text, result_blob uuid, duration_ms bigint,
        memory_peak_kb integer, labels json, log_start bigint, log_tail text, canceled_by text,
        canceled_reason text, isolation text, delete_after_seconds integer, cache_key text, cache_ttl_seconds integer
    )
), mine AS MATERIALIZED (
    SELECT ended.*, held.workspace_id, held.started_at, held.worker, held.retries, held.reply_channel
    FROM ended
    CROSS JOIN LATERAL (
        SELECT queue.* FROM queue
        WHERE queue.job_id = ended.id AND queue.attempt = ended.attempt AND (queue.state || '') = 'running'
        FOR UPDATE
    ) AS held
)

-- part: flows_that_were_driven
-- Those of $2; `stated` are the ones that nobody else has driven meanwhile.
driven AS MATERIALIZED (
    SELECT * FROM json_to_recordset($2::json) AS driven (
        id uuid, version integer, state text, attempt integer, ends boolean, awaited integer, patience double precision,
        status text, result text, result_blob uuid, canceled_by text, canceled_reason text, cache_key text,
        cache_ttl_seconds integer, delete_after_seconds integer, labels json, answers_early boolean, root uuid, deadline timestamptz,
        told_directly boolean
    )
), stated AS (
    UPDATE flow_state SET version = flow_state.version + 1, state = driven.state
    FROM driven WHERE flow_state.job_id = driven.id AND flow_state.version = driven.version
    RETURNING flow_state.job_id
)

-- part: jobs_that_are_new
-- Those of $3, with where they stand; $4 is this worker.
given AS MATERIALIZED (
    SELECT * FROM json_to_recordset($3::json) AS given (
        id uuid, workspace_id text, kind text, created_by text, permissioned_as text, email text, tag text, args text,
        language text, path text, script_hash bigint, raw_code text, raw_lock text, entrypoint text, priority smallint,
        delay double precision, parent_job uuid, root_job uuid, trigger_kind text, trigger text,
        timeout_seconds integer, max_attempts smallint, retry text, cache_ttl_seconds integer, cache_key text,
        concurrency_key text, concurrency_limit integer, concurrency_window_seconds integer, warm boolean,
        preprocess boolean, delete_after_seconds integer, visible_to_owner boolean, scopes json, end_user_email text,
        flow_step_id text, flow_attempt integer, flow_index integer,
        place text, awaited integer, patience double precision, status text, result text, result_blob uuid
    )
), added AS (
    INSERT INTO job (
        id, workspace_id, kind, created_at, created_by, permissioned_as, email, tag, args, language, path, script_hash,
        raw_code, raw_lock, entrypoint, priority, scheduled_for, parent_job, root_job, trigger_kind, trigger,
        timeout_seconds, max_attempts, retry, cache_ttl_seconds, cache_key, concurrency_key, concurrency_limit,
        concurrency_window_seconds, warm, preprocess, delete_after_seconds, visible_to_owner, scopes, end_user_email,
        flow_step_id, flow_attempt, flow_index
    )
    SELECT id, workspace_id, kind, clock_timestamp(), created_by, permissioned_as, email, tag,
           coalesce(args, '{}')::json, language, path, script_hash, raw_code, raw_lock, entrypoint,
           coalesce(priority, 0::smallint), clock_timestamp() + make_interval(secs => coalesce(delay, 0)), parent_job,
           root_job, trigger_kind, trigger, timeout_seconds, coalesce(max_attempts, 3::smallint), retry::json,
           cache_ttl_seconds, cache_key, concurrency_key, concurrency_limit, concurrency_window_seconds,
           coalesce(warm, false), coalesce(preprocess, false), delete_after_seconds, coalesce(visible_to_owner, true),
           CASE WHEN scopes IS NULL THEN NULL ELSE ARRAY(SELECT json_array_elements_text(scopes)) END, end_user_email,
           flow_step_id, flow_attempt, flow_index
    FROM given
    RETURNING id, created_at
), children AS (
    INSERT INTO flow_child (flow_job, step_id, attempt, index, job_id)
    SELECT parent_job, flow_step_id, flow_attempt, flow_index, id FROM given WHERE flow_step_id IS NOT NULL
), queued AS (
    INSERT INTO queue (
        job_id, workspace_id, tag, priority, state, scheduled_for, attempt, worker, started_at, heartbeat_at,
        max_attempts, concurrency_key, concurrency_limit, concurrency_window_seconds, awaited, suspend_until
    )
    SELECT id, workspace_id, tag, coalesce(priority, 0::smallint),
           CASE WHEN delay > 0 AND place <> 'suspended' THEN 'scheduled' ELSE place END,
           clock_timestamp() + make_interval(secs => coalesce(delay, 0)),
           CASE WHEN place = 'running' THEN 1 ELSE 0 END,
           CASE WHEN place = 'running' THEN $4::text END,
           CASE WHEN place IN ('running', 'suspended') THEN clock_timestamp() END,
           CASE WHEN place = 'running' THEN clock_timestamp() END,
           coalesce(max_attempts, 3::smallint), concurrency_key, concurrency_limit, concurrency_window_seconds,
           coalesce(awaited, 0),
           least(
               CASE WHEN awaited > 0 THEN clock_timestamp() + make_interval(secs => patience) END,
               CASE WHEN place = 'suspended' THEN clock_timestamp() + make_interval(secs => timeout_seconds) END
           )
    FROM given WHERE place <> 'completed'
    RETURNING job_id, tag, state, scheduled_for, started_at, suspend_until
)

-- part: steps_that_are_done
-- Those of $5.
stepped AS (
    INSERT INTO flow_step (flow_job, step_id, scope_flow, outcome)
    SELECT flow_job, step_id, scope_flow, outcome
    FROM json_to_recordset($5::json) AS stepped (flow_job uuid, step_id text, scope_flow uuid, outcome text)
    ON CONFLICT (flow_job, step_id) DO UPDATE SET outcome = excluded.outcome
)

-- name: commit
-- Everything that one decision comes to, or nothing. Anything that is not as the driver believed aborts it.
--
-- $1 attempts that ended (as in complete_and_claim), which the worker must still own. $2 flows that were driven: state
-- and version, what becomes of their queue row (end, or how they wait), and the attempt under which this worker holds
-- them, if it does. $3 jobs that are new, with where they stand: ready, scheduled, parked, running (in this worker $4),
-- suspended, or already completed. $5 steps that are done. $6 states of new flows. $7 pieces of items. $8 flows
-- that messages of the children $12 are known to now. $9 lines for logs. $10 flows whose parent has to be told in its inbox. $11 arguments.
WITH /* part: attempts_that_ended */, /* part: flows_that_were_driven */, held AS MATERIALIZED (
    SELECT driven.*, queue.workspace_id, queue.started_at, queue.reply_channel, queue.attempt AS attempts,
           queue.worker AS holder, queue.retries, queue.concurrency_key, queue.concurrency_window_seconds
    FROM (SELECT * FROM driven ORDER BY id) AS driven
    CROSS JOIN LATERAL (
        SELECT queue.* FROM queue
        WHERE queue.job_id = driven.id
          AND (driven.attempt IS NULL OR (queue.attempt = driven.attempt AND (queue.state || '') = 'running'))
        FOR UPDATE
    ) AS queue
    WHERE driven.ends OR driven.attempt IS NOT NULL OR driven.awaited IS NOT NULL
), waiting AS (
    UPDATE queue
    SET state = CASE
            WHEN held.attempt IS NULL THEN queue.state
            WHEN queue.poked OR queue.canceled_by IS NOT NULL THEN 'ready'
            ELSE 'suspended'
        END,
        poked = queue.poked AND held.attempt IS NULL,
        worker = CASE WHEN held.attempt IS NULL THEN queue.worker END,
        heartbeat_at = CASE WHEN held.attempt IS NULL THEN queue.heartbeat_at END,
        lost_attempts = 0,
        awaited = coalesce(held.awaited, 0),
        suspend_until = least(held.deadline, CASE
            WHEN held.awaited IS NULL OR held.awaited = 0 THEN NULL
            WHEN held.patience IS NULL THEN queue.suspend_until
            ELSE clock_timestamp() + make_interval(secs => held.patience)
        END)
    FROM held WHERE queue.job_id = held.id AND held.ends IS NOT TRUE
    RETURNING queue.job_id, queue.tag, queue.state, queue.suspend_until
), removed AS (
    DELETE FROM queue
    WHERE job_id = ANY(ARRAY(SELECT id FROM mine)) OR job_id = ANY(ARRAY(SELECT id FROM held WHERE ends))
), /* part: jobs_that_are_new */, recorded AS (
    INSERT INTO completed_job (
        job_id, workspace_id, status, result, result_blob, duration_ms, started_at, completed_at, worker, attempt,
        retries, canceled_by, canceled_reason, memory_peak_kb, labels, isolation, delete_at
    )
    SELECT id, workspace_id, status, result::json, result_blob, duration_ms, started_at, clock_timestamp(), worker,
           attempt, retries, canceled_by, canceled_reason, coalesce(memory_peak_kb, 0),
           CASE WHEN labels IS NULL THEN NULL ELSE ARRAY(SELECT json_array_elements_text(labels)) END, isolation,
           clock_timestamp() + make_interval(secs => delete_after_seconds)
    FROM mine
    UNION ALL
    SELECT id, workspace_id, status, result::json, result_blob,
           coalesce(extract(epoch FROM clock_timestamp() - started_at) * 1000, 0)::bigint,
           coalesce(started_at, clock_timestamp()), clock_timestamp(), holder, attempts, retries, canceled_by,
           canceled_reason, 0,
           CASE WHEN labels IS NULL THEN NULL ELSE ARRAY(SELECT json_array_elements_text(labels)) END, NULL,
           clock_timestamp() + make_interval(secs => delete_after_seconds)
    FROM held WHERE ends
    UNION ALL
    SELECT id, workspace_id, status, result::json, result_blob, 0, clock_timestamp(), clock_timestamp(), NULL, 0, 0,
           NULL, NULL, 0, NULL, NULL, clock_timestamp() + make_interval(secs => delete_after_seconds)
    FROM given WHERE place = 'completed'
), logged AS (
    INSERT INTO job_log (job_id, start_at, content)
    SELECT id, coalesce(log_start, 0), log_tail FROM mine WHERE log_tail <> ''
    ON CONFLICT DO NOTHING
), noted AS (
    INSERT INTO job_log (job_id, start_at, content)
    SELECT note.id, coalesce((
               SELECT job_log.start_at + length(job_log.content) FROM job_log
               WHERE job_log.job_id = note.id ORDER BY job_log.start_at DESC LIMIT 1
           ), 0), note.text
    FROM json_to_recordset($9::json) AS note (id uuid, text text)
    ON CONFLICT DO NOTHING
), cached AS (
    INSERT INTO cached_result (key, workspace_id, job_id, expires_at)
    SELECT DISTINCT ON (cache_key)
           cache_key, workspace_id, id, clock_timestamp() + make_interval(secs => cache_ttl_seconds)
    FROM (
        SELECT id, workspace_id, cache_key, cache_ttl_seconds FROM mine
        WHERE cache_key IS NOT NULL AND status = 'success'
        UNION ALL
        SELECT id, workspace_id, cache_key, cache_ttl_seconds FROM held
        WHERE ends AND cache_key IS NOT NULL AND status = 'success'
    ) AS kept
    ON CONFLICT (key) DO UPDATE SET job_id = excluded.job_id, expires_at = excluded.expires_at
), begun AS (
    INSERT INTO flow_state (job_id, workspace_id, state, origin)
    SELECT id, workspace_id, state, origin
    FROM json_to_recordset($6::json) AS begun (id uuid, workspace_id text, state text, origin text)
), /* part: steps_that_are_done */, listed AS (
    INSERT INTO flow_items (flow_job, step_id, attempt, piece, items)
    SELECT flow_job, step_id, attempt, piece, items
    FROM json_to_recordset($7::json) AS listed (
        flow_job uuid, step_id text, attempt integer, piece integer, items text)
), received AS (
    -- A child is in the inbox of one flow alone: the pairs need not be kept together.
    DELETE FROM flow_inbox WHERE flow_job = ANY($8::uuid[]) AND child_job = ANY($12::uuid[])
), told AS (
    INSERT INTO flow_inbox (flow_job, child_job)
    SELECT flow_job, child_job FROM json_to_recordset($10::json) AS told (flow_job uuid, child_job uuid)
    ON CONFLICT DO NOTHING
), preprocessed AS (
    UPDATE job SET args = (made.args)::json, preprocessed = true
    FROM json_to_recordset($11::json) AS made (id uuid, args text)
    WHERE job.id = made.id
), released AS (
    UPDATE concurrency_permit
    SET counts_until = clock_timestamp() + make_interval(
        secs => coalesce((SELECT concurrency_window_seconds FROM held WHERE held.id = concurrency_permit.job_id), 0))
    WHERE counts_until IS NULL
      AND job_id = ANY(ARRAY(SELECT id FROM held WHERE ends AND concurrency_key IS NOT NULL))
), answered AS (
    SELECT pg_notify(
        reply_channel,
        id || ' ' || status || ' ' || CASE WHEN octet_length(result) < 4000 THEN result ELSE '' END
    )::text AS sent
    FROM (
        SELECT id, status, result, reply_channel FROM mine
        UNION ALL
        SELECT id, status, result, reply_channel FROM held WHERE ends AND told_directly IS NOT TRUE
        UNION ALL
        SELECT driven.id, '', '', queue.reply_channel -- who waits for no more than the step looks for what it came to
        FROM driven JOIN queue ON queue.job_id = driven.id
        WHERE driven.answers_early AND driven.ends IS NOT TRUE
    ) AS done WHERE reply_channel IS NOT NULL
), announced AS (
    SELECT pg_notify('job_update', job_id::text)::text AS sent
    FROM job_watcher
    WHERE job_id = ANY(ARRAY(SELECT id FROM mine UNION ALL SELECT id FROM driven UNION ALL SELECT root FROM driven))
), tags AS (
    SELECT string_agg(DISTINCT tag, ',') AS tags FROM (
        SELECT tag FROM queued WHERE state = 'ready' UNION SELECT tag FROM waiting WHERE state = 'ready'
    ) AS ready
), first_due AS (
    SELECT min(due) AS due FROM (
        SELECT min(scheduled_for) AS due FROM queued WHERE state = 'scheduled'
        UNION ALL
        SELECT min(suspend_until) FROM queued
        UNION ALL
        SELECT min(suspend_until) FROM waiting
    ) AS dues
)
SELECT CASE WHEN (SELECT count(*) FROM mine) <> (SELECT count(*) FROM ended) THEN flow_conflict('late')
            WHEN (SELECT count(*) FROM stated) <> (SELECT count(*) FROM driven WHERE version IS NOT NULL)
                THEN flow_conflict('stale')
            WHEN (SELECT count(*) FROM held)
                 <> (SELECT count(*) FROM driven WHERE ends OR attempt IS NOT NULL OR awaited IS NOT NULL)
                THEN flow_conflict('unheld')
            ELSE true END AS done,
       (SELECT count(*) FROM answered) + (SELECT count(*) FROM announced) AS notified,
       (SELECT pg_notify('queue', CASE WHEN length(tags) < 1500 THEN tags ELSE '' END)::text
        FROM tags WHERE tags IS NOT NULL) AS called,
       (SELECT pg_notify('scheduled', due::text)::text FROM first_due WHERE due IS NOT NULL) AS due,
       clock_timestamp() AS now;

-- name: commit_step
-- The same where a step of a flow has ended and scripts follow, which is most of the time: nothing waits, nothing else
-- ends, and nobody has to be told.
WITH /* part: attempts_that_ended */, /* part: flows_that_were_driven */, removed AS (
    DELETE FROM queue WHERE job_id = ANY(ARRAY(SELECT id FROM mine))
), /* part: jobs_that_are_new */, recorded AS (
    INSERT INTO completed_job (
        job_id, workspace_id, status, result, duration_ms, started_at, completed_at, worker, attempt, retries,
        canceled_by, canceled_reason, memory_peak_kb, labels, isolation
    )
    SELECT id, workspace_id, status, result::json, duration_ms, started_at, clock_timestamp(), worker, attempt,
           retries, canceled_by, canceled_reason, coalesce(memory_peak_kb, 0),
           CASE WHEN labels IS NULL THEN NULL ELSE ARRAY(SELECT json_array_elements_text(labels)) END, isolation
    FROM mine
), logged AS (
    INSERT INTO job_log (job_id, start_at, content)
    SELECT id, coalesce(log_start, 0), log_tail FROM mine WHERE log_tail <> ''
    ON CONFLICT DO NOTHING
), /* part: steps_that_are_done */, announced AS (
    SELECT pg_notify('job_update', job_id::text)::text AS sent
    FROM job_watcher
    WHERE job_id = ANY(ARRAY(SELECT id FROM mine UNION ALL SELECT id FROM driven UNION ALL SELECT root FROM driven))
), tags AS (
    SELECT string_agg(DISTINCT tag, ',') AS tags FROM queued WHERE state = 'ready'
)
SELECT CASE WHEN (SELECT count(*) FROM mine) <> (SELECT count(*) FROM ended) THEN flow_conflict('late')
            WHEN (SELECT count(*) FROM stated) <> (SELECT count(*) FROM driven) THEN flow_conflict('stale')
            ELSE true END AS done,
       (SELECT count(*) FROM announced) AS notified,
       (SELECT pg_notify('queue', CASE WHEN length(tags) < 1500 THEN tags ELSE '' END)::text
        FROM tags WHERE tags IS NOT NULL) AS called,
       clock_timestamp() AS now;

-- name: user_state
SELECT value FROM flow_user_state WHERE root_flow = $1 AND key = $2;

-- name: set_user_state
INSERT INTO flow_user_state (root_flow, key, value) VALUES ($1, $2, $3::json)
ON CONFLICT (root_flow, key) DO UPDATE SET value = excluded.value;

-- name: overlooked
-- Flows with children in their inbox for more than $1 seconds, which nobody seems to look at.
SELECT DISTINCT flow_job FROM flow_inbox
WHERE arrived_at < (SELECT clock_timestamp() - make_interval(secs => $1::double precision))
LIMIT $2;

-- name: forget_messages
-- Messages to flows that have ended. Answers the outermost flows of these that have ended too.
WITH forgotten AS (
    DELETE FROM flow_inbox
    WHERE arrived_at < (SELECT clock_timestamp() - make_interval(secs => $1::double precision))
      AND NOT EXISTS (SELECT FROM queue WHERE queue.job_id = flow_inbox.flow_job)
    RETURNING flow_job
)
SELECT DISTINCT coalesce(job.root_job, job.id) AS root FROM forgotten JOIN job ON job.id = forgotten.flow_job
WHERE NOT EXISTS (SELECT FROM queue WHERE queue.job_id = coalesce(job.root_job, job.id));

-- name: stored
-- Where a flow stands, and whether it has ended.
SELECT state, origin, NOT EXISTS (SELECT FROM queue WHERE job_id = $1) AS ended FROM flow_state WHERE job_id = $1;

-- name: steps_of
-- The steps of a flow that are done.
SELECT step_id, outcome FROM flow_step WHERE flow_job = $1;

-- name: children_of
-- The children of a flow and what became of them; of $2 only, unless null.
SELECT flow_child.step_id, flow_child.attempt, flow_child.index, flow_child.job_id, completed_job.status,
       coalesce(completed_job.started_at, queue.started_at) AS started_at, completed_job.duration_ms,
       queue.started_at IS NOT NULL AS running
FROM flow_child
LEFT JOIN completed_job ON completed_job.job_id = flow_child.job_id
LEFT JOIN queue ON queue.job_id = flow_child.job_id
WHERE flow_child.flow_job = $1 AND ($2::text IS NULL OR flow_child.step_id = $2)
ORDER BY flow_child.step_id, flow_child.attempt, flow_child.index;

-- name: versions_that_ran
-- Which versions of scripts and flows the step $2 of the flow $1 ran, itself and in the steps inside it.
WITH RECURSIVE tree AS (
    SELECT job.id, job.flow_step_id, job.kind, job.script_hash, parent.kind = job.kind
           AND parent.script_hash IS NOT DISTINCT FROM job.script_hash AS is_part
    FROM flow_child
    JOIN job ON job.id = flow_child.job_id
    JOIN job AS parent ON parent.id = flow_child.flow_job
    WHERE flow_child.flow_job = $1 AND flow_child.step_id = $2
    UNION ALL
    SELECT job.id, job.flow_step_id, job.kind, job.script_hash,
           tree.kind = job.kind AND tree.script_hash IS NOT DISTINCT FROM job.script_hash
    FROM tree
    JOIN flow_child ON flow_child.flow_job = tree.id
    JOIN job ON job.id = flow_child.job_id
    WHERE tree.is_part
)
SELECT DISTINCT flow_step_id AS step_id, script_hash FROM tree WHERE script_hash IS NOT NULL AND NOT is_part
ORDER BY flow_step_id, script_hash;

-- name: jobs_below
-- The job $1 and those of the steps inside it, up to $2, with what became of them; parents before children. The result
-- as far as $3 characters, and its length; of long results that are kept elsewhere neither.
WITH RECURSIVE tree AS (
    SELECT $1::uuid AS id, NULL::uuid AS flow, NULL::text AS step, 0 AS attempt, 0 AS index, 0 AS depth
    UNION ALL
    SELECT flow_child.job_id, tree.id, flow_child.step_id, flow_child.attempt, flow_child.index, tree.depth + 1
    FROM tree JOIN flow_child ON flow_child.flow_job = tree.id
)
SELECT tree.id, tree.flow, tree.step, tree.attempt, tree.index, tree.depth, job.kind, completed_job.status,
       queue.state, coalesce(completed_job.started_at, queue.started_at) AS started_at, completed_job.duration_ms,
       left(completed_job.result::text, $3::integer) AS result_start,
       length(completed_job.result::text) AS result_length
FROM tree
JOIN job ON job.id = tree.id
LEFT JOIN completed_job ON completed_job.job_id = tree.id
LEFT JOIN queue ON queue.job_id = tree.id
ORDER BY tree.depth, job.created_at, tree.index
LIMIT $2;

-- name: items_of
-- What a loop goes over, piece by piece.
SELECT items FROM flow_items WHERE flow_job = $1 AND step_id = $2 AND attempt = $3 ORDER BY piece;

-- name: user_states_of
-- What the scripts of a flow left for each other.
SELECT key, value FROM flow_user_state WHERE root_flow = $1 ORDER BY key;

-- name: schedule_deletion
-- The outermost flow $1 has ended: what the jobs in it asked to have deleted goes after their own time or that of a
-- flow around them, whichever is sooner. $2: not what has a time already.
WITH RECURSIVE tree AS (
    SELECT id, delete_after_seconds AS seconds FROM job WHERE id = $1
    UNION ALL
    SELECT job.id, least(tree.seconds, job.delete_after_seconds)
    FROM tree JOIN flow_child ON flow_child.flow_job = tree.id JOIN job ON job.id = flow_child.job_id
    WHERE job.root_job = $1
)
UPDATE completed_job SET delete_at = clock_timestamp() + make_interval(secs => tree.seconds)
FROM tree
WHERE completed_job.job_id = tree.id AND tree.id <> $1 AND tree.seconds IS NOT NULL
  AND NOT ($2 AND completed_job.delete_at IS NOT NULL);

-- name: settle
-- The flow $1 is on the tag $2 from now on, waits $6 seconds, if any, and then for a permit of the key $3, if any ($4
-- at a time, each for $5 seconds more). One that somebody cancels has its worker coming, and waits no more.
WITH settled AS (
    UPDATE job SET tag = $2, concurrency_key = $3, concurrency_limit = $4, concurrency_window_seconds = $5 WHERE id = $1
)
UPDATE queue
SET tag = $2, concurrency_key = $3, concurrency_limit = $4, concurrency_window_seconds = $5,
    scheduled_for = coalesce(clock_timestamp() + make_interval(secs => $6::double precision), scheduled_for),
    state = CASE WHEN canceled_by IS NOT NULL OR state <> 'suspended' THEN state
                 WHEN $6::double precision IS NOT NULL THEN 'scheduled'
                 WHEN $3::text IS NOT NULL THEN 'parked'
                 ELSE state END
WHERE job_id = $1
RETURNING state, CASE WHEN state = 'scheduled' THEN pg_notify('scheduled', scheduled_for::text)::text END AS announced;

-- name: set_args
UPDATE job SET args = $2::json WHERE id = $1;

-- name: states_with_texts
-- The states of those of the jobs $1 that are flows, where a value is written in them.
SELECT job_id, state FROM flow_state
WHERE job_id = ANY($1::uuid[]) AND (state LIKE '%"of":"written"%' OR state LIKE '%"refusal":%')
FOR UPDATE;

-- name: outcomes_with_texts
-- The outcomes in the flows among the jobs $1, and of the steps that jobs among them are, where a value is written.
WITH those AS (
    SELECT flow_job, step_id FROM flow_step WHERE flow_job = ANY($1::uuid[])
    UNION
    SELECT parent_job, flow_step_id FROM job WHERE id = ANY($1::uuid[]) AND flow_step_id IS NOT NULL
)
SELECT flow_step.flow_job, flow_step.step_id, flow_step.outcome FROM flow_step JOIN those USING (flow_job, step_id)
WHERE flow_step.outcome LIKE '%"of":"written"%'
FOR UPDATE OF flow_step;

-- name: put_states
-- The states $2 of the flows $1, which have ended.
UPDATE flow_state SET state = new.state
FROM unnest($1::uuid[], $2::text[]) AS new (job_id, state) WHERE flow_state.job_id = new.job_id;

-- name: put_outcomes
-- The outcomes $3 of the steps $2 of the flows $1.
UPDATE flow_step SET outcome = new.outcome
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS new (flow_job, step_id, outcome)
WHERE flow_step.flow_job = new.flow_job AND flow_step.step_id = new.step_id;

-- name: copy_steps
-- A flow $2 that takes its first steps from the flow $1: outcomes and children of the steps $3, all of them; and of
-- the step $4 the children before $5 and those of $6, as its first attempt.
WITH steps AS (
    INSERT INTO flow_step (flow_job, step_id, scope_flow, outcome)
    SELECT $2, step_id, $2, outcome FROM flow_step WHERE flow_job = $1 AND step_id = ANY($3::text[])
), states AS (
    INSERT INTO flow_user_state (root_flow, key, value)
    SELECT $2, key, value FROM flow_user_state WHERE root_flow = $1
)
INSERT INTO flow_child (flow_job, step_id, attempt, index, job_id)
SELECT $2, step_id, attempt, index, job_id FROM flow_child
WHERE flow_job = $1 AND step_id = ANY($3::text[])
UNION ALL
(
    SELECT DISTINCT ON (index) $2::uuid, step_id, 0, index, job_id FROM flow_child
    WHERE flow_job = $1 AND step_id = $4::text AND (index < $5::integer OR index = ANY($6::integer[]))
    ORDER BY index, attempt DESC
);

-- name: begin
-- The state of a flow before it has been driven for the first time.
INSERT INTO flow_state (job_id, workspace_id, state, origin) VALUES ($1, $2, $3, $4);
