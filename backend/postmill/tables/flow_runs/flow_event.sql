-- name: record
-- Stores an answer ($3 resume_id, $4 kind, $5 payload, $6 approver) to the step $2, or to the flow $1 where $2 is null.
-- No row: it was answered already.
INSERT INTO flow_event (flow_job, step_job, resume_id, kind, payload, approver)
VALUES ($1, $2::uuid, $3, $4, $5::json, $6::text)
ON CONFLICT (coalesce(step_job, flow_job), resume_id) DO NOTHING
RETURNING id;

-- name: events_of
-- The answers to the step $2 of the flow $1 (to any of its children, of its last attempt) and to the flows $3 as such,
-- oldest first.
SELECT step_job, resume_id, kind, payload, approver, created_at FROM flow_event
WHERE coalesce(step_job, flow_job) = ANY($3::uuid[]) AND step_job IS NULL
   OR coalesce(step_job, flow_job) = ANY(ARRAY(
          SELECT job_id FROM flow_child WHERE flow_job = $1 AND step_id = $2
            AND attempt = (SELECT max(attempt) FROM flow_child WHERE flow_job = $1 AND step_id = $2)
      )) AND step_job IS NOT NULL
ORDER BY id;

-- name: answers_within
-- All answers to the steps of a flow.
SELECT step_job, resume_id, kind, payload, approver, created_at FROM flow_event WHERE flow_job = $1 ORDER BY id;
