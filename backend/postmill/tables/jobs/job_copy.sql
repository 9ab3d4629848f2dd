-- part: definition
       j.id, j.kind, j.created_by, j.created_at, j.permissioned_as, j.email, j.tag, j.args::text AS args, j.language, j.path,
       j.script_hash, j.raw_code, j.raw_lock, j.priority, j.scheduled_for, j.parent_job, j.root_job, j.trigger_kind, j.trigger,
       j.timeout_seconds, j.cache_ttl_seconds, j.visible_to_owner, j.preprocessed, j.flow_step_id,
       coalesce((SELECT string_agg(l.content, '' ORDER BY l.start_at) FROM job_log AS l WHERE l.job_id = j.id), '') AS logs

-- name: completed
-- Jobs of a workspace that have ended, in the order of their ends.
SELECT /* part: definition */, c.status, c.result::text AS result, c.result_blob, c.duration_ms, c.started_at, c.completed_at,
       c.worker, c.canceled_by, c.canceled_reason, c.memory_peak_kb, c.labels
FROM completed_job AS c JOIN job AS j ON j.id = c.job_id
WHERE c.workspace_id = $1
ORDER BY c.completed_at, c.job_id LIMIT $2 OFFSET $3

-- name: queued
-- Jobs of a workspace that have not ended, the oldest first.
SELECT /* part: definition */, q.started_at, q.worker, q.canceled_by, q.canceled_reason, q.memory_peak_kb
FROM queue AS q JOIN job AS j ON j.id = q.job_id
WHERE q.workspace_id = $1
ORDER BY q.created_at, q.job_id LIMIT $2 OFFSET $3

-- name: bring_in
-- Stores jobs that ended elsewhere, $2 a JSON array of them; those whose id is taken are left out. Answers the others.
WITH given AS MATERIALIZED (
    SELECT * FROM json_to_recordset($2::json) AS given (
        id uuid, kind text, created_by text, created_at timestamptz, permissioned_as text, email text, tag text, args text,
        language text, path text, script_hash bigint, raw_code text, raw_lock text, priority smallint,
        scheduled_for timestamptz, parent_job uuid, root_job uuid, trigger_kind text, trigger text,
        timeout_seconds integer, cache_ttl_seconds integer, visible_to_owner boolean, preprocessed boolean,
        flow_step_id text, status text, result text, result_blob uuid, duration_ms bigint, started_at timestamptz,
        completed_at timestamptz, worker text, canceled_by text, canceled_reason text, memory_peak_kb integer,
        labels json, logs text)
), added AS (
    INSERT INTO job (
        id, workspace_id, kind, created_by, created_at, permissioned_as, email, tag, args, language, path, script_hash,
        raw_code, raw_lock, priority, scheduled_for, parent_job, root_job, trigger_kind, trigger, timeout_seconds,
        cache_ttl_seconds, visible_to_owner, preprocessed, flow_step_id)
    SELECT id, $1, kind, created_by, created_at, permissioned_as, email, tag, args::json, language, path, script_hash,
        raw_code, raw_lock, priority, coalesce(scheduled_for, created_at), parent_job, root_job, trigger_kind, trigger,
        timeout_seconds, cache_ttl_seconds, visible_to_owner, preprocessed, flow_step_id
    FROM given ON CONFLICT DO NOTHING RETURNING id
), ended AS (
    INSERT INTO completed_job (
        job_id, workspace_id, status, result, result_blob, duration_ms, started_at, completed_at, worker, attempt,
        canceled_by, canceled_reason, memory_peak_kb, labels)
    SELECT given.id, $1, status, result::json, result_blob, duration_ms, started_at, completed_at, worker, 1,
        canceled_by, canceled_reason, memory_peak_kb,
        CASE WHEN json_typeof(labels) = 'array' THEN ARRAY(SELECT json_array_elements_text(labels)) END
    FROM given JOIN added ON added.id = given.id
), logged AS (
    INSERT INTO job_log (job_id, start_at, content)
    SELECT given.id, 0, logs FROM given JOIN added ON added.id = given.id WHERE logs <> ''
)
SELECT id FROM added
