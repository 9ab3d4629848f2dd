-- What readers see of jobs: the definition in job, the place in queue, the end in completed_job.

-- name: is_below
-- Whether the job $1 is the job $2, or was started inside it.
WITH RECURSIVE above AS (
    SELECT id, parent_job FROM job WHERE id = $1
    UNION ALL
    SELECT job.id, job.parent_job FROM above JOIN job ON job.id = above.parent_job
)
SELECT EXISTS (SELECT FROM above WHERE id = $2);

-- name: one_job
-- A job with its arguments, code and result. $1 id, $2 workspace, $3 with code.
SELECT j.id, j.workspace_id, j.kind, j.created_at, j.created_by, j.permissioned_as, j.email, j.tag, j.language, j.path,
       j.script_hash, j.priority, j.scheduled_for, j.parent_job, j.root_job, j.trigger_kind, j.trigger,
       j.visible_to_owner, j.preprocessed, j.concurrency_key, j.flow_step_id, coalesce(q.awaited, 0) AS awaited,
       q.state, q.heartbeat_at, coalesce(c.attempt, q.attempt, 0) AS attempt, coalesce(c.retries, q.retries, 0) AS retries,
       coalesce(c.worker, q.worker) AS worker,
       coalesce(c.started_at, q.started_at) AS started_at, coalesce(c.canceled_by, q.canceled_by) AS canceled_by,
       coalesce(c.canceled_reason, q.canceled_reason) AS canceled_reason,
       coalesce(c.memory_peak_kb, q.memory_peak_kb, 0) AS memory_peak_kb,
       c.status, c.completed_at, c.duration_ms, coalesce(c.labels, '{}') AS labels, coalesce(c.deleted, false) AS deleted,
       c.isolation, r.resolved_by, r.resolved_at, r.note AS resolution_note, j.args,
       CASE WHEN $3::boolean THEN coalesce(j.raw_code, s.content) END AS raw_code,
       CASE WHEN $3::boolean THEN coalesce(j.raw_lock, s.lock) END AS raw_lock,
       c.result, c.result_blob
  FROM job AS j
  LEFT JOIN queue AS q ON q.job_id = j.id
  LEFT JOIN completed_job AS c ON c.job_id = j.id
  LEFT JOIN job_resolution AS r ON r.job_id = j.id
  LEFT JOIN script AS s ON $3::boolean AND s.workspace_id = j.workspace_id AND s.hash = j.script_hash
 WHERE j.id = $1 AND j.workspace_id = $2
   AND true /* visible */;

-- name: list_jobs
-- Jobs without their code and results, newest first; with their arguments where these take up to $47 bytes. Every parameter that is null narrows nothing; the
-- statement is planned for the values at hand, so that the conditions which narrow nothing cost nothing.
SELECT j.id, j.workspace_id, j.kind, j.created_at, j.created_by, j.permissioned_as, j.email, j.tag, j.language, j.path,
       j.script_hash, j.priority, j.scheduled_for, j.parent_job, j.root_job, j.trigger_kind, j.trigger,
       j.visible_to_owner, j.preprocessed, j.concurrency_key, j.flow_step_id, coalesce(q.awaited, 0) AS awaited,
       q.state, q.heartbeat_at, coalesce(c.attempt, q.attempt, 0) AS attempt, coalesce(c.retries, q.retries, 0) AS retries,
       coalesce(c.worker, q.worker) AS worker,
       coalesce(c.started_at, q.started_at) AS started_at, coalesce(c.canceled_by, q.canceled_by) AS canceled_by,
       coalesce(c.canceled_reason, q.canceled_reason) AS canceled_reason,
       coalesce(c.memory_peak_kb, q.memory_peak_kb, 0) AS memory_peak_kb,
       c.status, c.completed_at, c.duration_ms, coalesce(c.labels, '{}') AS labels, coalesce(c.deleted, false) AS deleted,
       c.isolation, r.resolved_by, r.resolved_at, r.note AS resolution_note,
       CASE WHEN pg_column_size(j.args) <= $47::int AND octet_length(j.args::text) <= $47 THEN j.args END AS args
  FROM job AS j
  LEFT JOIN queue AS q ON q.job_id = j.id
  LEFT JOIN completed_job AS c ON c.job_id = j.id
  LEFT JOIN job_resolution AS r ON r.job_id = j.id
 WHERE ($1::text IS NULL OR j.workspace_id = $1)
   AND ($2::text <> 'queue' OR q.job_id IS NOT NULL)
   AND ($2::text <> 'completed' OR c.job_id IS NOT NULL)
   AND ($3::text[] IS NULL OR j.created_by = ANY ($3))
   AND ($4::text[] IS NULL OR j.created_by <> ALL ($4))
   AND ($5::text[] IS NULL OR j.kind = ANY ($5))
   AND ($6::text[] IS NULL OR j.kind <> ALL ($6))
   AND ($7::text[] IS NULL OR j.tag LIKE ANY ($7))
   AND ($8::text[] IS NULL OR j.tag NOT LIKE ALL ($8))
   AND ($9::text[] IS NULL OR coalesce(c.worker, q.worker) LIKE ANY ($9))
   AND ($10::text[] IS NULL OR coalesce(c.worker, q.worker, '') NOT LIKE ALL ($10))
   AND ($11::text[] IS NULL OR EXISTS (SELECT FROM unnest(c.labels) AS label WHERE label LIKE ANY ($11)))
   AND ($12::text[] IS NULL OR NOT EXISTS (SELECT FROM unnest(c.labels) AS label WHERE label LIKE ANY ($12)))
   AND ($13::text[] IS NULL OR j.trigger_kind = ANY ($13))
   AND ($14::text[] IS NULL OR coalesce(j.trigger_kind, '') <> ALL ($14))
   AND ($15::text[] IS NULL OR j.path = ANY ($15))
   AND ($16::text[] IS NULL OR coalesce(j.path, '') <> ALL ($16))
   AND ($17::text[] IS NULL OR EXISTS (SELECT FROM unnest($17) AS prefix WHERE starts_with(j.path, prefix)))
   AND ($18::text[] IS NULL OR NOT EXISTS (SELECT FROM unnest($18) AS prefix WHERE starts_with(j.path, prefix)))
   AND ($19::text[] IS NULL OR (j.trigger_kind = 'schedule' AND j.trigger = ANY ($19)))
   AND ($20::text[] IS NULL OR (j.trigger_kind = 'schedule' AND j.trigger = ANY ($20)) IS NOT TRUE)
   AND ($21::bigint[] IS NULL OR j.script_hash = ANY ($21))
   AND ($22::bigint[] IS NULL OR j.script_hash IS NULL OR j.script_hash <> ALL ($22))
   AND ($23::text IS NULL OR j.trigger = $23)
   AND ($24::uuid IS NULL OR j.parent_job = $24)
   AND ($25::boolean IS NULL OR (j.parent_job IS NULL) = $25)
   AND ($26::timestamptz IS NULL OR j.created_at <= $26)
   AND ($27::timestamptz IS NULL OR j.created_at > $27)
   AND ($28::timestamptz IS NULL OR coalesce(c.started_at, q.started_at) <= $28)
   AND ($29::timestamptz IS NULL OR coalesce(c.started_at, q.started_at) > $29)
   AND ($30::timestamptz IS NULL OR c.completed_at <= $30)
   AND ($31::timestamptz IS NULL OR c.completed_at > $31)
   AND ($32::timestamptz IS NULL OR c.job_id IS NOT NULL OR j.created_at <= $32)
   AND ($33::timestamptz IS NULL OR c.job_id IS NOT NULL OR j.created_at > $33)
   AND ($34::boolean IS NULL OR (q.job_id IS NOT NULL AND (q.started_at IS NOT NULL) = $34))
   AND ($35::boolean IS NOT TRUE OR (q.job_id IS NOT NULL AND q.scheduled_for <= now()))
   AND ($36::boolean IS NULL OR (q.job_id IS NOT NULL AND (q.awaited > 0) = $36))
   AND ($37::text[] IS NULL OR c.status = ANY ($37))
   AND ($38::boolean IS NOT TRUE OR j.trigger_kind IS DISTINCT FROM 'schedule')
   AND ($39::jsonb IS NULL OR j.args::jsonb @> $39)
   AND ($40::jsonb IS NULL
        OR CASE WHEN c.result::text NOT LIKE '%\\u0000%' THEN c.result::jsonb @> $40 ELSE false END)
   AND ($41::boolean IS NULL OR (j.flow_step_id IS NOT NULL) = $41)
   AND ($42::boolean IS NOT TRUE OR j.entrypoint IS NULL)
   AND ($43::text IS NULL OR j.concurrency_key = $43)
   AND ($48::boolean IS NULL OR (c.job_id IS NOT NULL AND (r.job_id IS NOT NULL) = $48))
   AND ($44::text IS NULL OR j.path ILIKE $44 OR j.created_by ILIKE $44 OR j.tag ILIKE $44 OR j.id::text ILIKE $44
        OR coalesce(c.worker, q.worker) ILIKE $44
        OR EXISTS (SELECT FROM unnest(c.labels) AS label WHERE label ILIKE $44))
   AND true /* visible */
 ORDER BY j.created_at DESC, j.id DESC
 LIMIT $45 OFFSET $46;

-- name: outcome
-- How far a job is, and its result. $1 id, $2 workspace.
SELECT c.status, c.result, c.result_blob, coalesce(c.started_at, q.started_at) IS NOT NULL AS started
  FROM job AS j
  LEFT JOIN queue AS q ON q.job_id = j.id
  LEFT JOIN completed_job AS c ON c.job_id = j.id
 WHERE j.id = $1 AND j.workspace_id = $2
   AND true /* visible */;

-- name: progress
-- What changes while a job runs, without its result. $1 id, $2 workspace.
SELECT j.kind, CASE WHEN q.started_at IS NOT NULL THEN 'running' ELSE q.state END AS state, c.status, coalesce(c.memory_peak_kb, q.memory_peak_kb, 0) AS memory_peak_kb,
       (SELECT m.value FROM job_metric AS m WHERE m.job_id = j.id AND m.name = 'progress_perc') AS percent
  FROM job AS j
  LEFT JOIN queue AS q ON q.job_id = j.id
  LEFT JOIN completed_job AS c ON c.job_id = j.id
 WHERE j.id = $1 AND j.workspace_id = $2
   AND true /* visible */;

-- name: args
-- The arguments of a job. $1 id, $2 workspace.
SELECT j.args FROM job AS j WHERE j.id = $1 AND j.workspace_id = $2 AND true /* visible */;

-- name: visible_ids
-- Those of the jobs $1 that are in workspace $2 (null: any) and may be seen.
SELECT j.id, j.workspace_id FROM job AS j
 WHERE j.id = ANY ($1::uuid[]) AND ($2::text IS NULL OR j.workspace_id = $2) AND true /* visible */;

-- name: started_at
-- When the jobs $1 of workspace $2 started.
SELECT j.id, coalesce(c.started_at, q.started_at) AS started_at
  FROM job AS j
  LEFT JOIN queue AS q ON q.job_id = j.id
  LEFT JOIN completed_job AS c ON c.job_id = j.id
 WHERE j.id = ANY ($1::uuid[]) AND j.workspace_id = $2 AND true /* visible */;

-- name: kin
-- Parent and root of a job, for finding where a chain of jobs began. $1 id, $2 workspace.
SELECT j.parent_job, j.root_job FROM job AS j WHERE j.id = $1 AND j.workspace_id = $2 AND true /* visible */;

-- name: log_pieces
-- What a job $1 printed from the piece on that holds the character at position $2.
SELECT start_at, content FROM job_log
 WHERE job_id = $1
   AND start_at >= coalesce((SELECT max(start_at) FROM job_log WHERE job_id = $1 AND start_at <= $2), 0)
 ORDER BY start_at;

-- name: stream_pieces
-- What a job $1 streamed as its result from the piece on that holds the character at position $2.
SELECT start_at, content FROM job_stream
 WHERE job_id = $1
   AND start_at >= coalesce((SELECT max(start_at) FROM job_stream WHERE job_id = $1 AND start_at <= $2), 0)
 ORDER BY start_at;

-- name: queued_ids_of_path
-- Queued and running jobs of a runnable. $1 workspace, $2 path.
SELECT j.id FROM queue AS q JOIN job AS j ON j.id = q.job_id
 WHERE q.workspace_id = $1 AND j.path = $2 AND true /* visible */
 ORDER BY j.created_at;

-- name: queue_length
-- How many jobs wait or run, and how many wait for an event. $1 workspace, null: all.
-- The left join is no work at all for readers who see everything.
SELECT count(*) FILTER (WHERE q.awaited = 0) AS waiting,
       count(*) FILTER (WHERE q.awaited > 0) AS suspended
  FROM queue AS q LEFT JOIN job AS j ON j.id = q.job_id
 WHERE ($1::text IS NULL OR q.workspace_id = $1) AND true /* visible */;

-- name: completed_count
-- How many jobs have ended. $1 workspace (null: all), $2 since, $3 statuses, $4 tags.
SELECT count(*) FROM completed_job AS c LEFT JOIN job AS j ON j.id = c.job_id
 WHERE ($1::text IS NULL OR c.workspace_id = $1)
   AND ($2::timestamptz IS NULL OR c.completed_at > $2)
   AND ($3::text[] IS NULL OR c.status = ANY ($3))
   AND ($4::text[] IS NULL OR j.tag = ANY ($4))
   AND true /* visible */;

-- name: completed_by_tag
-- How many jobs ended within the last $1 seconds, by tag. $2 workspace, null: all.
SELECT j.tag, count(*) AS count FROM completed_job AS c JOIN job AS j ON j.id = c.job_id
 WHERE c.completed_at > now() - make_interval(secs => $1) AND ($2::text IS NULL OR c.workspace_id = $2)
 GROUP BY j.tag ORDER BY count DESC, j.tag;

-- name: queue_position
-- How many jobs that may start are before one with the time $1.
SELECT count(*) FROM queue WHERE state = 'ready' AND scheduled_for < $1;

-- name: scheduled_for
-- When a queued job is to start. $1 id, $2 workspace.
SELECT q.scheduled_for FROM queue AS q JOIN job AS j ON j.id = q.job_id
 WHERE q.job_id = $1 AND q.workspace_id = $2 AND true /* visible */;

-- name: oldest
-- When the oldest job that is still kept was created. $1 workspace, null: all.
SELECT min(j.created_at) FROM job AS j WHERE ($1::text IS NULL OR j.workspace_id = $1) AND true /* visible */;

-- name: database_clock
-- The time of the database, which every server and worker goes by.
SELECT clock_timestamp();

-- name: metric_values
-- The figures of a job.
SELECT name, value, recorded_at FROM job_metric WHERE job_id = $1 ORDER BY name;

-- name: origin
-- What a job runs, and of which run it is a step. $1 id, $2 workspace.
SELECT j.id::text AS job_id, j.kind, j.path, flow.kind AS flow_kind, flow.path AS flow_path
FROM job AS j
LEFT JOIN job AS flow ON j.flow_step_id IS NOT NULL AND flow.id = j.parent_job AND flow.workspace_id = j.workspace_id
WHERE j.id = $1 AND j.workspace_id = $2;
