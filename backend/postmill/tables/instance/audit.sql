-- name: record
-- With the message to the webhook of the workspace, where it has one and the change is one that it is told of.
WITH message AS (
    INSERT INTO webhook_message (workspace_id, action, resource, parameters)
    SELECT workspace_id, $7, $9, $10::jsonb FROM workspace_webhook
    WHERE workspace_id = $1 AND $11 = 'ok' AND $8 IN ('Created', 'Updated', 'Delete')
      AND split_part($7, '.', 1) = ANY('{scripts,flows,variables,resources,resource_types,folder}')
)
INSERT INTO audit (workspace_id, username, email, token_prefix, job_id, address, action, kind, resource, parameters, outcome)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11)

-- part: run_as_entry
-- A job as the entry of its start. Its number follows from the millisecond and the last 12 bits of the job's id.
       (extract(epoch FROM date_trunc('milliseconds', j.created_at)) * 1000)::bigint * 4096
           + ('x' || right(j.id::text, 3))::bit(12)::integer AS id,
       j.created_at AS at, j.workspace_id, j.created_by AS username, j.email, NULL::text AS token_prefix,
       j.parent_job AS job_id, NULL::text AS address,
       CASE j.kind
           WHEN 'script' THEN 'jobs.run.script' WHEN 'flow' THEN 'jobs.run.flow'
           WHEN 'preview' THEN 'jobs.run.preview' WHEN 'flowpreview' THEN 'jobs.run.preview'
           WHEN 'dependencies' THEN 'jobs.run.dependencies' WHEN 'flowdependencies' THEN 'jobs.run.dependencies'
           ELSE 'jobs.run'
       END AS action,
       'Execute' AS kind, j.path AS resource,
       jsonb_strip_nulls(jsonb_build_object(
           'job_id', j.id, 'permissioned_as', j.permissioned_as, 'trigger_kind', j.trigger_kind, 'trigger', j.trigger
       )) AS parameters,
       'ok' AS outcome

-- part: run_filter
-- $12: also runs; steps of flows are no starts of their own. $13: only what this member started.
$12 AND j.flow_step_id IS NULL
  AND ($13::text IS NULL OR j.created_by = $13)
  AND ($3::timestamptz IS NULL OR j.created_at < $3)
  AND ($4::timestamptz IS NULL OR j.created_at > $4)
  AND ($5::text IS NULL OR j.created_by = $5 OR j.email = $5)
  AND ($8::text IS NULL OR j.path = $8)
  AND ($14::text[] IS NULL OR j.kind = ANY($14))
  AND ($15::text[] IS NULL OR j.kind <> ALL($15))

-- name: list_entries
-- Newest first; every filter may be null. $2: only what this account did, for others than admins. That a run was started
-- is read off the job while it is kept; when it is removed, an entry takes its place.
SELECT * FROM (
    (SELECT id, at, workspace_id, username, email, token_prefix, job_id, address, action, kind, resource, parameters, outcome
     FROM audit
     WHERE ($1::text IS NULL OR workspace_id = $1)
       AND ($2::text IS NULL OR email = $2)
       AND ($3::timestamptz IS NULL OR at < $3)
       AND ($4::timestamptz IS NULL OR at > $4)
       AND ($5::text IS NULL OR username = $5 OR email = $5)
       AND ($6::text[] IS NULL OR action = ANY($6))
       AND ($7::text[] IS NULL OR action <> ALL($7))
       AND ($8::text IS NULL OR resource = $8)
       AND ($9::text IS NULL OR kind = $9)
     ORDER BY at DESC, id DESC LIMIT $10::bigint + $11::bigint)
    UNION ALL
    (SELECT /* part: run_as_entry */ FROM job AS j
     WHERE $1::text IS NOT NULL AND j.workspace_id = $1 AND /* part: run_filter */
     ORDER BY j.created_at DESC LIMIT $10::bigint + $11::bigint)
    UNION ALL
    (SELECT /* part: run_as_entry */ FROM job AS j
     WHERE $1::text IS NULL AND /* part: run_filter */
     ORDER BY j.id DESC LIMIT $10::bigint + $11::bigint)
) AS entries
ORDER BY at DESC, id DESC LIMIT $10 OFFSET $11

-- name: get_entry
SELECT id, at, workspace_id, username, email, token_prefix, job_id, address, action, kind, resource, parameters, outcome
FROM audit
WHERE id = $1 AND workspace_id = $2 AND ($3::text IS NULL OR email = $3)

-- name: get_run
-- The start of a run by its number; $2 and $3: the millisecond in it, $5: only what this member started.
SELECT * FROM (
    SELECT /* part: run_as_entry */ FROM job AS j
    WHERE j.workspace_id = $1 AND j.created_at >= $2 AND j.created_at < $3 AND j.flow_step_id IS NULL
      AND ($5::text IS NULL OR j.created_by = $5)
) AS starts WHERE id = $4 LIMIT 1

-- name: allow_retention
-- For this transaction, old entries may go.
SELECT set_config('postmill.audit_retention', 'on', true)

-- name: delete_older
DELETE FROM audit WHERE at < now() - make_interval(days => $1)

-- name: changes_of
-- What was done to one object, the newest first; $3 is the beginning of the actions.
SELECT id, at, username, action, parameters FROM audit
WHERE workspace_id = $1 AND resource = $2 AND starts_with(action, $3) AND outcome = 'ok'
ORDER BY at DESC, id DESC LIMIT $4 OFFSET $5
