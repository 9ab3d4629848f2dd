-- name: flow
-- A flow as approvals see it: who started the run, what it runs, where it stands, how it waits. $1 job, $2 workspace.
SELECT j.id, j.workspace_id, j.kind, j.path, j.script_hash, j.parent_job, j.created_by, j.permissioned_as,
       j.email, j.flow_step_id, coalesce(j.root_job, j.id) AS root_job, root.created_by AS started_by,
       root.email AS started_by_email, root.path AS root_path, v.summary AS root_summary,
       coalesce(f.extra_perms, '{}'::jsonb) AS extra_perms,
       s.state AS flow_state, s.origin, q.state AS place, q.awaited, q.suspend_until, q.job_id IS NOT NULL AS is_queued
FROM job AS j
LEFT JOIN job AS root ON root.id = coalesce(j.root_job, j.id)
LEFT JOIN flow AS f ON f.workspace_id = j.workspace_id AND f.path = root.path
LEFT JOIN flow_version AS v ON v.id = f.version_id
LEFT JOIN flow_state AS s ON s.job_id = j.id
LEFT JOIN queue AS q ON q.job_id = j.id
WHERE j.id = $1 AND j.workspace_id = $2;

-- name: step
-- The flow that holds a step's job, which step that is, and the run it belongs to. $1 job, $2 workspace.
SELECT kind, parent_job, flow_step_id, coalesce(root_job, id) AS root_job FROM job WHERE id = $1 AND workspace_id = $2;

-- name: step_result
-- What the last try of a step came to. $1 flow, $2 step.
SELECT c.job_id, c.result, c.result_blob, c.completed_at
FROM flow_child AS k
LEFT JOIN completed_job AS c ON c.job_id = k.job_id
WHERE k.flow_job = $1 AND k.step_id = $2 AND k.index = 0
ORDER BY k.attempt DESC LIMIT 1;

-- name: waiting_below
-- The flows that wait for answers in the run of $1, it included: found from the run downwards, however many others wait.
-- OFFSET 0 keeps each look one by a key: joined to the queue, or found among its suspended rows, a hundred thousand
-- that wait cost 10 to 25 ms.
WITH RECURSIVE run AS (
    SELECT $1::uuid AS id
    UNION ALL
    SELECT below.id
    FROM run
    CROSS JOIN LATERAL (SELECT j.id FROM job AS j WHERE j.parent_job = run.id OFFSET 0) AS below
    CROSS JOIN LATERAL (SELECT FROM queue AS q WHERE q.job_id = below.id OFFSET 0) AS queued
)
SELECT queued.job_id
FROM run
CROSS JOIN LATERAL (
    SELECT q.job_id, q.workspace_id, q.state, q.awaited FROM queue AS q WHERE q.job_id = run.id OFFSET 0
) AS queued
WHERE queued.workspace_id = $2 AND queued.state = 'suspended' AND queued.awaited > 0
ORDER BY queued.job_id LIMIT $3;

-- name: waiting
-- Flows of a workspace $1 that wait for answers, the newest first, of those that the caller may see, or one of whose
-- groups $2 may answer. Up to $3 of them, of those older than $4 unless that is null.
SELECT j.id, j.workspace_id, j.kind, j.path, j.script_hash, j.parent_job, j.created_by, j.permissioned_as,
       j.email, j.flow_step_id, coalesce(j.root_job, j.id) AS root_job, root.created_by AS started_by,
       root.email AS started_by_email, root.path AS root_path, v.summary AS root_summary,
       coalesce(f.extra_perms, '{}'::jsonb) AS extra_perms,
       s.state AS flow_state, s.origin, q.state AS place, q.awaited, q.suspend_until, true AS is_queued
FROM queue AS q
JOIN job AS j ON j.id = q.job_id
LEFT JOIN job AS root ON root.id = coalesce(j.root_job, j.id)
LEFT JOIN flow AS f ON f.workspace_id = j.workspace_id AND f.path = root.path
LEFT JOIN flow_version AS v ON v.id = f.version_id
LEFT JOIN flow_state AS s ON s.job_id = q.job_id
WHERE q.workspace_id = $1 AND q.state = 'suspended' AND q.awaited > 0 AND ($4::uuid IS NULL OR q.job_id < $4)
  AND (true /* visible */
       OR EXISTS (SELECT FROM json_array_elements_text(s.state::json -> 'groups') AS name WHERE name = ANY ($2::text[])))
ORDER BY q.job_id DESC
LIMIT $3;

-- name: answered
-- Those of the flows $1 that somebody has answered under the number $2, for this step or another.
SELECT DISTINCT flow_job FROM flow_event WHERE flow_job = ANY ($1::uuid[]) AND resume_id = $2;
