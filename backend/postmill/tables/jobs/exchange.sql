-- part: what_ended
(
    id uuid, attempt integer, status text, result text, result_blob uuid, duration_ms bigint, memory_peak_kb integer,
    labels json, log_start bigint, log_tail text, new_args text, canceled_by text, canceled_reason text,
    isolation text, delete_after_seconds integer, cache_key text, cache_ttl_seconds integer,
    inbox uuid, told_directly boolean
)

-- part: record_ends
-- Records the attempts of `ended`, each only while the worker still owns it; `mine` holds those.
mine AS MATERIALIZED (
    SELECT ended.*, held.workspace_id, held.started_at, held.worker, held.retries, held.reply_channel,
           held.concurrency_key, held.concurrency_window_seconds
    FROM ended
    CROSS JOIN LATERAL (
        SELECT queue.* FROM queue
        WHERE queue.job_id = ended.id AND queue.attempt = ended.attempt AND (queue.state || '') = 'running'
        FOR UPDATE
    ) AS held
), removed AS (
    DELETE FROM queue WHERE job_id = ANY(ARRAY(SELECT id FROM mine))
), recorded AS (
    INSERT INTO completed_job (
        job_id, workspace_id, status, result, result_blob, duration_ms, started_at, completed_at, worker, attempt,
        retries, canceled_by, canceled_reason, memory_peak_kb, labels, isolation, delete_at
    )
    SELECT id, workspace_id, status, result::json, result_blob, duration_ms, started_at, clock_timestamp(), worker,
           attempt, retries, canceled_by, canceled_reason, coalesce(memory_peak_kb, 0),
           CASE WHEN labels IS NULL THEN NULL ELSE ARRAY(SELECT json_array_elements_text(labels)) END, isolation,
           clock_timestamp() + make_interval(secs => delete_after_seconds)
    FROM mine
), logged AS (
    INSERT INTO job_log (job_id, start_at, content)
    SELECT id, coalesce(log_start, 0), log_tail FROM mine WHERE log_tail <> ''
    ON CONFLICT DO NOTHING
), answered AS (
    SELECT pg_notify(
        reply_channel,
        id || ' ' || status || ' ' || CASE WHEN octet_length(result) < 4000 THEN result ELSE '' END
    )::text AS sent FROM mine WHERE reply_channel IS NOT NULL AND told_directly IS NOT TRUE
), announced AS (
    SELECT pg_notify('job_update', job_id::text)::text AS sent
    FROM job_watcher WHERE job_id = ANY(ARRAY(SELECT id FROM mine))
)

-- part: further_consequences
-- What only some ends have: a flow to tell, a result for the cache, the arguments that a preprocessor made, a permit.
told AS (
    INSERT INTO flow_inbox (flow_job, child_job) SELECT inbox, id FROM mine WHERE inbox IS NOT NULL
    ON CONFLICT DO NOTHING
), cached AS (
    INSERT INTO cached_result (key, workspace_id, job_id, expires_at)
    SELECT DISTINCT ON (cache_key)
           cache_key, workspace_id, id, clock_timestamp() + make_interval(secs => cache_ttl_seconds)
    FROM mine WHERE cache_key IS NOT NULL AND status = 'success'
    ON CONFLICT (key) DO UPDATE SET job_id = excluded.job_id, expires_at = excluded.expires_at
), preprocessed AS (
    UPDATE job SET args = (SELECT mine.new_args::json FROM mine WHERE mine.id = job.id), preprocessed = true
    WHERE job.id = ANY(ARRAY(SELECT id FROM mine WHERE new_args IS NOT NULL))
), released AS (
    UPDATE concurrency_permit
    SET counts_until = clock_timestamp() + make_interval(
        secs => coalesce((SELECT concurrency_window_seconds FROM mine WHERE mine.id = concurrency_permit.job_id), 0))
    WHERE counts_until IS NULL
      AND job_id = ANY(ARRAY(SELECT id FROM mine WHERE concurrency_key IS NOT NULL))
)

-- part: look_everywhere
-- What may be claimed next of the jobs with the tags of $1: `candidate`.
--
-- Lanes are the pairs of tag and workspace with something ready, found by one index probe each; compared as rows, so
-- that no index but the claim's own can serve the order. The candidates are the heads of all lanes; they are taken by
-- priority, then in turns between the workspaces, where what a workspace was served lately ($4, $5) counts as turns
-- that it had. Candidates are read without locks and locked in their order, so that no row is locked that is not
-- claimed and concurrent claims take what lies behind each other's.
--
-- The plan is made once, perhaps while the queue is empty, and must be right when it is long: rows are looked up one by
-- one through their primary key, which `state || ''` (no partial index matches it), lateral locks (never merged into a
-- join) and arrays of ids enforce.
lane AS (
    SELECT head.tag, head.workspace_id
    FROM unnest($1::text[]) AS served (tag)
    CROSS JOIN LATERAL (
        SELECT queue.tag, queue.workspace_id FROM queue
        WHERE queue.state = 'ready' AND (queue.tag, queue.workspace_id) >= (served.tag, '')
        ORDER BY queue.tag, queue.workspace_id LIMIT 1
    ) AS head
    WHERE $2::integer > 0 AND head.tag = served.tag
    UNION ALL
    SELECT following.tag, following.workspace_id
    FROM lane
    CROSS JOIN LATERAL (
        SELECT queue.tag, queue.workspace_id FROM queue
        WHERE queue.state = 'ready' AND (queue.tag, queue.workspace_id) > (lane.tag, lane.workspace_id)
        ORDER BY queue.tag, queue.workspace_id LIMIT 1
    ) AS following
    WHERE following.tag = lane.tag
), candidate AS MATERIALIZED (
    SELECT head.job_id, head.priority, head.scheduled_for, head.place + coalesce(lately.served, 0) AS turn
    FROM lane
    LEFT JOIN unnest($4::text[], $5::integer[]) AS lately (workspace_id, served)
        ON lately.workspace_id = lane.workspace_id
    CROSS JOIN LATERAL (
        SELECT queue.job_id, queue.priority, queue.scheduled_for,
               row_number() OVER (ORDER BY queue.priority DESC, queue.scheduled_for, queue.job_id) AS place
        FROM queue
        WHERE queue.state = 'ready' AND queue.tag = lane.tag AND queue.workspace_id = lane.workspace_id
        ORDER BY queue.priority DESC, queue.scheduled_for, queue.job_id
        LIMIT $2::integer + 8
    ) AS head
)

-- part: look_behind
-- The same of the lanes ($1, $7) alone, of one priority each ($8), behind the jobs at which a claim ended ($9, $10). What
-- stands before those has been claimed, but its entries stay in the index until the next vacuum, and looking everywhere
-- passes all of them each time.
candidate AS MATERIALIZED (
    SELECT head.job_id, head.priority, head.scheduled_for, head.place + coalesce(lately.served, 0) AS turn
    FROM unnest($1::text[], $7::text[], $8::smallint[], $9::timestamptz[], $10::uuid[])
        AS lane (tag, workspace_id, priority, scheduled_for, job_id)
    LEFT JOIN unnest($4::text[], $5::integer[]) AS lately (workspace_id, served)
        ON lately.workspace_id = lane.workspace_id
    CROSS JOIN LATERAL (
        SELECT queue.job_id, queue.priority, queue.scheduled_for,
               row_number() OVER (ORDER BY queue.scheduled_for, queue.job_id) AS place
        FROM queue
        WHERE queue.state = 'ready' AND queue.tag = lane.tag AND queue.workspace_id = lane.workspace_id
          AND queue.priority = lane.priority
          AND (queue.scheduled_for, queue.job_id) > (lane.scheduled_for, lane.job_id)
        ORDER BY queue.scheduled_for, queue.job_id
        LIMIT $2::integer + 8
    ) AS head
)

-- part: claim_candidates
-- Hands up to $2 of the candidates to the worker $3: `taken`.
picked AS MATERIALIZED (
    SELECT locked.job_id
    FROM (SELECT * FROM candidate ORDER BY priority DESC, turn, scheduled_for, job_id) AS next
    CROSS JOIN LATERAL (
        SELECT queue.job_id FROM queue
        WHERE queue.job_id = next.job_id AND (queue.state || '') = 'ready'
        FOR UPDATE SKIP LOCKED
    ) AS locked
    LIMIT $2::integer
), claimed AS (
    UPDATE queue
    SET state = 'running', worker = $3::text, attempt = attempt + 1, poked = false,
        started_at = coalesce(started_at, clock_timestamp()), heartbeat_at = clock_timestamp()
    WHERE job_id = ANY(ARRAY(SELECT job_id FROM picked))
    RETURNING job_id, attempt, retries, lost_attempts, started_at, scheduled_for, reply_channel, canceled_by,
        canceled_reason, priority
), taken AS (
    SELECT job.id, claimed.attempt, job.workspace_id, job.kind, job.created_by, job.permissioned_as, job.email, job.tag,
           job.args, job.language, job.path, job.script_hash, job.raw_code, job.raw_lock, job.entrypoint,
           job.created_at, claimed.scheduled_for, claimed.started_at, job.parent_job, job.root_job, job.trigger_kind,
           job.trigger, job.timeout_seconds, job.max_attempts, job.retry, job.cache_ttl_seconds, job.cache_key,
           job.concurrency_key, job.concurrency_window_seconds, job.warm,
           job.preprocess AND NOT job.preprocessed AS preprocess, job.delete_after_seconds, job.scopes,
           job.end_user_email, job.restart_unless_canceled, claimed.reply_channel, claimed.canceled_by,
           claimed.canceled_reason, claimed.retries, claimed.lost_attempts, job.concurrency_limit,
           job.visible_to_owner, job.flow_step_id, job.flow_attempt, job.flow_index, -- up to here as in ClaimedJob
           claimed.priority
    FROM claimed CROSS JOIN LATERAL (SELECT * FROM job WHERE job.id = claimed.job_id OFFSET 0) AS job
)

-- name: complete_plain
-- Records the ended attempts of $1 (a JSON array) that have no further consequences, as far as the worker still owns
-- them; `late` lists the others. There are none as a rule, and every row of a claim repeats them.
WITH ended AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS ended /* part: what_ended */
), /* part: record_ends */
SELECT ARRAY(SELECT id FROM ended WHERE id NOT IN (SELECT id FROM mine)) AS late,
       (SELECT count(*) FROM answered) + (SELECT count(*) FROM announced) AS notified;

-- name: complete
-- The same for any ends.
WITH ended AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS ended /* part: what_ended */
), /* part: record_ends */, /* part: further_consequences */
SELECT ARRAY(SELECT id FROM ended WHERE id NOT IN (SELECT id FROM mine)) AS late,
       (SELECT count(*) FROM answered) + (SELECT count(*) FROM announced) AS notified;

-- name: claim
-- Hands up to $2 jobs to the worker $3. `waiting` counts the candidates looked at: more than were claimed means that
-- looking again is worth while. There is always one row at least: without a claim its job columns are null.
WITH RECURSIVE /* part: look_everywhere */, /* part: claim_candidates */
SELECT (SELECT count(*) FROM candidate) AS waiting, taken.*
FROM (VALUES (1)) AS always (one) LEFT JOIN taken ON true;

-- name: complete_plain_and_claim
-- Both in one transaction; $6 is what ended. Starting it costs more than starting either alone, and less than both.
WITH RECURSIVE ended AS MATERIALIZED (
    SELECT * FROM json_to_recordset($6::json) AS ended /* part: what_ended */
), /* part: record_ends */, /* part: look_everywhere */, /* part: claim_candidates */
SELECT ARRAY(SELECT id FROM ended WHERE id NOT IN (SELECT id FROM mine)) AS late,
       (SELECT count(*) FROM answered) + (SELECT count(*) FROM announced) AS notified,
       (SELECT count(*) FROM candidate) AS waiting, taken.*
FROM (VALUES (1)) AS always (one) LEFT JOIN taken ON true;

-- name: complete_plain_and_claim_behind
-- The same in a backlog: claims go on where others ended a moment ago.
WITH ended AS MATERIALIZED (
    SELECT * FROM json_to_recordset($6::json) AS ended /* part: what_ended */
), /* part: record_ends */, /* part: look_behind */, /* part: claim_candidates */
SELECT ARRAY(SELECT id FROM ended WHERE id NOT IN (SELECT id FROM mine)) AS late,
       (SELECT count(*) FROM answered) + (SELECT count(*) FROM announced) AS notified,
       (SELECT count(*) FROM candidate) AS waiting, taken.*
FROM (VALUES (1)) AS always (one) LEFT JOIN taken ON true;

-- name: complete_and_claim
-- The same for any ends.
WITH RECURSIVE ended AS MATERIALIZED (
    SELECT * FROM json_to_recordset($6::json) AS ended /* part: what_ended */
), /* part: record_ends */, /* part: further_consequences */, /* part: look_everywhere */, /* part: claim_candidates */
SELECT ARRAY(SELECT id FROM ended WHERE id NOT IN (SELECT id FROM mine)) AS late,
       (SELECT count(*) FROM answered) + (SELECT count(*) FROM announced) AS notified,
       (SELECT count(*) FROM candidate) AS waiting, taken.*
FROM (VALUES (1)) AS always (one) LEFT JOIN taken ON true;
